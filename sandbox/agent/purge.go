package agent

import (
	"errors"
	"io/fs"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// listing is how many names of a directory are read at a time.
const listing = 512

// purge empties the directory at path. Nothing below it is safe from being hostile:
// directories without permissions, names as long as they get, and trees deeper than
// any path. So a directory that lies in another is first moved up, and none is ever
// reached over more than one step. Nothing else may write there meanwhile.
func purge(path string) error {
	dir, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer dir.Close()
	p := purger{top: int(dir.Fd())}
	for {
		if _, err := dir.Seek(0, 0); err != nil {
			return err
		}
		names, _ := dir.Readdirnames(listing)
		if len(names) == 0 {
			return nil
		}
		for _, name := range names {
			if err := p.remove(name); err != nil {
				return err
			}
		}
	}
}

// purger empties one directory.
type purger struct {
	top   int // Its descriptor.
	moved int // Directories that were moved up so far.
}

// remove deletes an entry of the directory.
func (p *purger) remove(name string) error {
	err := unix.Unlinkat(p.top, name, 0)
	if err == nil || errors.Is(err, unix.ENOENT) {
		return nil
	}
	if !errors.Is(err, unix.EISDIR) && !errors.Is(err, unix.EPERM) {
		return &os.PathError{Op: "remove", Path: name, Err: err}
	}
	if err := p.empty(name); err != nil {
		return err
	}
	if err := unix.Unlinkat(p.top, name, unix.AT_REMOVEDIR); err != nil {
		return &os.PathError{Op: "remove", Path: name, Err: err}
	}
	return nil
}

// empty deletes the files of a directory and moves its directories up.
func (p *purger) empty(name string) error {
	if err := unix.Fchmodat(p.top, name, 0o700, 0); err != nil {
		return &os.PathError{Op: "chmod", Path: name, Err: err}
	}
	fd, err := unix.Openat(p.top, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: name, Err: err}
	}
	dir := os.NewFile(uintptr(fd), name)
	defer dir.Close()
	for {
		if _, err := dir.Seek(0, 0); err != nil {
			return err
		}
		names, _ := dir.Readdirnames(listing)
		if len(names) == 0 {
			return nil
		}
		for _, inner := range names {
			if err := p.lift(fd, inner); err != nil {
				return &os.PathError{Op: "remove", Path: name + "/" + inner, Err: err}
			}
		}
	}
}

// lift deletes a file of a directory, or moves a directory up.
func (p *purger) lift(from int, name string) error {
	err := unix.Unlinkat(from, name, 0)
	if !errors.Is(err, unix.EISDIR) && !errors.Is(err, unix.EPERM) {
		return err
	}
	if err := unix.Fchmodat(from, name, 0o700, 0); err != nil {
		return err
	}
	for {
		p.moved++
		err := unix.Renameat2(from, name, p.top, ".purge-"+strconv.Itoa(p.moved), unix.RENAME_NOREPLACE)
		if !errors.Is(err, unix.EEXIST) {
			return err
		}
	}
}
