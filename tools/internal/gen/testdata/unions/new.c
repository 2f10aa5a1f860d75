enum kind { LIST, TEXT, NUMBER };

struct list {
	long weight;
	struct list *next;
};

union word {
	long number;
	char *text E_CASE(1);
	struct list *list E_CASE(0);
	long pair[2];
};

struct value {
	enum kind kind;
	union word E_UNION(self.kind) word;
	union word E_UNION(self.kind) * more;
};

struct message {
	long added;
	int length;
	struct list *lists[E_ARRAY(self.length)];
};

struct value *value;
struct message *message;
