package review

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt/kttest"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/xf"
)

// compare compares two C sources under rules, if there are some.
func compare(t *testing.T, old, new, rules string) *Report {
	t.Helper()
	return compareSummaries(t, kttest.Summary(t, "a.c", old), kttest.Summary(t, "a.c", new), rules)
}

func compareSummaries(t *testing.T, old, new *ktt.Summary, rules string) *Report {
	t.Helper()
	var (
		file  *xf.File
		diags diag.List
	)
	if rules != "" {
		file = xf.Parse("dir/rules.xf", []byte(rules), &diags)
	}
	if n := diags.Errors(); n > 0 {
		t.Fatalf("%d errors in the rules", n)
	}
	return Compare(Input{"old", old}, Input{"new", new}, file, diags)
}

// summarize writes the variables, types, members, visits and functions of a
// report in short lines.
func summarize(r *Report) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	for _, v := range r.Variables {
		line("var %s %s %s", v.Names(), v.Change, v.How)
	}
	for _, t := range r.Types {
		reached := ""
		if !t.Reached {
			reached = " unreached"
		}
		line("%s %s %s%s", t.Names(), t.Change, t.How, reached)
		for _, m := range t.Members {
			line("  %s %s %s %s>%s %s", m.Names(), m.Change, m.How, m.Old.At(), m.New.At(), m.Sizes())
		}
		for _, v := range t.Values {
			line("  %s %s", v.Name, v.Change)
		}
	}
	for _, v := range r.Traversed {
		line("visit %s %s from %s: %s", v.Type, v.How, strings.Join(v.Path, ", "), v.Why)
	}
	for _, key := range r.Functions.Gone {
		line("gone %s, pointers in %s", key, strings.Join(r.Functions.StoredIn, ", "))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		name, old, new, rules string
		want                  string
	}{
		{
			name: "nothing changes",
			old:  `struct s { int a; } s;`,
			new:  `struct s { int a; } s;`,
			want: `
var s kept none
struct s kept none
  a kept none 0>0 4`,
		},
		{
			name: "variables come and go, and only roots are carried over",
			old:  `int a, gone; const int limit = 1; long cache E_MANUAL_MIGRATE;`,
			new:  `int a, came; const int limit = 2; long cache E_MANUAL_MIGRATE;`,
			want: `
var a kept none
var cache kept 
var came added missing
var gone removed 
var limit kept `,
		},
		{
			name:  "a variable is made by rules",
			old:   `int a, b, c;`,
			new:   `long a; int x, c;`,
			rules: `a -> a: { $out = $in; } b -> x INIT c: { $out = 1; }`,
			want: `
var a changed code
var c kept init
var b -> x renamed none`,
		},
		{
			name:  "two variables are made from one, and two rules are about one",
			old:   `int a;`,
			new:   `int a, b, c;`,
			rules: `a -> b a -> c none -> c`,
			want: `
var a kept none
var a -> b renamed none
var a -> c renamed none`,
		},
		{
			name:  "a variable that is no root is renamed by a rule",
			old:   `int a E_MANUAL_MIGRATE;`,
			new:   `int b E_MANUAL_MIGRATE;`,
			rules: `a -> b`,
			want:  `var a -> b renamed `,
		},
		{
			name:  "new variables and types take the names of those that have others now",
			old:   `struct a { int v; }; struct a x;`,
			new:   `struct b { int v; }; struct a { char c; }; struct b y; int x E_MANUAL_MIGRATE; struct a *p E_MANUAL_MIGRATE;`,
			rules: `x -> y struct a -> struct b`,
			want: `
var p added 
var x added 
var x -> y changed none
struct a added  unreached
  c added  >0 1
struct a -> struct b renamed none
  v kept none 0>0 4`,
		},
		{
			name: "padding stays with the field before it",
			old:  `struct s { char a; int b; char c; } s;`,
			new:  `struct s { char a; int b; short c2; char c; } s;`,
			want: `
var s kept none
struct s changed missing
  a kept none 0>0 1
  (padding) padding  1>1 3
  b kept none 4>4 4
  c2 added missing >8 2
  c moved none 8>10 1
  (padding) padding  9>11 3->1`,
		},
		{
			name: "bit-fields share their bytes",
			old:  `struct s { char a; unsigned f : 1, g : 2; unsigned : 3; long b; } s;`,
			new:  `struct s { char a; unsigned f : 1, g : 5; unsigned : 3; long b; } s;`,
			want: `
var s kept deep
struct s changed deep
  a kept none 0>0 1
  f kept none 1>1 :1
  g changed none 1>1 :2->:5
  (unnamed) kept  1>1 :3
  b kept none 8>8 8
visit struct s deep from s: its layout is another one`,
		},
		{
			name: "fields are renamed, computed and gone",
			old:  `struct s { int a, b, c, d; } s;`,
			new:  `struct s { int b, x; long c; int e; } s;`,
			rules: `struct s.a -> struct s.x struct s.c -> struct s.c: { $out = $in; }
				INIT struct s.e: { $out = 0; }`,
			want: `
var s changed deep
struct s changed deep
  b moved none 4>0 4
  a -> x moved none 0>4 4
  c changed code 8>8 4->8
  d removed  12> 4
  e added init >16 4
  (padding) padding  >20 4
visit struct s deep from s: e computed; c by a rule's code; d gone`,
		},
		{
			name:  "a new field takes the name of one that has another now",
			old:   `struct s { int a, b; } s;`,
			new:   `struct s { int a, x; } s;`,
			rules: `struct s.a -> struct s.x INIT struct s.a: { $out = 0; }`,
			want: `
var s kept deep
struct s changed deep
  a added init >0 4
  a -> x moved none 0>4 4
  b removed  4> 4
visit struct s deep from s: a computed; b gone`,
		},
		{
			name:  "a field takes the name of one that is gone",
			old:   `struct s { int b, a; } s;`,
			new:   `struct s { int b; } s;`,
			rules: `struct s.a -> struct s.b`,
			want: `
var s changed deep
struct s changed deep
  b removed  0> 4
  a -> b moved none 4>0 4
visit struct s deep from s: b gone`,
		},
		{
			name: "a field of another type",
			old:  `struct s { int a; } s;`,
			new:  `struct s { unsigned a; } s;`,
			want: `
var s kept none
struct s changed missing
  a changed missing 0>0 4`,
		},
		{
			name:  "a type is renamed",
			old:   `struct node { int v; } n;`,
			new:   `struct tree { int v; } n;`,
			rules: `struct node -> struct tree`,
			want: `
var n changed none
struct node -> struct tree renamed none
  v kept none 0>0 4`,
		},
		{
			name:  "a type is made by code",
			old:   `struct s { int v; } s;`,
			new:   `struct s { char *v; } s;`,
			rules: `struct s -> struct s: { $out.v = 0; }`,
			want: `
var s changed deep
struct s changed code
  v changed  0>0 4->8
visit struct s code from s: struct s -> struct s`,
		},
		{
			name: "a type without a name goes by that of its typedef",
			old:  `typedef struct { int v; } conf; conf c;`,
			new:  `typedef struct { int v; int w[0]; } conf; conf c;`,
			want: `
var c kept none
typedef conf changed missing
  v kept none 0>0 4
  w added missing >4 0`,
		},
		{
			name: "a typedef changes with what it stands for, not with its size",
			old:  `struct s { int v; }; typedef struct s conf; typedef int num; conf *c E_MANUAL_MIGRATE; num n;`,
			new:  `struct s { long v; }; typedef struct s conf; typedef long num; conf *c E_MANUAL_MIGRATE; num n;`,
			want: `
var c kept 
var n changed deep
struct s changed  unreached
  v changed  0>0 4->8
typedef num changed missing`,
		},
		{
			name: "enumerators",
			old:  `enum e { A, B, C } e; enum f { X, Y } f;`,
			new:  `enum e { A, N, B } e; enum f { X, Y, Z } f;`,
			want: `
var e kept none
var f kept none
enum e changed missing
  A kept
  N added
  B changed
  C removed
enum f changed none
  X kept
  Y kept
  Z added`,
		},
		{
			name: "what the members of a union lead to is not traversed",
			old:  `struct s { void (*f)(void); }; union u { struct s *p; int i; }; union u u; void f(void) {}`,
			new:  `struct s { void (*f)(void); }; union u { struct s *p; int i; long l; }; union u u;`,
			want: `
var u kept none
struct s kept shallow
  f kept shallow 0>0 8
union u changed none
  p kept shallow 0>0 8
  i kept none 0>0 4
  l added  >0 8
gone f, pointers in `,
		},
		{
			name: "reasons and ways of a traversal",
			old: `struct in { char *t; }; struct kind { void (*run)(void); };
				struct n { struct n *next; struct in in; char *s, *u; struct kind *k[2]; } *list; void old_run(void) {}`,
			new: `struct in { char *t; }; struct kind { void (*run)(void); };
				struct n { struct n *next; struct in in; char *s, *u; struct kind *k[2]; } *list; void new_run(void) {}`,
			want: `
var list kept shallow
struct in kept shallow
  t kept shallow 0>0 8
struct kind kept shallow
  run kept shallow 0>0 8
struct n kept shallow
  next kept shallow 0>0 8
  in kept shallow 8>8 8
  s kept shallow 16>16 8
  u kept shallow 24>24 8
  k kept shallow 32>32 16
visit struct n shallow from list: next: leads to struct n; in: contains struct in; s, u: a literal may be stored there; ` +
				`k: leads to struct kind
visit struct in shallow from list, struct n.in: t: a literal may be stored there
visit struct kind shallow from list, struct n.k: run: function pointer
gone old_run, pointers in struct kind.run`,
		},
		{
			name: "a generic list, and functions behind a typedef",
			old: `struct l { struct l E_G(@t) *next; void E_T(@t) *item; } E_GENERIC(@t);
				typedef void (*hook)(void); struct i { hook h; };
				struct l E_G(struct i) *list; hook hooks[4]; void f(void) {}`,
			new: `struct l { struct l E_G(@t) *next; void E_T(@t) *item; } E_GENERIC(@t);
				typedef void (*hook)(void); struct i { hook h; int n; };
				struct l E_G(struct i) *list; hook hooks[4];`,
			rules: `INIT struct i.n: { $out = 0; }`,
			want: `
var hooks kept shallow
var list kept shallow
struct i changed deep
  h kept shallow 0>0 8
  n added init >8 4
  (padding) padding  >12 4
struct l kept shallow
  next kept shallow 0>0 8
  item kept shallow 8>8 8
typedef hook kept shallow
visit struct l shallow from list: next, item: generic, @t
visit struct i deep from list: n computed
gone f, pointers in hooks, struct i.h`,
		},
		{
			name: "what can lead nowhere else is left alone",
			old:  `struct n { struct n *next; long v; }; struct h { struct n *n; struct c *c; }; struct c { int i; } c; struct h *x;`,
			new:  `struct n { struct n *next; long v; }; struct h { struct n *n; struct c *c; }; struct c { int i; } c; struct h *x;`,
			want: `
var c kept none
var x kept shallow
struct c kept none
  i kept none 0>0 4
struct h kept shallow
  n kept none 0>0 8
  c kept shallow 8>8 8
struct n kept none
  next kept none 0>0 8
  v kept none 8>8 8
visit struct h shallow from x: c: may lead to the variable c`,
		},
		{
			name: "the members of a union that is told which one is alive",
			old: `struct s { int kind; union { struct t *t E_CASE(1); long l E_CASE(2); } E_UNION(self.kind) u; }; ` +
				`struct t { char *text; }; struct s *x;`,
			new: `struct s { int kind; union { struct t *t E_CASE(1); long l E_CASE(2); } E_UNION(self.kind) u; }; ` +
				`struct t { char *text; }; struct s *x;`,
			want: `
var x kept shallow
struct s kept shallow
  kind kept none 0>0 4
  (padding) padding  4>4 4
  u kept shallow 8>8 8
struct t kept shallow
  text kept shallow 0>0 8
union __anonunion_s_u kept shallow
  t kept shallow 0>0 8
  l kept none 0>0 8
visit struct s shallow from x: u: contains union __anonunion_s_u
visit union __anonunion_s_u shallow from x, struct s.u: t: leads to struct t
visit struct t shallow from x, struct s.u, union __anonunion_s_u.t: text: a literal may be stored there`,
		},
		{
			name: "code leads on by $xform",
			old:  `struct i { int a; }; struct i *table[4];`,
			new:  `struct i { int a, b; }; struct i **table;`,
			rules: `table -> table: { XF_INVOKE(XF_PTR($xform(struct i, struct i)), &$in[0], $out); }
				INIT struct i.b: { $out = 0; }`,
			want: `
var table changed code
struct i changed deep
  a kept none 0>0 4
  b added init >4 4
visit struct i deep from table: b computed`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := summarize(compare(t, c.old, c.new, c.rules))
			if d := cmp.Diff(strings.TrimPrefix(c.want, "\n"), got); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

func TestPoints(t *testing.T) {
	old, new := kttest.Summary(t, "a.c", "int a;"), kttest.Summary(t, "a.c", "int a;")
	old.Units[0].Points = []string{"idle", "main"}
	new.Units[0].Points = []string{"main", "sleep"}
	r := compareSummaries(t, old, new, "")
	want := []*Point{{"idle", Removed}, {"main", Kept}, {"sleep", Added}}
	if d := cmp.Diff(want, r.Points); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if len(r.Warnings) != 1 || r.Warnings[0].Text != `the update point "idle" is gone` || !r.Complete {
		t.Errorf("warnings %v, complete %v", r.Warnings, r.Complete)
	}
}

// Versions for different machines cannot be compared: that is all there is to
// say, and it is said.
func TestOtherMachine(t *testing.T) {
	old, new := kttest.Summary(t, "a.c", "int a;"), kttest.Summary(t, "a.c", "int a;")
	new.Units[0].Target = "i686-linux-gnu"
	r := compareSummaries(t, old, new, "")
	if r.Complete || len(r.Missing) != 1 || !strings.Contains(r.Missing[0].Text, "i686") {
		t.Errorf("%v", r.Missing)
	}
}

// Two versions in which all kinds of things change.
const (
	everythingOld = `
struct item { char kind; long value; unsigned open : 1, level : 3; char name[40]; struct item *next; char tail[]; };
union u { int i; char *s; };
enum mode { ON, OFF };
typedef struct { int limit; } settings;
struct item *items; union u u; enum mode mode; settings config; int hits; void (*hook)(void);
void on_line(void) {}
`
	everythingNew = `
struct item { long value; char kind; unsigned open : 1, level : 5; char label[40]; struct item *next; long since; };
union u { int i; char *s; long l; };
enum mode { ON, AUTO, OFF };
typedef struct { int limit, burst; } settings;
struct item *things; union u u; enum mode mode; settings config; long hits; void (*hook)(void);
struct added { struct item *a; } added;
`
	everythingRules = `
items -> things
struct item.name -> struct item.label
INIT struct item.since: { $out = "<script>" ? 0 : 1; }
hits -> hits: { $out = $in; }
unused -> rule
`
)

func everything(t *testing.T) *Report {
	t.Helper()
	return compare(t, everythingOld, everythingNew, everythingRules)
}

// Whatever the summaries say, there is a report of it.
func FuzzCompare(f *testing.F) {
	old, err := kttest.Summary(f, "a.c", everythingOld).Encode()
	if err != nil {
		f.Fatal(err)
	}
	new, err := kttest.Summary(f, "a.c", everythingNew).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(old, new, everythingRules)
	f.Fuzz(func(t *testing.T, old, new []byte, rules string) {
		a, err := ktt.Decode(old)
		if err != nil {
			t.Skip()
		}
		b, err := ktt.Decode(new)
		if err != nil {
			t.Skip()
		}
		var diags diag.List
		file := xf.Parse("rules.xf", []byte(rules), &diags)
		r := Compare(Input{"old", a}, Input{"new", b}, file, diags)
		for _, write := range []func(io.Writer) error{
			r.WriteJSON, r.WriteHTML,
			func(w io.Writer) error { return r.WriteText(w, 80, true) },
		} {
			if err := write(io.Discard); err != nil {
				t.Error(err)
			}
		}
	})
}

// Lists in the JSON form are never null: readers need not ask.
func TestJSONLists(t *testing.T) {
	for _, r := range []*Report{
		compareSummaries(t, &ktt.Summary{}, &ktt.Summary{}, ""),
		compareSummaries(t, kttest.Summary(t, "a.c", "int a;"), &ktt.Summary{}, ""),
		everything(t),
	} {
		var b bytes.Buffer
		if err := r.WriteJSON(&b); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), "null") {
			t.Errorf("a null in\n%s", &b)
		}
		var back Report
		if err := json.Unmarshal(b.Bytes(), &back); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(r, &back); d != "" {
			t.Errorf("another report comes back: -want +got:\n%s", d)
		}
	}
}

// In a narrow terminal lines are broken between words; only rules to paste and
// words that do not fit are longer.
func TestTextWidth(t *testing.T) {
	r := everything(t)
	for _, width := range []int{40, 60, 80, 110, 200} {
		var b bytes.Buffer
		if err := r.WriteText(&b, width, false); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			line = strings.TrimSuffix(line, "\n")
			if strings.TrimRight(line, " ") != line {
				t.Errorf("width %d: blanks at the end of %q", width, line)
			}
			paste := strings.HasPrefix(line, "        ") && strings.Contains(line, "$out")
			word := !strings.Contains(strings.TrimSpace(line), " ")
			if n := utf8.RuneCountInString(line); n > width && !paste && !word {
				t.Errorf("width %d: %d columns: %s", width, n, line)
			}
		}
	}
}

// Breaking loses no word, and colours change nothing but colours.
func TestTextIsTheSame(t *testing.T) {
	r := everything(t)
	text := func(width int, colour bool) string {
		var b bytes.Buffer
		if err := r.WriteText(&b, width, colour); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	words := strings.Join(strings.Fields(text(1000, false)), " ")
	if d := cmp.Diff(words, strings.Join(strings.Fields(text(50, false)), " ")); d != "" {
		t.Errorf("-wide +narrow:\n%s", d)
	}
	coloured := text(80, true)
	if !strings.Contains(coloured, "\x1b[31m  ! ") {
		t.Error("what is missing is not red")
	}
	for _, s := range []style{bold, dim, red, green, yellow, cyan, plain} {
		coloured = strings.ReplaceAll(coloured, fmt.Sprintf("\x1b[%sm", s), "")
	}
	if d := cmp.Diff(text(80, false), coloured); d != "" {
		t.Errorf("-without +with colours:\n%s", d)
	}
}

// Names come from files: they must not command the terminal.
func TestTextIsPrintable(t *testing.T) {
	old, new := kttest.Summary(t, "a.c", "int a;"), kttest.Summary(t, "a.c", "int a;")
	new.Units[0].Points = []string{"\x1b[2J\u202emain"}
	var b bytes.Buffer
	if err := compareSummaries(t, old, new, "").WriteText(&b, 80, false); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\x1b\u202e") || !strings.Contains(b.String(), "?[2J?main") {
		t.Errorf("%q", &b)
	}
}
