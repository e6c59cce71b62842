package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestPurge empties folders that were made to resist it.
func TestPurge(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte("stays"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		make func(t *testing.T, dir string)
	}{
		{"nothing", func(*testing.T, string) {}},
		{"many", func(t *testing.T, dir string) {
			for i := range 2000 {
				must(t, os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), nil, 0o600))
			}
		}},
		{"links", func(t *testing.T, dir string) {
			must(t, os.Symlink(outside, filepath.Join(dir, "file")))
			must(t, os.Symlink(filepath.Dir(outside), filepath.Join(dir, "folder")))
			must(t, os.Symlink("loop", filepath.Join(dir, "loop")))
			must(t, unix.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
		}},
		{"locked", func(t *testing.T, dir string) {
			inner := filepath.Join(dir, "a", "b")
			must(t, os.MkdirAll(inner, 0o700))
			must(t, os.WriteFile(filepath.Join(inner, "c"), nil, 0))
			must(t, os.Chmod(inner, 0))
			must(t, os.Chmod(filepath.Dir(inner), 0))
		}},
		{"deep", func(t *testing.T, dir string) {
			fd, err := unix.Open(dir, unix.O_DIRECTORY, 0)
			for range 300 { // Deeper than a path may be long.
				must(t, err)
				name := strings.Repeat("d", 250)
				must(t, unix.Mkdirat(fd, name, 0o700))
				next, openErr := unix.Openat(fd, name, unix.O_DIRECTORY, 0)
				must(t, unix.Close(fd))
				fd, err = next, openErr
			}
			must(t, unix.Close(fd))
		}},
		{"names of its own", func(t *testing.T, dir string) {
			for i := range 5 {
				must(t, os.MkdirAll(filepath.Join(dir, fmt.Sprintf(".purge-%d", i), "in", "it"), 0o700))
			}
			must(t, os.WriteFile(filepath.Join(dir, ".purge-9"), nil, 0o600))
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			test.make(t, dir)
			if err := purge(dir); err != nil {
				t.Fatal(err)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("left: %v, %v", left, err)
			}
		})
	}
	if text, err := os.ReadFile(outside); err != nil || string(text) != "stays" {
		t.Errorf("a file outside: %q, %v", text, err)
	}
	if err := purge(filepath.Join(t.TempDir(), "none")); err != nil {
		t.Errorf("a folder that is not there: %v", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
