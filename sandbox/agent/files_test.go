package agent_test

import (
	"archive/tar"
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"pattarai/sandbox/agent"
)

func TestPutFilesAndGet(t *testing.T) {
	n := startNode(t)
	files := map[string][]byte{
		"/etc/haproxy/haproxy.cfg": []byte("global\n"),
		"/srv/பட்டறை/empty":        {},
		"/srv/large":               bytes.Repeat([]byte("0123456789"), 300_000),
	}
	if err := n.PutFiles(t.Context(), files); err != nil {
		t.Fatal(err)
	}
	got, skipped, err := n.Get(t.Context(), []string{"/etc", "/srv", "/absent"}, agent.ReadLimits{Files: 3, Bytes: 4 << 20})
	if err != nil || len(skipped) > 0 {
		t.Fatalf("skipped %q, error %v", skipped, err)
	}
	if !maps.EqualFunc(got, files, bytes.Equal) {
		t.Errorf("got %q", slices.Sorted(maps.Keys(got)))
	}
	for limits, wants := range map[agent.ReadLimits]string{
		{Files: 2, Bytes: 4 << 20}:   "more than 2 files",
		{Files: 3, Bytes: 3_000_006}: "3000006 bytes",
	} {
		_, _, err := n.Get(t.Context(), []string{"/etc", "/srv"}, limits)
		refused(t, err, wants)
	}
}

func TestPutFilesReplacesAtomically(t *testing.T) {
	n := startNode(t)
	path := filepath.Join(n.root, "run.sh")
	if err := os.WriteFile(path, []byte("old"), 0o755); err != nil {
		t.Fatal(err)
	}
	old, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if err := n.PutFiles(t.Context(), map[string][]byte{"/run.sh": []byte("new")}); err != nil {
		t.Fatal(err)
	}
	before := make([]byte, 8)
	if k, _ := old.Read(before); string(before[:k]) != "old" {
		t.Errorf("an open reader sees %q; the file was written in place", before[:k])
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("mode %v, %v; want 0755 kept", info.Mode(), err)
	}
	names, _ := filepath.Glob(filepath.Join(n.root, ".pattarai*"))
	if len(names) > 0 {
		t.Errorf("left %q", names)
	}
	err = n.PutFiles(t.Context(), map[string][]byte{"relative": nil})
	refused(t, err, "relative")
}

// archive makes a tar stream of headers, each with content x.
func archive(t *testing.T, headers ...tar.Header) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range headers {
		if h.Typeflag == tar.TypeReg || h.Typeflag == 0 {
			h.Size = 1
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Size == 1 {
			w.Write([]byte("x"))
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &b
}

func TestPut(t *testing.T) {
	n := startNode(t)
	err := n.Put(t.Context(), "/data", archive(t,
		tar.Header{Name: "./", Typeflag: tar.TypeDir, Mode: 0o755},
		tar.Header{Name: "sub/", Typeflag: tar.TypeDir, Mode: 0o755},
		tar.Header{Name: "sub/tool", Mode: 0o750}))
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(n.root, "data/sub/tool"))
	if err != nil || info.Mode().Perm() != 0o750 {
		t.Errorf("got %v, %v", info, err)
	}
}

func TestPutRefuses(t *testing.T) {
	n := startNode(t)
	outside := t.TempDir()
	if err := os.MkdirAll(filepath.Join(n.root, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(n.root, "data/link")); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		header tar.Header
		wants  string
	}{
		"parent":    {tar.Header{Name: "../evil"}, "../evil"},
		"absolute":  {tar.Header{Name: "/evil"}, "/evil"},
		"inner":     {tar.Header{Name: "a/../../evil"}, "evil"},
		"via link":  {tar.Header{Name: "link/evil"}, "link/evil"},
		"symlink":   {tar.Header{Name: "s", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}, `"s" is neither`},
		"hard link": {tar.Header{Name: "h", Typeflag: tar.TypeLink, Linkname: "x"}, `"h" is neither`},
		"device":    {tar.Header{Name: "d", Typeflag: tar.TypeChar}, `"d" is neither`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			refused(t, n.Put(t.Context(), "/data", archive(t, test.header)), test.wants)
		})
	}
	for _, dir := range []string{outside, filepath.Dir(n.root)} {
		if found, _ := filepath.Glob(filepath.Join(dir, "evil")); len(found) > 0 {
			t.Errorf("escaped to %q", found)
		}
	}
	many := make([]tar.Header, 2001)
	for i := range many {
		many[i] = tar.Header{Name: fmt.Sprint("f", i)}
	}
	refused(t, n.Put(t.Context(), "/many", archive(t, many...)), "more than 2000 files")
	refused(t, n.Put(t.Context(), "/data", bytes.NewReader(bytes.Repeat([]byte("junk"), 500_000))), "archive")
}

func TestGetFollowsNoLinks(t *testing.T) {
	n := startNode(t)
	outside := t.TempDir()
	os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o600)
	os.Mkdir(filepath.Join(n.root, "work"), 0o755)
	os.WriteFile(filepath.Join(n.root, "work/real"), []byte("real"), 0o644)
	os.Symlink(filepath.Join(outside, "secret"), filepath.Join(n.root, "work/file"))
	os.Symlink(outside, filepath.Join(n.root, "work/dir"))
	if err := syscall.Mkfifo(filepath.Join(n.root, "work/pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	files, skipped, err := n.Get(t.Context(), []string{"/work", "/work/dir/secret", "/work/file"}, agent.ReadLimits{Files: 10, Bytes: 100})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 1 || string(files["/work/real"]) != "real" {
		t.Errorf("files %q", files)
	}
	want := []string{"/work/dir", "/work/file", "/work/pipe", "/work/dir", "/work/file"}
	if !slices.Equal(skipped, want) {
		t.Errorf("skipped %q; want %q", skipped, want)
	}
}
