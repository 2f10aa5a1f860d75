typedef int T, *PT, AT[4];
typedef unsigned long size;
typedef struct node node;
typedef void (*handler)(int, void *);
T (paren_var);
static T (*paren_ptr);
T (*paren_arr[3])(int);
const volatile T cv = 3;
const AT ca;
static const int matrix[2][2] = {{1, 2}, {3, 4}};
const char *const names[] = {"x", "y"};
extern int ext_init = 5;
extern int ext_only;
int tent; int tent; int tent = 9;
static int fwd; static int *pfwd = &fwd; static int fwd = 2;
int arr_open[] = {1, 2, [5] = 3};
extern int arr_ext[7]; int arr_ext[7];
struct node { node *next; struct { int a, b : 3; unsigned : 5; } in; union { long l; double d; } u[2]; char tail[]; };
static node *head, *tails[3], **pp;
struct { int x; struct inner { char c; } y; } anon = {1, {2}};
struct inner inner_var;
enum color { RED, GREEN = 7, BLUE } color = BLUE;
enum { NAMELESS } nameless;
union value { int i; float f; } value;
handler handlers[NAMELESS + 2];
void (*signal_like(int s, void (*f)(int)))(int);
int (*(*fpp)(int, char *))[3];
struct ops { int (*open)(struct ops *self, const char *name, size n); void (*close)(struct ops *); } ops;
long unsigned int long lul; char signed sc; short unsigned su; _Bool bb; long double ld; float f, g = 1.5f;
static int helper(int x);
int callback(int x) { static int calls; return helper(x) + ++calls; }
static int helper(int x) { static char buf[2][8], *p = buf[0]; return x + p[0]; }
int (*ptaken)(int) = callback;
static inline int in_header(size n, const AT a) { static size total; total += n; return (int)total + a[0]; }
PT pt_fn(PT a, T b[3], int f(void)) { return a + b[0] + f(); }
int old(a, b) int a; char *b; { static struct { int k; } s; return a + *b + s.k; }
int main(int argc, char **argv) {
	int i, n = 0;
	struct local { int a; struct node *p; };
	static struct local loc, *locp;
	for (i = 0; i < argc; i++) { static char loopc; n += ++loopc; }
	switch (argc) {
	case 1: { static long sw; n += (int)++sw; } break;
	default: if (n) { static int other; n += other; } else { static unsigned char other; n += other; }
	}
	do { static T doc; n += doc; } while (n < 0);
	goto out;
	{ typedef char T; static T shadow; n += shadow; }
out:
	{ extern int elsewhere; static int (*fp)(int) = callback; n += fp(elsewhere) + loc.a + (locp == 0); }
	return n + (int)sizeof(struct local) + (argv == 0);
}
