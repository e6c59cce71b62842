package sqlite_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pattarai/server/store"
	"pattarai/server/store/sqlite"
	"pattarai/server/store/storetest"
)

func open(t testing.TB, path string) *store.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) *store.Store {
		return open(t, filepath.Join(t.TempDir(), "data", "a b%20c?d.db"))
	})
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte(strings.Repeat("no database. ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	newer := filepath.Join(dir, "newer.db")
	execute(t, newer, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)`)
	for name, tt := range map[string]struct {
		path string
		want []string
	}{
		"a folder below a file": {filepath.Join(file, "x", "p.db"), []string{"cannot make the data folder", filepath.Join(file, "x"), "not a directory", "--data"}},
		"a folder":              {dir, []string{"cannot write the database", dir, "is a directory"}},
		"no database":           {file, []string{file, "damaged, or is not one", "backup"}},
		"a newer schema":        {newer, []string{newer, "version 9999", "versions up to", "newer pattarai"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := sqlite.Open(t.Context(), tt.path, nil)
			if err == nil {
				s.Close(t.Context())
				t.Fatal("opened")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

func TestOpenRefusesDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.db")
	s := open(t, path)
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte(strings.Repeat("\xff", 8192)), 8192); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err := sqlite.Open(t.Context(), path, nil); err == nil {
		s.Close(t.Context())
		t.Fatal("opened a damaged database")
	} else if !strings.Contains(err.Error(), "damaged") {
		t.Errorf("%q does not say that the file is damaged", err)
	}
}

func TestReopenKeeps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.db")
	execute(t, path, `INSERT INTO learners VALUES ('ann', '', 1, 0)`)
	open(t, path)
	db := raw(t, path)
	var n int
	if err := db.QueryRow(`SELECT COUNT(*) FROM learners`).Scan(&n); err != nil || n != 1 {
		t.Errorf("after opening again there are %d learners, %v; want 1", n, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the database's mode is %v, %v; want -rw-------", info.Mode(), err)
	}
}

// raw opens the file beside the store.
func raw(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// execute makes a database and changes it behind the store's back.
func execute(t *testing.T, path, statement string) {
	t.Helper()
	s := open(t, path)
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := raw(t, path).Exec(statement); err != nil {
		t.Fatal(err)
	}
}
