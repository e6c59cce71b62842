package catalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Dir is a content root on disk, which can be watched. Nothing outside of the
// folder can be read through it. Close it when the catalog is no longer used.
type Dir struct {
	fs.FS
	root *os.Root
}

// OpenDir opens a folder as a content root.
func OpenDir(path string) (*Dir, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("opening the content folder: %w", err)
	}
	return &Dir{FS: root.FS(), root: root}, nil
}

// Close releases the folder.
func (d *Dir) Close() error { return d.root.Close() }

// ReadDir implements [fs.ReadDirFS].
func (d *Dir) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(d.FS, name) }

// Stat implements [fs.StatFS].
func (d *Dir) Stat(name string) (fs.FileInfo, error) { return fs.Stat(d.FS, name) }

const (
	debounce   = 10 * time.Millisecond  // Editors write a file in several steps.
	patience   = 250 * time.Millisecond // The longest a stream of changes can put off a reload.
	maxWatched = 20_000                 // Folders.
)

// Watch reloads the catalog whenever a file below one of its roots of type [*Dir]
// changes, and calls onChange with the new snapshot. It returns when ctx ends
// (with nil) or when watching fails. A reload that fails keeps the last snapshot
// and is tried again at the next change.
func (c *Catalog) Watch(ctx context.Context, onChange func(*Snapshot)) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watching the content: %w", err)
	}
	defer watcher.Close()
	w := &watch{catalog: c, watcher: watcher, onChange: onChange, timer: time.NewTimer(time.Hour)}
	defer w.timer.Stop()
	for _, root := range c.roots {
		if dir, ok := root.(*Dir); ok {
			if err := w.add(dir.root.Name()); err != nil {
				return fmt.Errorf("watching the content: %w", err)
			}
		}
	}
	w.changes.all = true // What changed before the folders were watched.
	w.reload()
	return w.run(ctx)
}

type watch struct {
	catalog  *Catalog
	watcher  *fsnotify.Watcher
	onChange func(*Snapshot)
	timer    *time.Timer
	first    time.Time // Of the changes not yet loaded; zero when there are none.
	changes  changes   // What they were.
	folders  int
}

// changes are the names that changed below the roots, as the watcher tells them.
type changes struct {
	names []string
	all   bool // Nobody knows which.
}

// maxChanges is how many names are remembered; a checkout of a branch is "all".
const maxChanges = 200

func (c *changes) add(name string) {
	if c.all = c.all || len(c.names) >= maxChanges; !c.all {
		c.names = append(c.names, filepath.Clean(name))
	}
}

// in tells whether a lesson's folder may have changed: something of it or below
// it, or a folder that holds it.
func (c changes) in(root fs.FS, dir string) bool {
	disk, ok := root.(*Dir)
	if !ok {
		return false // It is part of the program.
	}
	folder := filepath.Join(disk.root.Name(), filepath.FromSlash(dir))
	return c.all || slices.ContainsFunc(c.names, func(name string) bool {
		return within(name, folder) || within(folder, name)
	})
}

// within tells whether name is the folder or below it.
func within(name, folder string) bool {
	return name == folder || strings.HasPrefix(name, folder+string(filepath.Separator))
}

// add watches a folder and everything below it.
func (w *watch) add(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // It went away meanwhile.
		}
		if err != nil || !entry.IsDir() {
			return err
		}
		if path != dir && strings.HasPrefix(entry.Name(), ".") {
			return fs.SkipDir
		}
		if w.folders++; w.folders > maxWatched {
			return fmt.Errorf("more than %d folders below %s", maxWatched, dir)
		}
		return w.watcher.Add(path)
	})
}

func (w *watch) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case event, ok := <-w.watcher.Events:
			if !ok {
				return errors.New("watching the content stopped")
			}
			if err := w.changed(event); err != nil {
				return fmt.Errorf("watching the content: %w", err)
			}
		case err := <-w.watcher.Errors:
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				return fmt.Errorf("watching the content: %w", err)
			}
			w.changes.all = true // Some were lost.
			w.soon()
		case <-w.timer.C:
			w.reload()
		}
	}
}

func (w *watch) changed(event fsnotify.Event) error {
	if event.Op == fsnotify.Chmod {
		return nil
	}
	if event.Has(fsnotify.Create) {
		if info, err := os.Lstat(event.Name); err == nil && info.IsDir() {
			if err := w.add(event.Name); err != nil {
				return err
			}
		}
	}
	w.changes.add(event.Name)
	w.soon()
	return nil
}

// soon sets the timer for a reload; every change puts it off, up to patience.
func (w *watch) soon() {
	now := time.Now() //nolint:forbidigo // It sets a timer.
	if w.first.IsZero() {
		w.first = now
	}
	w.timer.Reset(max(0, min(debounce, patience-now.Sub(w.first))))
}

func (w *watch) reload() {
	w.first = time.Time{}
	before := w.catalog.Current()
	if err := w.catalog.refresh(w.changes.in); err != nil {
		w.changes.all = true
		return // The root is being replaced; the next change tries again.
	}
	w.changes = changes{}
	if after := w.catalog.Current(); after.Version != before.Version || !sameProblems(before, after) {
		w.onChange(after)
	}
}
