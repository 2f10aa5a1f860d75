package ktt_test

import (
	"testing"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt/kttest"
)

func TestDeclare(t *testing.T) {
	const types = `
		struct s { int i; };
		union u { int i; };
		enum e { A };
		typedef int num;
		struct list { void E_T(@t) *v; } E_GENERIC(@t);
		`
	for _, c := range []struct {
		declaration string // of x
		annotated   string // the type as String gives it
		plain       string // the declaration as Declare gives it
	}{
		{"int x;", "int", "int x"},
		{"unsigned long *x;", "unsigned long *", "unsigned long *x"},
		{"char *x[16];", "char *[16]", "char *x[16]"},
		{"char (*x)[16];", "char (*)[16]", "char (*x)[16]"},
		{"struct s x[2][3];", "struct s [2][3]", "STRUCT x[2][3]"},
		{"union u **x;", "union u **", "UNION **x"},
		{"enum e x;", "enum e", "ENUM x"},
		{"num x;", "num", "TYPEDEF x"},
		{"int (*x)(char *, ...);", "int (*)(char *, ...)", "int (*x)(char *, ...)"},
		{"void (*x[4])(void);", "void (*[4])(void)", "void (*x[4])(void)"},
		{"void (*(*x)(int))(char);", "void (*(*)(int))(char)", "void (*(*x)(int))(char)"},
		{"void * E_OPAQUE x;", "void * E_OPAQUE", "void *x"},
		{"struct s * E_PTRARRAY(10) x;", "struct s * E_PTRARRAY(10)", "STRUCT *x"},
		{"struct s * E_PTRARRAY(3) * E_PTRARRAY(self.n) x;",
			"struct s * E_PTRARRAY(3) * E_PTRARRAY(self.n)", "STRUCT **x"},
		{"char * E_SZ x[2];", "char * E_SZ [2]", "char *x[2]"},
		{"int (* E_OPAQUE x)(void);", "int (* E_OPAQUE)(void)", "int (*x)(void)"},
		{"void E_T(@t) *x;", "void E_T(@t) *", "void *x"},
		{"void * E_T(@t) x;", "void * E_T(@t)", "void *x"},
		{"char x[E_ARRAY(self.len)];", "char [E_ARRAY(self.len)]", "char x[0]"},
		{"char x[];", "char []", "char x[0]"},
		{"int * E_CUSTOM(my_alloc, my_free) x;", "int * E_CUSTOM(my_alloc, my_free)", "int *x"},
		{"__builtin_va_list x;", "va_list", "VALIST x"},
		{"struct list E_G(int, @k, [opaque], struct s*, struct list<num*, @v>**) *x;",
			"struct list E_G(int, @k, [opaque], struct s*, struct list<num*, @v>**) *", "STRUCT *x"},
	} {
		u := kttest.Unit(t, "x.c", types+c.declaration)
		typ := u.Vars[0].Type
		if s := typ.String(); s != c.annotated {
			t.Errorf("%s has type %q, want %q", c.declaration, s, c.annotated)
		}
		spell := func(t *ktt.Type) string {
			switch {
			case t.Kind == ktt.VaList:
				return "VALIST"
			case t.Kind == ktt.Void:
				return "void"
			case t.Kind != ktt.Ref:
				return t.Name
			}
			return map[ktt.DefKind]string{
				ktt.Struct: "STRUCT", ktt.Union: "UNION", ktt.Enum: "ENUM", ktt.Typedef: "TYPEDEF"}[t.Def]
		}
		if s := typ.Declare("x", spell); s != c.plain {
			t.Errorf("%s is declared as %q, want %q", c.declaration, s, c.plain)
		}
	}
}
