struct table;

struct table *table_new(void);
void table_add(struct table *, const char *);
void *table_ticket(struct table *);
