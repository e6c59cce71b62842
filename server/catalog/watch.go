package catalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
	debounce   = 15 * time.Millisecond  // Editors write a file in several steps.
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
	w.reload() // What changed before the folders were watched.
	return w.run(ctx)
}

type watch struct {
	catalog  *Catalog
	watcher  *fsnotify.Watcher
	onChange func(*Snapshot)
	timer    *time.Timer
	first    time.Time // Of the changes not yet loaded; zero when there are none.
	folders  int
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
			w.soon() // Some changes were lost: read everything.
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
	if err := w.catalog.Reload(); err != nil {
		return // The root is being replaced; the next change tries again.
	}
	if after := w.catalog.Current(); after.Version != before.Version || !sameProblems(before, after) {
		w.onChange(after)
	}
}
