package markdown_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"pattarai/lessons/markdown"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden renders testdata/*.md and compares HTML and structure with the file
// beside it.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			document, codes := render(t, string(source))
			got := describe(t, document, codes)
			golden := strings.TrimSuffix(file, ".md") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func describe(t *testing.T, d markdown.Document, codes []string) string {
	t.Helper()
	var out strings.Builder
	fmt.Fprintf(&out, "problems: %v\n", codes)
	for _, s := range d.Steps {
		fmt.Fprintf(&out, "\n=== step %s %q checks=%v items=%v line=%d\n%s", s.ID, s.Title, s.Checks, s.Items, s.Line, s.HTML)
		if s.Locked != "" {
			fmt.Fprintf(&out, "=== locked\n%s", s.Locked)
		}
	}
	data, err := json.MarshalIndent(map[string]any{"runs": d.Runs, "questions": d.Questions, "checks": d.Checks, "edits": d.Edits, "links": d.Links}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&out, "\n=== structure\n%s\n", data)
	return out.String()
}

// TestAnswersStayOnTheServer looks for answers and reasons in everything a
// browser gets before it answered.
func TestAnswersStayOnTheServer(t *testing.T) {
	source, err := os.ReadFile("testdata/quiz.md")
	if err != nil {
		t.Fatal(err)
	}
	document, codes := render(t, string(source))
	if len(codes) > 0 || len(document.Questions) != 9 {
		t.Fatalf("%d questions, %v", len(document.Questions), codes)
	}
	data, err := json.Marshal(document.Questions)
	if err != nil {
		t.Fatal(err)
	}
	sent := string(data)
	for _, s := range document.Steps {
		sent += string(s.HTML)
	}
	for _, secret := range []string{"Because it is", "That is why", "Six times seven", "data-output-of", ">42", "round robin", "three |", "±"} {
		if strings.Contains(sent, secret) {
			t.Errorf("%q is sent", secret)
		}
	}
}

// TestNoScript renders hostile texts and looks at the result as a browser would.
func TestNoScript(t *testing.T) {
	payloads := []string{
		`<script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, `[x](javascript:alert(1))`, `[x](JAVASCRIPT:alert(1))`,
		`[x](java	script:alert(1))`, `[x](&#106;avascript:alert(1))`, `[x](data:text/html;base64,PHN2Zz4=)`, `![x](javascript:alert(1))`,
		`![x"onerror="alert(1)](a.png)`, `[x](https://a.b "t\" onmouseover=\"alert(1)")`, `<a href="javascript:x">x</a>`, `<svg/onload=alert(1)>`,
		"```bash title=\"<script>x</script>\"\na\n```", "```\"><script>\na\n```", "<details open onclick=x><summary>a</summary>\n\nb\n\n</details>",
		"<details><summary><img src=x onerror=y></summary>\n\nb\n\n</details>", `# <script>x</script>`, `## a" onclick="x`, `[x][a]` + "\n\n[a]: javascript:x 'y'",
		"### <b>Q</b> onclick\n<!-- q:single id=a -->\n\n- [x] <script>x</script>\n- [ ] [y](javascript:z)\n", "[^1]\n\n[^1]: <script>x</script>",
		`<!-- check: "><script> -->`, `<!--><script>alert(1)</script>-->`, "<style>@import 'x'</style>", `<iframe srcdoc="<script>">`, `<form action=//evil><input name=q></form>`,
		`<kbd onclick=x>a</kbd>`, `&lt;script&gt;alert(1)&lt;/script&gt;`, "`<script>`", "|a|\n|-|\n|<script>x</script>|", `<math><mtext></mtext><mglyph><style><img onerror=x>`,
		"```mermaid\n</pre><script>x</script>\n```", "```output\n<script>\n```", `<javascript:alert(1)>`, `[x](vbscript:x)`, `[x](\x01javascript:x)`, `[a](<javascript:x>)`,
	}
	for _, payload := range payloads {
		document, _ := render(t, payload)
		for _, s := range document.Steps {
			for _, bad := range dangerous(t, string(s.HTML)+string(s.Locked)) {
				t.Errorf("%q renders %s in\n%s", payload, bad, s.HTML)
			}
		}
	}
}

var allowedURL = regexp.MustCompile(`^(https?://|mailto:|#|/[^/\\]|$)`)

// dangerous lists elements and attributes that can run something.
func dangerous(t testing.TB, text string) []string {
	t.Helper()
	var out []string
	tokens := html.NewTokenizer(strings.NewReader(text))
	for tokens.Next() != html.ErrorToken {
		token := tokens.Token()
		if token.Type != html.StartTagToken && token.Type != html.SelfClosingTagToken {
			continue
		}
		switch token.Data {
		case "script", "style", "iframe", "object", "embed", "svg", "math", "link", "meta", "base", "template":
			out = append(out, "<"+token.Data+">")
		}
		for _, a := range token.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc" || a.Key == "action" && !strings.HasPrefix(a.Val, "/lessons/c/a/quiz/") || a.Key == "formaction" ||
				(a.Key == "href" || a.Key == "src") && !allowedURL.MatchString(a.Val) {
				out = append(out, a.Key+"="+a.Val)
			}
		}
	}
	return out
}

func TestPictures(t *testing.T) {
	dir := t.TempDir()
	for name, data := range map[string]string{"a b.png": "x", "sub/p.svg": "<svg/>"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link.png")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc", filepath.Join(dir, "etc")); err != nil {
		t.Fatal(err)
	}
	big := fstest.MapFS{"big.png": {Data: make([]byte, 2<<20)}}
	tests := map[string]struct {
		folder fs.FS
		source string
		want   string // A problem's code, or the src.
	}{
		"space":       {os.DirFS(dir), "![a](a%20b.png)", "/lessons/c/a/assets/a%20b.png"},
		"below":       {os.DirFS(dir), "![a](./sub/p.svg)", "/lessons/c/a/assets/sub/p.svg"},
		"link":        {os.DirFS(dir), "![a](link.png)", "image-outside"},
		"linked dir":  {os.DirFS(dir), "![a](etc/x.png)", "image-outside"},
		"large":       {big, "![a](big.png)", "image-size"},
		"missing":     {big, "![a](nope.png)", "image-missing"},
		"encoded ../": {big, "![a](%2e%2e/x.png)", "image-outside"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			document, problems := markdown.Render(markdown.Input{File: "f", Source: []byte(test.source), Line: 1, Dir: "c/01-a", Base: "/lessons/c/a", Folder: test.folder})
			got := ""
			if len(problems) > 0 {
				got = problems[0].Code
			} else if _, rest, ok := strings.Cut(string(document.Steps[0].HTML), `src="`); ok {
				got, _, _ = strings.Cut(rest, `"`)
			}
			if got != test.want {
				t.Errorf("got %s, want %s (%v)", got, test.want, problems)
			}
		})
	}
}

func TestStylesheet(t *testing.T) {
	css := markdown.Stylesheet()
	for _, want := range []string{".chroma .k {", `:root[data-theme="dark"] `, "@media (prefers-color-scheme: dark)"} {
		if !strings.Contains(css, want) {
			t.Errorf("no %q in\n%s", want, css[:min(len(css), 1500)])
		}
	}
	if strings.Count(css, "{") != strings.Count(css, "}") {
		t.Error("braces do not match")
	}
}

func TestLineEnds(t *testing.T) {
	unix, _ := render(t, "## A\n\ntext\n\n```bash\na\nb\n```\n")
	dos, codes := render(t, "## A\r\n\r\ntext\n\r\n```bash\r\na\r\nb\n```\r\n")
	if len(codes) > 0 {
		t.Fatal(codes)
	}
	if diff := cmp.Diff(unix.Steps, dos.Steps); diff != "" {
		t.Errorf("(-LF +CRLF):\n%s", diff)
	}
}

func FuzzRender(f *testing.F) {
	for _, name := range []string{"prose", "blocks", "quiz"} {
		source, err := os.ReadFile("testdata/" + name + ".md")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(source))
	}
	f.Fuzz(func(t *testing.T, source string) {
		document, problems := markdown.Render(markdown.Input{File: "f", Source: []byte(source), Line: 1, Dir: "c/01-a", Base: "/lessons/c/a"})
		for _, p := range problems {
			if p.Code == "render-failed" || p.Found == "" || p.Code == "" {
				t.Fatalf("%+v", p)
			}
		}
		for _, s := range document.Steps {
			if bad := dangerous(t, string(s.HTML)+string(s.Locked)); len(bad) > 0 {
				t.Fatalf("%v in %s", bad, s.HTML)
			}
		}
	})
}
