package cfront

import (
	"slices"
	"strings"
)

// isBuiltIn reports whether compilers know a function of this name without
// declaration. They may use it where the program does not: what is declared as
// stpcpy takes the place of a sprintf.
func isBuiltIn(name string) bool {
	if strings.HasPrefix(name, "__") && strings.HasSuffix(name, "_chk") || builtIn[name] {
		return true
	}
	name = strings.TrimSuffix(name, "_r")
	return slices.ContainsFunc(floating, func(kind string) bool {
		base, ok := strings.CutSuffix(name, kind)
		return ok && mathematical[base]
	})
}

// floating are the endings of mathematical functions for the types of numbers.
var floating = []string{"", "f", "l", "f16", "f32", "f32x", "f64", "f64x", "f128"}

func setOf(words string) map[string]bool {
	set := make(map[string]bool)
	for word := range strings.FieldsSeq(words) {
		set[word] = true
	}
	return set
}

// What __has_builtin says yes to in gcc 12 or clang 14, of all that the headers
// of glibc 2.36 declare.
var builtIn = setOf(`
	_Exit __finite __sigsetjmp _exit _longjmp _setjmp abort abs aligned_alloc alloca bcmp bcopy bzero
	calloc dcgettext dgettext execl execle execlp execv execve execvp exit feclearexcept fegetenv
	fegetexceptflag fegetround feholdexcept feraiseexcept fesetenv fesetexceptflag fesetround fetestexcept
	feupdateenv ffs ffsl ffsll fopen fork fprintf fputc fputc_unlocked fputs fputs_unlocked fread free
	fscanf fwrite fwrite_unlocked gettext imaxabs index isalnum isalpha isascii isblank iscntrl isdigit
	isgraph islower isprint ispunct isspace isupper iswalnum iswalpha iswblank iswcntrl iswdigit iswgraph
	iswlower iswprint iswpunct iswspace iswupper iswxdigit isxdigit labs lgamma_r llabs longjmp malloc
	memalign memccpy memchr memcmp memcpy memmove mempcpy memset posix_memalign printf pthread_create putc
	putc_unlocked putchar putchar_unlocked puts realloc rindex scanf setjmp siglongjmp snprintf sprintf
	sscanf stpcpy stpncpy strcasecmp strcat strchr strcmp strcpy strcspn strdup strerror strfmon strftime
	strlen strncasecmp strncat strncmp strncpy strndup strnlen strpbrk strrchr strspn strstr strtod strtof
	strtok strtol strtold strtoll strtoul strtoull strxfrm toascii tolower toupper towlower towupper vfork
	vfprintf vfscanf vprintf vscanf vsnprintf vsprintf vsscanf wcschr wcscmp wcslen wcsncmp wmemchr wmemcmp
	wmemcpy wmemmove
`)

var mathematical = setOf(`
	__exp10 __finite acos acosh asin asinh atan atan2 atanh cabs cacos cacosh carg casin casinh catan catanh cbrt ccos
	ccosh ceil cexp cimag clog clog10 conj copysign cos cosh cpow cproj creal csin csinh csqrt ctan ctanh drem
	erf erfc exp exp10 exp2 expm1 fabs fdim finite floor fma fmax fmin fmod frexp gamma hypot ilogb isinf
	isnan j0 j1 jn ldexp lgamma llrint llround log log10 log1p log2 logb lrint lround modf nan nearbyint
	nextafter nexttoward pow remainder remquo rint round roundeven scalb scalbln scalbn significand sin
	sincos sinh sqrt tan tanh tgamma trunc y0 y1 yn
`)
