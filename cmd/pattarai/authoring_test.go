package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// asProgram makes the test's binary behave as the program, for tests that follow a
// document.
const asProgram = "PATTARAI_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestAuthoringGuide follows docs/authoring.md: it writes every file, carries out
// every command and compares what is printed. Without lab images the commands that
// need them are left out.
func TestAuthoringGuide(t *testing.T) {
	data, err := os.ReadFile("../../docs/authoring.md")
	if err != nil {
		t.Fatal(err)
	}
	g := &guide{t: t, dir: t.TempDir(), path: programFolder(t)}
	blocks := blocksOf(string(data))
	for i, b := range blocks {
		want := ""
		if i+1 < len(blocks) && blocks[i+1].info == "output" {
			want = blocks[i+1].text
		}
		g.follow(b, want)
	}
	if g.files < 10 || g.commands < 6 {
		t.Errorf("it wrote %d files and carried out %d commands; the guide has more", g.files, g.commands)
	}
	g.await("/lessons/canteen/most-wanted", "Which pot goes on the big flame?")
}

// block is a fenced block of a document.
type block struct {
	info string // "sh run", "yaml file=a/b.yaml"
	text string
	line int
}

// blocksOf are the fenced blocks from top to bottom. A fence ends at one of its own
// length, so that a block may show blocks.
func blocksOf(doc string) []block {
	var blocks []block
	fence := ""
	for i, line := range strings.Split(doc, "\n") {
		ticks := line[:len(line)-len(strings.TrimLeft(line, "`"))]
		switch {
		case fence == "" && len(ticks) >= 3:
			fence = ticks
			blocks = append(blocks, block{info: strings.TrimPrefix(line, ticks), line: i + 1})
		case fence != "" && line == fence:
			fence = ""
		case fence != "":
			blocks[len(blocks)-1].text += line + "\n"
		}
	}
	return blocks
}

// guide carries out what a document says.
type guide struct {
	t               *testing.T
	dir             string // Where a reader would stand.
	path            string // Of commands, with the program in front.
	preview         string // The address that the preview printed.
	files, commands int
}

func (g *guide) follow(b block, want string) {
	g.t.Helper()
	_, attribute, _ := strings.Cut(b.info, " ")
	name, isFile := strings.CutPrefix(attribute, "file=")
	switch {
	case isFile:
		g.write(name, b.text)
	case attribute == "run":
		g.run(b, want)
	case attribute == "run=labs":
		g.t.Run("prove", func(t *testing.T) {
			needImages(t)
			(&guide{t: t, dir: g.dir, path: g.path}).run(b, want)
		})
	case attribute == "run=background":
		g.start(b)
	}
}

func (g *guide) write(name, text string) {
	g.t.Helper()
	g.files++
	path := filepath.Join(g.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		g.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		g.t.Fatal(err)
	}
}

func (g *guide) command(ctx context.Context, text string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "sh", "-ec", text)
	cmd.Dir = g.dir
	cmd.Env = append(os.Environ(), "PATH="+g.path)
	return cmd
}

func (g *guide) run(b block, want string) {
	g.t.Helper()
	g.commands++
	out, err := g.command(g.t.Context(), b.text).CombinedOutput()
	if err != nil {
		g.t.Fatalf("line %d: %v\n%s", b.line, err, out)
	}
	pattern := strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(want)), "…", ".*")
	if !regexp.MustCompile(`(?s)^` + pattern + `$`).MatchString(strings.TrimSpace(string(out))) {
		g.t.Errorf("line %d: it should print:\n%s\nbut printed:\n%s", b.line, want, out)
	}
}

// start runs a server in the background until the test ends.
func (g *guide) start(b block) {
	g.t.Helper()
	g.commands++
	ctx, cancel := context.WithTimeout(g.t.Context(), 5*time.Minute)
	cmd := g.command(ctx, "exec "+b.text)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		g.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // It was told to end.
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, address, found := strings.Cut(lines.Text(), "Pattarai is at "); found {
			g.preview = strings.TrimSpace(address)
			go io.Copy(io.Discard, out)
			return
		}
	}
	g.t.Fatalf("line %d: it does not say where it is", b.line)
}

// await waits until the preview shows what was written since it began.
func (g *guide) await(path, text string) {
	g.t.Helper()
	page := ""
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if page = g.page(path); strings.Contains(page, text) {
			return
		}
	}
	g.t.Errorf("the preview does not show %q:\n%.600s", text, page)
}

// page is a page of the preview.
func (g *guide) page(path string) string {
	g.t.Helper()
	request, err := http.NewRequestWithContext(g.t.Context(), http.MethodGet, g.preview+path, nil)
	if err != nil {
		g.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		g.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return string(body)
}

// programFolder makes a folder with a command "pattarai" and returns a PATH that
// begins with it.
func programFolder(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	script := "#!/bin/sh\nexport " + asProgram + "=1\nexec '" + self + "' \"$@\"\n"
	if err := os.WriteFile(filepath.Join(dir, "pattarai"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir + string(os.PathListSeparator) + os.Getenv("PATH")
}
