package cfront

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// The headers of the C library that declare functions which compilers know.
const headers = `alloca complex ctype errno fcntl fenv inttypes libintl malloc math monetary pthread sched search
	semaphore setjmp signal spawn stdio stdlib string strings tgmath time unistd wchar wctype sys/socket sys/wait`

// TestIsBuiltIn asks compilers about all functions of the C library's headers.
func TestIsBuiltIn(t *testing.T) {
	var includes strings.Builder
	for name := range strings.FieldsSeq(headers) {
		fmt.Fprintf(&includes, "#include <%s.h>\n", name)
	}
	for _, cc := range []string{"gcc", "clang"} {
		t.Run(cc, func(t *testing.T) {
			if _, err := exec.LookPath(cc); err != nil {
				t.Skip(err)
			}
			l := lex(preprocess(t, cc, includes.String()))
			l.strip(false)
			var questions strings.Builder
			for _, c := range l.chunks() {
				for _, name := range c.funcs {
					fmt.Fprintf(&questions, "#if __has_builtin(%s)\n%[1]s\n#endif\n", name)
				}
			}
			known := strings.Fields(string(preprocess(t, cc, questions.String())))
			if len(known) < 100 {
				t.Fatalf("the compiler knows only %d functions", len(known))
			}
			for _, name := range known {
				if !isBuiltIn(name) {
					t.Errorf("%s knows %s", cc, name)
				}
			}
		})
	}
}

func preprocess(t *testing.T, cc, text string) []byte {
	t.Helper()
	cmd := exec.Command(cc, "-D_GNU_SOURCE", "-E", "-P", "-x", "c", "-")
	cmd.Stdin = strings.NewReader(text)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", cc, err)
	}
	return out
}
