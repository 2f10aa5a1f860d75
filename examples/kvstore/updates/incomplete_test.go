package updates

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rules-kitsune/rules_kitsune/examples/kvstore/kv/kvtest"
)

// TestIncomplete leaves the rules out: the update is not generated, and all that
// is missing is named in one run. The two versions are given as the files that
// run in production.
func TestIncomplete(t *testing.T) {
	out := filepath.Join(t.TempDir(), "transformers.c")
	cmd := exec.Command(kvtest.Path(t, "UPDATES_XFGEN"), out,
		kvtest.Path(t, "KVSTORE_V1"), kvtest.Path(t, "UPDATES_V2_ALONE"))
	code, output := run(t, cmd)
	if code != 1 {
		t.Errorf("exit status %d, not 1", code)
	}
	for _, missing := range []string{
		"all_clients -> net.c/clients",
		"Unable to match added symbol struct entry.expires",
		"Unable to match added symbol struct entry.hits",
		"struct entry.val -> struct entry.value",
		"INIT store.c/expired",
		"commands_executed -> commands_executed",
		"struct client.commands -> struct client.commands",
	} {
		if !strings.Contains(output, missing) {
			t.Errorf("%q is not named", missing)
		}
	}
	if _, err := os.Stat(out); !os.IsNotExist(err) {
		t.Errorf("there is a file for an update that is not complete (%v)", err)
	}
	t.Log(output)
}
