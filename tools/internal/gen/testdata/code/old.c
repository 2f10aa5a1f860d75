#include "kitsune.h"

struct list { struct list E_G(@t) *next; void E_T(@t) *value; } E_GENERIC(@t);
struct timer { long deadline; int flags : 4; int armed : 1; };
struct event { int fd; void (*callback)(int); };
struct session {
	int id;
	int buffer[4];
	int flags : 3;
	struct timer timer;
	union { void (*function)(void); void *data; } u;
	void *private;
	struct list E_G(struct event) *events;
};
typedef struct event ev_t;

/* Behind pointers that are not followed: rules look at a handle, the preamble at a device, and nothing at a library. */
struct handle { int number; struct handle *E_OPAQUE next; };
struct device { int model; };
struct library { int state; };
struct user { struct handle *E_OPAQUE handle; struct library *E_OPAQUE library; struct device *E_OPAQUE device; };
struct other { struct library *E_OPAQUE library; void (*hook)(struct library *); };

struct session *session;
struct timer timers[2];
ev_t event;
int count KEY(net.c/count);
int start;
struct list E_G(struct event) *events;
int unchanged;
struct user user;
struct other other;
