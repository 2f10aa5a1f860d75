# 1 "layouts.c"
typedef int T;
struct __attribute__((packed)) packed { char a; int b; };
struct holder {
  char tag;
  union { int i; float f; struct { short lo, hi; } __attribute__((packed)); };
  struct { unsigned x : 3, : 2, y : 9; enum { ON = 3, OFF = -1 } state; } bits __attribute__((aligned(16)));
  char *tail[];
} *holders;
#pragma pack(push, 1)
struct tight { char c; struct { long l; }; } tight;
#pragma pack(pop)
struct packed packed[2];
enum color { RED, GREEN = 7, BLUE = 1 << 31 } color;
enum __attribute__((packed)) small { TINY } small;
typedef struct { T t; } anonymous; anonymous anon, *anon_ptr;
typedef int v4 __attribute__((vector_size(16))); v4 vector;
unsigned deep __attribute__((mode(DI)));
struct incomplete *unknown;
struct known { int x; }; int (*fn)(struct known *, anonymous, enum color);
struct list { void __attribute__((e_type("@t"))) *data; struct list __attribute__((e_genuse("@t"))) *next; } __attribute__((e_generic("@t")));
struct list __attribute__((e_genuse("struct known*"))) *generic;
struct vec { int n; T *__attribute__((e_ptrarray(self.n))) items; char *__attribute__((e_sz)) name; void *__attribute__((e_ptropaque)) raw; } vec;
int matrix[2][3], open[] = {1, 2, 3}, empty[0];
struct {} nothing;
long double ld; _Complex float cf; __int128 wide; _Bool flag; __builtin_va_list ap;
typedef struct known known_t; typedef known_t again; struct twice { again one; char c; } twice;
int *(*rows(void))[3] { static int *row[3]; return &row; }
T (*one(void)) { static T of_one; return &of_one; }
int f(void) { struct local { T a; } ; enum { A = 4, B }; typedef struct { struct local l[B]; } wrap; static wrap w; static struct local *p = w.l; return p->a; }
static int dropped(void) { static struct only_here { int x; } s; return s.x; }
