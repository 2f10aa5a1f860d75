package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// printed returns what doupd prints.
func printed(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(args, &stdout, &stderr); code != 0 || stderr.Len() > 0 {
		t.Fatalf("doupd %v: exit status %d: %s", args, code, &stderr)
	}
	return stdout.String()
}

// Whatever a person reads about doupd knows all of it.
func TestDocuments(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "doupd.md"))
	if err != nil {
		t.Fatal(err)
	}
	documents := map[string]string{
		"--help":        printed(t, "--help"),
		"--man":         strings.ReplaceAll(printed(t, "--man"), `\-`, "-"),
		"docs/doupd.md": string(page),
	}
	cmd := newCommand(io.Discard, io.Discard, new(int))
	for name, text := range documents {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if !strings.Contains(text, "--"+f.Name) {
				t.Errorf("%s does not mention --%s", name, f.Name)
			}
		})
		for _, o := range outcomes {
			if !strings.Contains(text, o.meaning) && !strings.Contains(text, sentence(o.meaning)) {
				t.Errorf("%s does not say %q", name, o.meaning)
			}
			for word := range strings.SplitSeq(o.names, ", ") {
				if name != "--help" && !strings.Contains(text, word) {
					t.Errorf("%s does not know the outcome %q", name, word)
				}
			}
		}
	}
}

func TestHelpFits(t *testing.T) {
	for line := range strings.Lines(printed(t, "--help")) {
		if len(line) > 111 {
			t.Errorf("longer than 110 columns: %s", line)
		}
	}
}

// The manual pages are what troff understands.
func TestManualPages(t *testing.T) {
	if _, err := exec.LookPath("groff"); err != nil {
		t.Skip("groff is not installed")
	}
	driver, err := os.ReadFile("driver.1")
	if err != nil {
		t.Fatal(err)
	}
	for name, page := range map[string]string{"doupd": printed(t, "--man"), "driver": string(driver)} {
		cmd := exec.Command("groff", "-man", "-Tutf8", "-ww", "-rLL=100n", "-P-bcou")
		cmd.Stdin = strings.NewReader(page)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); err != nil || stderr.Len() > 0 {
			t.Errorf("%s(1): %v\n%s", name, err, &stderr)
		}
		for _, section := range []string{"NAME", "SYNOPSIS", "OPTIONS", "EXIT STATUS", "SEE ALSO"} {
			if !strings.Contains(stdout.String(), section) {
				t.Errorf("%s(1) has no section %s:\n%s", name, section, &stdout)
			}
		}
	}
}

// driver(1) is written by hand; the driver is no Go program, and has few flags.
func TestDriverManual(t *testing.T) {
	page, err := os.ReadFile("driver.1")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(page), `\-`, "-")
	help, err := exec.Command(file(t, "DRIVER"), "--help").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, help)
	}
	for _, word := range strings.Fields(string(help)) {
		if flag := strings.Trim(word, "[]"); strings.HasPrefix(flag, "-") && !strings.Contains(text, flag) {
			t.Errorf("driver(1) does not mention %s", flag)
		}
	}
}

func TestCompletion(t *testing.T) {
	for shell := range shells {
		script := printed(t, "--completion", shell)
		if !strings.Contains(script, "doupd") {
			t.Errorf("%s: %s", shell, script)
		}
		if _, err := exec.LookPath(shell); err != nil {
			continue // What cobra's scripts are worth there is cobra's to test.
		}
		cmd := exec.Command(shell, "-n")
		cmd.Stdin = strings.NewReader(script)
		if msg, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", shell, err, msg)
		}
	}
	p := start(t, "")
	process := fmt.Sprintf("%d\tserver1\n", p.Pid)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{""}, process},
		{[]string{"--status", ""}, process},
		{[]string{"--check", "a.so", ""}, process},
		{[]string{"--check", ""}, "so\n:8\n"},
		{[]string{strconv.Itoa(p.Pid), ""}, "so\n:8\n"},
		{[]string{"--status", "1", ""}, ":4\n"},
		{[]string{"--hi"}, "--history"},
		{[]string{"--completion", ""}, "bash\nzsh\nfish\n"},
	} {
		var stdout, stderr bytes.Buffer
		code := run(append([]string{"__complete"}, c.args...), &stdout, &stderr)
		if got := stdout.String(); code != 0 || !strings.Contains(got, c.want) {
			t.Errorf("%q: %q is not in %q", c.args, c.want, got)
		}
	}
}
