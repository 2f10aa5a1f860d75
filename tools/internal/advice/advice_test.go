package advice

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt/kttest"
)

// What each kind of advice looks like is in tools/kttjoin/testdata/advice.

// TestNumber asks which field says how many there are, in declarations as real
// programs have them.
func TestNumber(t *testing.T) {
	for _, c := range []struct{ fields, want string }{
		// With the name of the pointer.
		{"struct x *conns; int nconns;", "nconns"},
		{"struct x *conns; int n_conns, max_conns;", "n_conns"},
		{"int num_args; struct x *args;", "num_args"},
		{"struct x *specs; int a, b, c, specs_num;", "specs_num"},
		{"struct x *listenSock; int listenSockCount;", "listenSockCount"},
		{"int argc; char **argv;", "argc"},
		{"int argc; char **argv; int original_argc; char **original_argv;", "argc original_argc"},
		{"int numops, capacity; struct x *ops;", "numops"},
		{"struct x **threads; int nrThreads;", "nrThreads"},
		{"unsigned connection_n; struct x *connections;", "connection_n"},
		// Alone, beside it.
		{"struct x *commands; int count;", "count"},
		{"struct x **data; int used; int size;", "used"},
		{"struct x **buckets; int used; int size;", "size"},
		{"struct x *entries; int size;", "size"},
		{"int size; struct x **hash;", "size"},
		{"struct x **ptr; long x, y, z, used;", ""},
		// The number of something else, or no number.
		{"struct x *backlog; int backlog_size;", ""},
		{"struct x *log; int log_max_len; struct x *x;", ""},
		{"struct x *nodes; int size;", ""},
		{"struct x *head; int count;", ""},
		{"struct x *next; int len;", ""},
		{"struct x *pool; int nalloc;", ""},
		{"struct x *free_conns; int free_conn_n;", ""},
		{"struct x *x; int count;", ""},
		{"struct x *clients; int fd;", ""},
		{"struct x *clients; float nclients;", ""},
		{"struct x *clients; int nclients : 4;", ""},
		{"struct x *_; int _n, __;", "_n"},
		{"char *text; int ntext; int *numbers; int nnumbers;", ""},
	} {
		s := kttest.Summary(t, "a.c", "struct x { int i; }; struct s { "+c.fields+" }; struct s *state;")
		var got []string
		for _, d := range Give(s, new(Settings)) {
			_, text, ok := strings.Cut(d.Notes[0].Paste, "E_PTRARRAY(self.")
			if number, _, _ := strings.Cut(text, ")"); ok {
				got = append(got, number)
			}
		}
		if d := cmp.Diff(c.want, strings.Join(got, " ")); d != "" {
			t.Errorf("%s -want +got:\n%s", c.fields, d)
		}
	}
}

func TestCircular(t *testing.T) {
	s := kttest.Summary(t, "a.c", "struct s { void *p; } *s;")
	s.Units[0].Types[0].Fields[0].Type = &ktt.Type{Kind: ktt.Ref, Def: ktt.Struct, Name: "s"}
	if l := Give(s, new(Settings)); len(l) != 0 {
		t.Errorf("advice on what cannot be: %v", l[0])
	}
}

// FuzzGive looks at what may be no program at all.
func FuzzGive(f *testing.F) {
	for _, src := range []string{
		"struct s { void *p, **q, *r[2]; struct s *next; int n, *ns; struct s **ss; int nss; struct s *a[]; } *s;",
		"struct l { struct l *next; }; struct a { struct l l; int i; } *a; struct b { int i; struct l l; } *b;",
		"union u { void (*f)(void); struct { union u *p; int n; } s; } u; union u *E_OPAQUE p;",
		"struct g { void E_T(@t) *v; struct g E_G(@t) *n; } E_GENERIC(@t); struct g E_G(int*) *g;",
	} {
		text, err := kttest.Summary(f, "a.c", src).Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
		f.Add(bytes.ReplaceAll(text, []byte(`"kind":"struct"`), []byte(`"system":true,"kind":"struct"`)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := ktt.Decode(data)
		if err != nil {
			return
		}
		if d := cmp.Diff(Give(s, new(Settings)), Give(s, new(Settings))); d != "" {
			t.Errorf("not the same again:\n%s", d)
		}
	})
}
