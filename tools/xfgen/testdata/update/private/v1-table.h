struct table;

void table_print(const struct table *);
void table_print_ticket(const struct table *, const void *);
