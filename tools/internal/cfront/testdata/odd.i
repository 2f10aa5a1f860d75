int implicit_int_fn() ;
static kr();
typedef int T, *PT, AT[4];
T (paren_var);
static T (*paren_ptr);
T (*paren_arr[3])(int);
const volatile T cv = 3;
const AT ca;
const int m2[2][2] = {{1}};
char * const cp = 0;
const char *const names[] = {"x"};
const char *writable_names[] = {"y"};
AT mutable_at;
extern int ext_init = 5;
extern int ext_only;
int tent; int tent; int tent = 9;
static int fwd; static int *pfwd = &fwd; static int fwd = 2;
int arr_open[] = {1,2,3};
extern int arr_ext[]; int arr_ext[7];
int tent_open[];
__thread int tls; static _Thread_local int tls2 = 1;
register int regvar asm("r15");
struct { } empty_struct; int zero_len[0];
struct fw; struct fw *pfw; struct fw { int a; struct { int b : 3, : 2, c; } in; int fl[]; };
union u { int i; float f; struct { char a, b; }; } uu;
enum e { A, B = -5, C } ev; enum { X = 1, Y } anon_e; enum __attribute__((packed)) pe { P1, P2 } pev;
typedef enum { Q } Q_t; Q_t q;
typedef int v4 __attribute__((vector_size(16))); v4 vec;
typedef int di __attribute__((mode(DI))); di modedi; unsigned qi __attribute__((mode(QI)));
_Complex double cd; float 
                         _Complex 
                                 fc; long double ld; _Float128 f128; __int128 i128; unsigned __int128 u128;
long unsigned int long lul; char signed sc; short unsigned su; _Bool bb;
__typeof__(mutable_at) to1; __typeof__(&tent) to2; __typeof__(uu.f) to3; __typeof__(pfw->in) to4; __typeof__(1+2) to5; __typeof__(int[3]) to6;
va_list *vap;
int (*(*fpp)(int, char *))[3];
void (*sigh(int s, void (*f)(int)))(int) { return f; }
void takes(void (*(*get)(int))(int)) { static int in_takes; in_takes++; (void)get; }
struct ops { int (*open)(struct ops *, const char *, ...); void (*close)(struct ops *self); void (*(*deep)(void (*(*get)(int))(int)))(int); } ops;
_Atomic int at1; _Atomic(long) at2; int *restrict rp;
static inline int si(int x) { static int si_static; return x + si_static++; }
inline int c99_inline(int x) { return x; }
extern inline int ext_inline(int x) { return x; }
inline int gi_then(int x) { return x; } extern int gi_then(int);
static int never_taken(int x) { return x; }
static int taken(int x) { return x; } int (*ptaken)(int) = taken;
static int taken2(int x) { return x; }
static int unused_static(int x) { static int u_s; return u_s + x; }
weak_old(a, b) char *a; int b; { static int n; static char *b2; { static int n = 3; n++; } return n + b + (a != b2); }
int main(argc, argv) int argc; char **argv; { int nest(int q) { static int nested_s; return q + nested_s++; }
  void *labs[] = { &&l1, &&l2 };
  int r = ({ static int in_se; in_se++; in_se; });
  switch (argc) { case 1 ... 3: { static long sw; r += sw; } break; default: ; }
  for (int i = 0; i < 3; i++) { static char loopc; loopc++; }
  struct local { int a; struct fw *p; }; static struct local loc, *locp;
  enum { L1 = 5, L2 }; static int sized[L2]; static __typeof__(r) tr;
  typedef struct { int z; } zt; static zt zv; { typedef char zt; static zt zv2; zv2++; }
  extern int ext_only2; static int (*sfp)(int) = taken2;
  goto *labs[argc > 1];
l1: r++; l2: __attribute__((unused)); asm volatile("" : : "r"(r) : "memory");
  va_list ap; if (argc > 100) { r += 
                                    __builtin_va_arg(
                                    ap
                                    ,
                                    int
                                    )
                                                   ; r += __builtin_va_arg(ap, __typeof__(int *)) != 0; } (void)ap;
  r += __builtin_offsetof(struct fw, in) + __builtin_types_compatible_p(int, long) + _Generic(r, int: 1, default: 2) + (int)sizeof(struct { int k; });
  r += nest(1) + si(2) + c99_inline(2) + ext_inline(3) + gi_then(4) + never_taken(1) + weak_old(argv[0], 1) + (loc.a) + (locp == 0) + sized[0] + tr + zv.z + sfp(1);
  return "a" "b"[0] + u8"x"[0] + (int)L'x' + (int)u'y' + 'ab' + 0b101 + (int)1.5e3f; }
