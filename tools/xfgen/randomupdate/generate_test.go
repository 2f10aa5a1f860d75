package randomupdate

import (
	"fmt"
	"strings"
	"testing"
)

// TestVariety checks that the pairs have in them what they are there for.
func TestVariety(t *testing.T) {
	var list []*World
	for seed := uint64(1); seed <= 200; seed++ {
		list = append(list, Generate(seed, fmt.Sprint("w", seed)))
	}
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"old version": {Source(Old, list), []string{
			"E_PTRARRAY(self.", "E_PTRARRAY(2)", "E_SZ ", "E_OPAQUE ", "E_ARRAY(self.", "E_GENERIC(@k, @v)",
			"void E_T(@v) *", "void *E_T(@p) ", "E_G(struct ", "E_G([opaque]", "E_G(char*", "E_UNION(self.", " E_CASE(", "KT_NAMESPACE", "enum w", "union w", "typedef struct w", "typedef int (*",
			" : 3;", "static const ", "static void *w1_at", "double ", "_Bool ", `strdup("h`, `"literal "`,
		}},
		"new version": {Source(New, list), []string{"E_MANUAL_MIGRATE", "kitsune_migrate_var(", "MIGRATE_GLOBAL(", "MIGRATE_LOCAL("}},
		"rules": {Rules(list), []string{
			"INIT struct ", "INIT typedef ", "INIT w", "INIT space@prog.c/w", "struct __anonstruct_",
			"union w", "typedef w", "enum w", "$base.", "XF_PTRARRAY($base.", "XF_NTARRAY(", "XF_FPTR()", "XF_ARRAY(", "$gen(k)",
			"switch ((int)$in)", "$out[i] = ", "{}",
			"space@prog.c/w", "main#w",
		}},
	} {
		for _, w := range c.want {
			if !strings.Contains(c.text, w) {
				t.Errorf("the %s has no %s", name, w)
			}
		}
	}
}

// TestSeed checks that a seed stands for a pair.
func TestSeed(t *testing.T) {
	for seed := range uint64(50) {
		a, b := []*World{Generate(seed, "w")}, []*World{Generate(seed, "w")}
		if Source(Old, a) != Source(Old, b) || Source(New, a) != Source(New, b) || Rules(a) != Rules(b) {
			t.Errorf("seed %d makes different pairs", seed)
		}
	}
}
