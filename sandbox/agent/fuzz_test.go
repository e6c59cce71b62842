package agent

import (
	"archive/tar"
	"bytes"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"testing"
)

// readOnly is a connection that has only bytes to read.
type readOnly struct {
	net.Conn
	r *bytes.Reader
}

func (c readOnly) Read(p []byte) (int, error) { return c.r.Read(p) }

func FuzzWire(f *testing.F) {
	f.Add([]byte("{\"op\":\"hello\"}\nd\x00\x00\x00\x02ab.\x00\x00\x00\x00"))
	f.Add([]byte("{}\nd\xff\xff\xff\xff"))
	f.Add(bytes.Repeat([]byte("x"), 10000))
	f.Fuzz(func(t *testing.T, data []byte) {
		w := newWire(readOnly{r: bytes.NewReader(data)})
		var req request
		if w.readLine(&req) != nil {
			return
		}
		for {
			_, payload, err := w.readFrame()
			if err != nil {
				return
			}
			if len(payload) > maxFrame || len(payload) > len(data) {
				t.Fatalf("payload of %d bytes out of %d", len(payload), len(data))
			}
		}
	})
}

func FuzzUnpack(f *testing.F) {
	for _, h := range []tar.Header{{Name: "a/b", Size: 1, Mode: 0o644}, {Name: "../x", Size: 1}, {Name: "l", Typeflag: tar.TypeSymlink, Linkname: "/etc"}} {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		w.WriteHeader(&h)
		w.Write([]byte("x"))
		w.Flush()
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		outer := t.TempDir()
		inner := filepath.Join(outer, "in")
		if err := os.Mkdir(inner, 0o755); err != nil {
			t.Fatal(err)
		}
		root, err := os.OpenRoot(inner)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		unpack(root, bytes.NewReader(data))
		if entries, _ := os.ReadDir(outer); len(entries) != 1 {
			t.Fatalf("escaped: %v", entries)
		}
		filepath.WalkDir(inner, func(path string, d fs.DirEntry, err error) error {
			if d != nil && !d.IsDir() && !d.Type().IsRegular() {
				t.Errorf("made %s, a %s", path, d.Type())
			}
			return nil
		})
	})
}

func FuzzRing(f *testing.F) {
	f.Add([]byte("abcdefgh"), 3)
	f.Fuzz(func(t *testing.T, data []byte, step int) {
		if step < 1 {
			return
		}
		r := ring{max: 16}
		for rest := data; len(rest) > 0; {
			n := min(step, len(rest))
			r.Write(rest[:n])
			rest = rest[n:]
		}
		if got := r.tail(16); !bytes.HasSuffix(data, got) || len(got) < min(len(data), 12) {
			t.Fatalf("tail %q of %q", got, data)
		}
	})
}
