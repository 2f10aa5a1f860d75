/* What a value tells about itself: the member of a union that is alive, the length of an array at the end, and the name
 * of an enumerator. */
enum kind { NUMBER, TEXT, LIST };

struct list {
	int weight;
	struct list *next;
};

union word {
	long number;
	char *text E_CASE(1);
	struct list *list E_CASE(2, 3);
};

struct value {
	enum kind kind;
	union word E_UNION(self.kind) word;
	union word E_UNION(self.kind) * more;
};

struct message {
	int length;
	struct list *lists[E_ARRAY(self.length)];
};

struct value *value;
struct message *message;
