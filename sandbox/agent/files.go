package agent

import (
	"archive/tar"
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Bounds of one [Client.Put].
const (
	maxPutBytes = 64 << 20
	maxPutFiles = 2000
)

type putRequest struct {
	Dir string `json:"dir"`
}

// Put unpacks a tar stream below dir, replacing files atomically (write beside,
// rename). Regular files and directories only; anything else is refused by name,
// as are paths that lead out of dir and more than 64 MiB or 2000 entries. The
// entries before a refused one have been written.
func (c *Client) Put(ctx context.Context, dir string, tar io.Reader) error {
	return c.put(ctx, dir, func(w *wire) error {
		// A little more than the agent takes, so that the agent does the refusing.
		_, err := io.Copy(frameWriter{w}, io.LimitReader(tar, maxPutBytes*2))
		if err != nil {
			return err
		}
		return w.writeFrame(frameEnd, nil)
	})
}

// PutFiles writes files by absolute path, each atomically, creating directories.
// Files keep the permissions they have; new ones get 0644. No symbolic link with
// an absolute target may be on the way.
func (c *Client) PutFiles(ctx context.Context, files map[string][]byte) error {
	below := make(map[string][]byte, len(files))
	for name, data := range files {
		if !path.IsAbs(name) {
			return refuse("path %q is relative; give an absolute one", name)
		}
		below[strings.TrimPrefix(path.Clean(name), "/")] = data
	}
	return c.put(ctx, "/", func(w *wire) error { return sendFiles(w, below) })
}

func (c *Client) put(ctx context.Context, dir string, send func(*wire) error) error {
	p, err := c.begin(ctx, opPut, putRequest{dir})
	if err != nil {
		return err
	}
	defer p.finish()
	if err := send(p.wire); err != nil {
		return p.failure(err)
	}
	return p.answer(nil)
}

// sendFiles sends files as a tar stream and an end frame.
func sendFiles(w *wire, files map[string][]byte) error {
	buf := bufio.NewWriterSize(frameWriter{w}, chunkSize)
	archive := tar.NewWriter(buf)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := archive.WriteHeader(&tar.Header{Name: name, Size: int64(len(files[name])), Format: tar.FormatPAX}); err != nil {
			return refuse("file %q: %s", name, err)
		}
		if _, err := archive.Write(files[name]); err != nil {
			return err
		}
	}
	if err := errors.Join(archive.Close(), buf.Flush()); err != nil {
		return err
	}
	return w.writeFrame(frameEnd, nil)
}

// put answers opPut.
func (s *server) put(w *wire, body json.RawMessage) error {
	in := &frameReader{w: w}
	defer in.drain()
	var req putRequest
	if err := json.Unmarshal(body, &req); err != nil {
		return err
	}
	dir := s.path(req.Dir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return refuse("%s", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return refuse("%s", err)
	}
	defer root.Close()
	if err := unpack(root, in); err != nil {
		return err
	}
	in.drain()
	return w.writeLine(response{})
}

// unpack writes the files and directories of a tar stream below root.
func unpack(root *os.Root, r io.Reader) error {
	archive := tar.NewReader(r)
	var total int64
	for n := 0; ; n++ {
		entry, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the archive: %w", err)
		}
		total += max(entry.Size, 0)
		switch {
		case n >= maxPutFiles:
			return refuse("more than %d files; send fewer at a time", maxPutFiles)
		case total > maxPutBytes:
			return refuse("more than %d MiB; send less at a time", maxPutBytes>>20)
		}
		if err := unpackEntry(root, entry, archive); err != nil {
			return err
		}
	}
}

func unpackEntry(root *os.Root, entry *tar.Header, content io.Reader) error {
	name := path.Clean(entry.Name)
	if !filepath.IsLocal(name) {
		return refuse("path %q leads out of the directory", entry.Name)
	}
	perm := fs.FileMode(entry.Mode) & fs.ModePerm
	var err error
	switch {
	case entry.Typeflag == tar.TypeDir:
		err = root.MkdirAll(name, 0o755)
	case entry.Typeflag != tar.TypeReg:
		return refuse("%q is neither a file nor a directory", entry.Name)
	default:
		err = writeFile(root, name, perm, content)
	}
	if err != nil {
		return refuse("write %s: %s", entry.Name, err)
	}
	return nil
}

// writeFile puts a file into place atomically: a reader sees the old content or
// the new. perm 0 keeps the permissions of the file that it replaces.
func writeFile(root *os.Root, name string, perm fs.FileMode, content io.Reader) error {
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	if perm == 0 {
		perm = permissions(root, name)
	}
	temp, file, err := createBeside(root, name)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	// Chmod, because the umask may not take permissions away.
	err = errors.Join(err, file.Chmod(perm), file.Close())
	if err == nil {
		err = root.Rename(temp, name)
	}
	if err != nil {
		root.Remove(temp)
	}
	return err
}

// permissions of an existing regular file, or 0644.
func permissions(root *os.Root, name string) fs.FileMode {
	if info, err := root.Lstat(name); err == nil && info.Mode().IsRegular() {
		return info.Mode().Perm()
	}
	return 0o644
}

// createBeside makes a new file in the directory of name.
func createBeside(root *os.Root, name string) (temp string, file *os.File, err error) {
	for i := range 100 {
		temp = path.Join(path.Dir(name), ".pattarai-"+strconv.Itoa(os.Getpid())+"-"+strconv.Itoa(i))
		file, err = root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	return temp, file, err
}
