package images_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/images"
)

// engine is an engine that holds images by reference.
type engine struct {
	mu      sync.Mutex
	held    map[string][]byte
	pulled  []string
	pullErr error
}

func (e *engine) ImageID(_ context.Context, ref string) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, ok := e.held[ref]; ok {
		return "sha256:" + ref, nil
	}
	return "", nil
}

func (e *engine) PullImage(_ context.Context, ref string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pulled = append(e.pulled, ref)
	return e.pullErr
}

func (e *engine) BuildImage(_ context.Context, ref string, tarball []byte, log io.Writer) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.held[ref] = tarball
	_, err := io.WriteString(log, "Step 1\n")
	return err
}

func (e *engine) SaveImages(_ context.Context, refs []string) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(strings.Join(refs, "\n"))), nil
}

func (e *engine) LoadImages(_ context.Context, archive io.Reader) error {
	refs, err := io.ReadAll(archive)
	for _, ref := range strings.Fields(string(refs)) {
		e.held[ref] = nil
	}
	return err
}

// static is the smallest thing that passes for a static program.
func static(t *testing.T, more string) string {
	t.Helper()
	header := make([]byte, 64)
	copy(header, "\x7fELF\x02\x01\x01")
	header[16], header[18], header[20], header[52], header[54] = 2, 62, 1, 64, 56
	return write(t, string(header)+more)
}

func write(t *testing.T, content string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), "pattarai-agent")
	if err := os.WriteFile(p, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestBuildListExportImport(t *testing.T) {
	e := &engine{held: map[string][]byte{}}
	set := images.New(e, static(t, "one"), nil)
	if err := set.Export(t.Context(), io.Discard); !errors.Is(err, sandbox.ErrNoImage) {
		t.Errorf("Export of nothing: %v", err)
	}
	var said []string
	if err := set.Build(t.Context(), nil, func(line string) { said = append(said, line) }); err != nil {
		t.Fatal(err)
	}
	if len(e.pulled) != 1 || e.pulled[0] != images.Base || len(said) != 1+2*len(set.Names()) {
		t.Errorf("pulled %v, said %q", e.pulled, said)
	}
	missing, err := set.Missing(t.Context(), set.Names())
	if err != nil || len(missing) != 0 {
		t.Errorf("missing %v, %v", missing, err)
	}
	var archive bytes.Buffer
	if err := set.Export(t.Context(), &archive); err != nil {
		t.Fatal(err)
	}
	there := &engine{held: map[string][]byte{}}
	if err := images.New(there, static(t, "two"), nil).Import(t.Context(), bytes.NewReader(archive.Bytes())); !errors.Is(err, sandbox.ErrNoImage) {
		t.Errorf("Import of another version: %v", err)
	}
	if err := images.New(there, static(t, "one"), nil).Import(t.Context(), &archive); err != nil {
		t.Errorf("Import: %v", err)
	}
}

func TestContext(t *testing.T) {
	e := &engine{held: map[string][]byte{}}
	set := images.New(e, static(t, ""), nil)
	if err := set.Build(t.Context(), []string{"haproxy"}, nil); err != nil {
		t.Fatal(err)
	}
	ref, err := set.Ref("haproxy")
	if err != nil {
		t.Fatal(err)
	}
	modes := map[string]int64{}
	for tr := tar.NewReader(bytes.NewReader(e.held[ref])); ; {
		h, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		modes[h.Name] = h.Mode
	}
	for name, want := range map[string]int64{"Dockerfile": 0o644, "haproxy-run": 0o755, "haproxy-reload": 0o755, "haproxy-ctl": 0o755, "pattarai-agent": 0o755} {
		if modes[name] != want {
			t.Errorf("%s has mode %o, want %o", name, modes[name], want)
		}
	}
}

func TestAgentProblems(t *testing.T) {
	for want, path := range map[string]string{
		"is missing; make it with `make build`": "/nowhere/pattarai-agent",
		"is no Linux program":                   write(t, "#!/bin/sh\n"),
		"is linked dynamically":                 "/bin/sh",
	} {
		_, err := images.New(&engine{}, path, nil).Missing(t.Context(), images.Names())
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "make build") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestNoBase(t *testing.T) {
	e := &engine{held: map[string][]byte{}, pullErr: errors.New("no route to host")}
	err := images.New(e, static(t, ""), nil).Build(t.Context(), nil, nil)
	if err == nil || !strings.Contains(err.Error(), "no route to host") || !strings.Contains(err.Error(), "doctor --fix") {
		t.Errorf("Build: %v", err)
	}
	if err := images.New(e, static(t, ""), nil).Build(t.Context(), []string{sandbox.ProbeNode}, nil); err != nil {
		t.Errorf("the probe image needs no base: %v", err)
	}
	if err := images.New(e, static(t, ""), nil).Build(t.Context(), []string{"nothing"}, nil); err == nil || !strings.Contains(err.Error(), strings.Join(images.Names(), ", ")) {
		t.Errorf("an unknown image: %v", err)
	}
}

// TestPrune removes what is old, ours, of another version and unused, and no more.
func TestPrune(t *testing.T) {
	set := images.New(&engine{}, static(t, ""), nil)
	present, err := set.Ref("redis")
	if err != nil {
		t.Fatal(err)
	}
	old, young := time.Unix(1000, 0), time.Unix(3000, 0)
	p := &pruner{used: "pattarai/shell:used", held: []images.Held{
		{Ref: present, Created: old},
		{Ref: "pattarai/redis:old", Created: old},
		{Ref: "pattarai/redis:young", Created: young},
		{Ref: "pattarai/shell:used", Created: old},
		{Ref: "pattarai/server:latest", Created: old},
	}}
	var said []string
	gone, err := set.Prune(t.Context(), p, time.Unix(2000, 0), func(line string) { said = append(said, line) })
	if err != nil || len(gone) != 1 || gone[0].Ref != "pattarai/redis:old" || !slices.Equal(p.removed, []string{"pattarai/redis:old"}) {
		t.Errorf("gone %v, removed %v, %v; want pattarai/redis:old alone", gone, p.removed, err)
	}
	if len(said) != 2 || !strings.Contains(strings.Join(said, "\n"), "kept pattarai/shell:used") {
		t.Errorf("said %q", said)
	}
}

// pruner is an engine on which one image is in use.
type pruner struct {
	held    []images.Held
	used    string
	removed []string
}

func (p *pruner) HeldImages(context.Context, string) ([]images.Held, error) { return p.held, nil }

func (p *pruner) RemoveImage(_ context.Context, ref string) error {
	if ref == p.used {
		return images.ErrInUse
	}
	p.removed = append(p.removed, ref)
	return nil
}

// TestNeeded builds what lessons use and nothing else.
func TestNeeded(t *testing.T) {
	e := &engine{held: map[string][]byte{}}
	set := images.New(e, static(t, ""), func() []string { return []string{"shell", "haproxy", "shell"} })
	if err := set.Build(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	entries, err := set.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		want := entry.Name == "shell" || entry.Name == "haproxy" || entry.Name == sandbox.ProbeNode
		if entry.Needed != want || (entry.ID != "") != want {
			t.Errorf("%s: needed %v, built %v, want %v", entry.Name, entry.Needed, entry.ID != "", want)
		}
	}
	var archive bytes.Buffer
	if err := set.Export(t.Context(), &archive); err != nil {
		t.Error(err)
	}
	more := images.New(e, static(t, ""), func() []string { return []string{"redis"} })
	if err := more.Export(t.Context(), io.Discard); !errors.Is(err, sandbox.ErrNoImage) || !strings.Contains(err.Error(), "images build redis") {
		t.Errorf("Export without a needed image: %v", err)
	}
	if err := more.Import(t.Context(), &archive); !errors.Is(err, sandbox.ErrNoImage) {
		t.Errorf("Import without a needed image: %v", err)
	}
}
