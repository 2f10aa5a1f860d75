#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kitsune.h"

struct link {
	struct link *next, *prev;
};

struct point {
	int y, x;
};

struct item {
	char title[24];
	int counts[4];
	struct point at;
	char *cursor;
	struct link link;
	struct item **back;
	struct item *next;
};

struct config {
	char text[8];
	struct point corners[2];
	int used, limit;
};

struct watcher {
	int *what;
	struct point *where;
	struct watcher *next;
};

int *first_count, *first_limit;
struct item **last;
struct link *first_link;
struct item *current;
struct config *whole;

struct item *items;
struct item *E_PTRARRAY(3) row;
struct item *in_row, *behind_row;
struct config config, more[2];
struct link links;
int *used, *corner, *more_used;
char *text;
struct watcher *watchers;

int main(void) {
	kitsune_do_automigrate();
	kitsune_update("main");
	struct item **back = &items;
	struct link *link = &links;
	int i = 0;
	for (struct item *it = items; it; it = it->next, i++) {
		printf("%s %d %d %d %s, back %d, link %d %d\n", it->title, it->at.x, it->at.y, it->counts[2], it->cursor,
		       it->back == back, link->next == &it->link, it->link.prev == link);
		back = &it->next;
		link = &it->link;
	}
	printf("last %d, links %d\n", last == back, links.prev == link && link->next == &links);
	printf("count %d, current %d, link %d\n", first_count == &items->counts[2], current == items->next,
	       first_link == &current->link);
	printf("row %d %d %d %s, %d %d\n", row[0].at.x, row[1].at.x, row[2].at.x, row[2].cursor, in_row == &row[1],
	       behind_row == &row[3]);
	printf("config %d %d %d %d %s, whole %d\n", config.limit, config.used, config.corners[1].y, more[1].used,
	       config.text, whole == &config);
	printf("parts %d %d %d %d %d\n", first_limit == &config.limit, used == &config.used,
	       corner == &config.corners[1].y, more_used == &more[1].used, text == config.text + 2);
	printf("watched %d %d\n", watchers->what == &config.corners[0].x, watchers->where == &config.corners[1]);
	printf("watched %d %d\n", watchers->next->what == &items->next->next->counts[2],
	       watchers->next->where == &current->at);
	return 0;
}
