#include "kitsune.h"

struct list { struct list E_G(@t) *next; void E_T(@t) *value; } E_GENERIC(@t);
struct timer { long deadline; int flags : 4; int armed : 1; long period; };
struct event { int fd; void (*callback)(int); };
struct session {
	int id;
	int buffer[4];
	int flags : 3;
	struct event *timer;
	union { void (*function)(void); void *data; } u;
	void *private;
	struct list E_G(struct event) *events;
};
typedef struct event ev_t;

struct session *session;
struct timer timers[2];
ev_t event;
unsigned count KEY(net.c/count);
int start;
struct list E_G(struct event) *events;
int unchanged;
int added;
