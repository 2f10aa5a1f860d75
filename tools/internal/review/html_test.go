package review

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func pageOf(t *testing.T, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The page is written so that it is XML as well: the strictest reader that the
// standard library has.
func TestHTML(t *testing.T) {
	text := pageOf(t, everything(t))
	d := xml.NewDecoder(strings.NewReader(text))
	ids := map[string]bool{}
	elements := map[string]int{}
	var links []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		elements[e.Name.Local]++
		for _, a := range e.Attr {
			switch a.Name.Local {
			case "id":
				if ids[a.Value] {
					t.Errorf("two elements have the id %s", a.Value)
				}
				ids[a.Value] = true
			case "href":
				links = append(links, a.Value)
			case "src", "srcset", "data", "action", "onclick":
				t.Errorf("<%s %s=%q>", e.Name.Local, a.Name.Local, a.Value)
			}
		}
	}
	for _, link := range links {
		if id, ok := strings.CutPrefix(link, "#"); !ok || !ids[id] {
			t.Errorf("the link %s leads nowhere", link)
		}
	}
	if len(links) != elements["section"] || elements["h1"] != 1 {
		t.Errorf("%d links, %d sections, %d headings", len(links), elements["section"], elements["h1"])
	}
	for _, name := range []string{"script", "link", "img", "iframe"} {
		if elements[name] > 0 {
			t.Errorf("<%s>", name)
		}
	}
	// The last is html/template's word for what it refuses.
	for _, bad := range []string{"url(", "@import", "ZgotmplZ"} {
		if strings.Contains(text, bad) {
			t.Errorf("%s is in the page", bad)
		}
	}
	if !strings.Contains(text, html.EscapeString(`$out = "<script>" ? 0 : 1;`)) {
		t.Error("the code of a rule is not shown")
	}
}

// Every class that the page uses has a style, so that no change looks like none.
func TestClasses(t *testing.T) {
	for _, c := range []Change{Kept, Renamed, Moved, Changed, Added, Removed, Padding} {
		if c != Kept && !strings.Contains(pageText, ".box."+string(c)) {
			t.Errorf("no style for a box that is %s", c)
		}
	}
	if !strings.Contains(pageText, ".box."+class(Kept, Missing)) {
		t.Error("no style for what is missing")
	}
}

// rows writes what a diagram shows.
func rows(side []*box) string {
	var b strings.Builder
	for _, box := range side {
		fmt.Fprintf(&b, "%d+%d at %d: %s [%s] %s\n", box.Top, box.Height, box.Offset, box.Name, box.Class, box.Note)
	}
	return b.String()
}

func TestDraw(t *testing.T) {
	r := compare(t, `struct s { char a; unsigned f : 1, g : 2; long b; char c[1024]; } s;`,
		`struct s { char a; long b; unsigned f : 1, g : 3; short n; char c[1024]; } s;`, "")
	d := draw(r.Types[0])
	want := `0+44 at 0: a [kept] 
44+44 at 1: f:1, g:2 [changed] to 16
88+44 at 8: b [kept] 
132+100 at 16: c [moved] to 20
`
	if diff := cmp.Diff(want, rows(d.Old)); diff != "" {
		t.Errorf("old: -want +got:\n%s", diff)
	}
	want = `0+44 at 0: a [kept] 
44+22 at 1: 7 bytes of padding [padding] 
66+44 at 8: b [kept] 
110+44 at 16: f:1, g:3 [changed] from 1
154+44 at 18: n [missing] needs a rule
198+100 at 20: c [moved] from 16
298+22 at 1044: 4 bytes of padding [padding] 
`
	if diff := cmp.Diff(want, rows(d.New)); diff != "" {
		t.Errorf("new: -want +got:\n%s", diff)
	}
	if d.Height != 320 {
		t.Errorf("height %d", d.Height)
	}
	var bands []string
	for _, b := range d.Bands {
		bands = append(bands, b.Class+" "+b.Path)
	}
	if diff := cmp.Diff([]string{
		"kept M0 0 L100 0 V44 L0 44 Z",
		"kept M0 88 L100 66 V110 L0 132 Z",
		"changed M0 44 L100 110 V154 L0 88 Z",
		"moved M0 132 L100 198 V298 L0 232 Z",
	}, bands); diff != "" {
		t.Errorf("bands: -want +got:\n%s", diff)
	}
}

// TestBrowser renders the page with a browser, if there is one: nothing sticks
// out of a phone's screen, every box shows its name, and there is something to
// see.
func TestBrowser(t *testing.T) {
	var browser string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		t.Skip("there is no Chromium on this machine")
	}
	dir := t.TempDir()
	render := func(page string, args ...string) string {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, browser, append(args, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
			"--hide-scrollbars", "--user-data-dir="+filepath.Join(dir, "profile"), "file://"+page)...)
		cmd.Env = append(os.Environ(), "HOME="+dir)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s", browser, err, &stderr)
		}
		return string(out)
	}
	text := pageOf(t, everything(t))
	page := filepath.Join(dir, "page.html")
	if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}

	picture := filepath.Join(dir, "page.png")
	render(page, "--window-size=1000,2000", "--screenshot="+picture)
	f, err := os.Open(picture)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	colours := map[any]bool{}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			colours[img.At(x, y)] = true
		}
	}
	if len(colours) < 20 {
		t.Errorf("only %d colours in the picture", len(colours))
	}

	// In frames, since a window cannot be as narrow as a phone's. The page's own
	// policy lets no script run in it.
	var frames strings.Builder
	widths := []int{320, 375, 800, 1400}
	for _, w := range widths {
		fmt.Fprintf(&frames, `<iframe width="%d" height="900" style="border: 0" srcdoc="%s"></iframe>`,
			w, html.EscapeString(text))
	}
	probe := filepath.Join(dir, "probe.html")
	if err := os.WriteFile(probe, []byte(`<!DOCTYPE html><html><body>`+frames.String()+`<script>
onload = () => {
	const report = [];
	for (const frame of document.querySelectorAll("iframe")) {
		const page = frame.contentDocument;
		report.push("width " + frame.width + ": " + page.documentElement.scrollWidth);
		for (const name of page.querySelectorAll(".box .name")) {
			const box = name.closest(".box").getBoundingClientRect();
			if (name.clientWidth < 20 || name.getBoundingClientRect().bottom > box.bottom)
				report.push("hidden at " + frame.width + ": " + name.textContent);
		}
	}
	document.body.innerText = report.join("\n") + "\nend";
};
</script></body></html>`), 0o644); err != nil {
		t.Fatal(err)
	}
	got := regexp.MustCompile(`(?s)<body>(.*)</body>`).FindStringSubmatch(render(probe, "--dump-dom"))
	if got == nil {
		t.Fatal("the browser has not printed the page")
	}
	want := ""
	for _, w := range widths {
		want += fmt.Sprintf("width %d: %d<br>", w, w)
	}
	if d := cmp.Diff(want+"end", got[1]); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}
