# 1 "src/statics.c"
# 1 "src/list.h" 1
struct list { int len; void *head; };
static inline int in_header(void) { static int hits; return ++hits; }
# 2 "src/statics.c" 2
static struct list lists[3]; int counter = 4;
const int limits[2][2] = {{1, 2}, {3, 4}};
long manual __attribute__((e_manual_migrate));
__thread int per_thread;
static int helper(int x) { if (x) { static volatile long calls, total[2]; total[0] += ++calls; } else { static char calls; calls++; } return x + per_thread; }
int (*callback)(int) = helper;
static int only_called(void) { return 1; }
struct behind { struct behind *next; union { char c; long l; } u; };
struct unused { int a; };
int main(void) {
  struct behind *no_variable_leads_here = 0; (void)no_variable_leads_here;
  return helper(counter) + only_called() + in_header() + lists[0].len;
}
