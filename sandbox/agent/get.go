package agent

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// maxSkipped bounds the list of what was skipped, and maxDepth the directories
// within directories.
const (
	maxSkipped = 1000
	maxDepth   = 64
)

// ReadLimits bound what [Client.Get] may return.
type ReadLimits struct {
	Files int   `json:"files"` // At most this many regular files.
	Bytes int64 `json:"bytes"` // In all.
}

type getRequest struct {
	Paths  []string   `json:"paths"`
	Limits ReadLimits `json:"limits"`
}

type getResult struct {
	Skipped []string `json:"skipped"`
	Error   string   `json:"error"`
}

// Get reads regular files below the given absolute paths; symbolic links and
// special files are never followed, not even on the way, but reported by name in
// skipped. A path that does not exist is in neither. Exceeding a limit is an
// [*Error] that names it.
func (c *Client) Get(ctx context.Context, paths []string, limits ReadLimits) (files map[string][]byte, skipped []string, err error) {
	p, err := c.begin(ctx, opGet, getRequest{Paths: paths, Limits: limits})
	if err != nil {
		return nil, nil, err
	}
	defer p.finish()
	if err := p.answer(nil); err != nil {
		return nil, nil, err
	}
	return p.files(limits)
}

// files collects what the agent sends. It believes no promise of the agent's
// about sizes: learners may have tampered with a node.
func (p *call) files(limits ReadLimits) (map[string][]byte, []string, error) {
	files, name, left := map[string][]byte{}, "", limits.Bytes
	for {
		kind, payload, err := p.frame()
		if err != nil {
			return nil, nil, err
		}
		switch kind {
		case frameName:
			name = string(payload)
			files[name] = []byte{}
		case frameData:
			left -= int64(len(payload))
			files[name] = append(files[name], payload...)
		case frameResult:
			var res getResult
			if err := json.Unmarshal(payload, &res); err != nil {
				return nil, nil, err
			}
			if res.Error != "" {
				return nil, nil, &Error{res.Error}
			}
			return files, res.Skipped, nil
		}
		if left < 0 || len(files) > limits.Files {
			return nil, nil, limits.exceeded()
		}
	}
}

func (l ReadLimits) exceeded() error {
	return refuse("more than %d files or %d bytes in all", l.Files, l.Bytes)
}

// get answers opGet.
func (s *server) get(w *wire, body json.RawMessage) error {
	var req getRequest
	if err := json.Unmarshal(body, &req); err != nil {
		return err
	}
	for _, name := range req.Paths {
		if !path.IsAbs(name) {
			return refuse("path %q is relative; give an absolute one", name)
		}
	}
	if err := w.writeLine(response{}); err != nil {
		return err
	}
	var res getResult
	r := &fileReader{w: w, limits: req.Limits, files: req.Limits.Files, bytes: req.Limits.Bytes}
	for _, name := range req.Paths {
		if err := r.path(s.path("/"), path.Clean(name)); err != nil {
			res.Error = err.Error()
			break
		}
	}
	res.Skipped = r.skipped
	w.writeJSON(frameResult, res)
	return nil
}

// fileReader sends files by walking down from a directory with one open call per
// name, none of which follows a link: whoever swaps a directory for a link at the
// wrong moment gains nothing.
type fileReader struct {
	w       *wire
	limits  ReadLimits
	files   int   // Left.
	bytes   int64 // Left.
	skipped []string
}

// path sends what is at the absolute path name below root.
func (r *fileReader) path(root, name string) error {
	dir, err := os.Open(root)
	if err != nil {
		return err
	}
	walked, rest := "/", strings.Split(strings.Trim(name, "/"), "/")
	for len(rest) > 1 {
		walked = path.Join(walked, rest[0])
		next, kind, err := openIn(dir, rest[0])
		dir.Close()
		switch {
		case kind == unix.S_IFDIR:
			dir, rest = next, rest[1:]
			continue
		case next != nil:
			next.Close()
		case errors.Is(err, os.ErrNotExist):
		default:
			return r.skip(walked)
		}
		return nil
	}
	defer dir.Close()
	if name == "/" {
		return r.directory(dir, "/", 0)
	}
	return r.entry(dir, name, 0)
}

// entry sends the file or directory of that name in dir.
func (r *fileReader) entry(dir *os.File, name string, depth int) error {
	f, kind, err := openIn(dir, path.Base(name))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil || f == nil {
		return r.skip(name)
	}
	defer f.Close()
	if kind == unix.S_IFDIR {
		return r.directory(f, name, depth+1)
	}
	return r.file(f, name)
}

func (r *fileReader) directory(dir *os.File, name string, depth int) error {
	if depth > maxDepth {
		return r.skip(name)
	}
	names, err := dir.Readdirnames(r.files + maxSkipped + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return r.skip(name)
	}
	slices.Sort(names)
	for _, base := range names {
		if err := r.entry(dir, path.Join(name, base), depth); err != nil {
			return err
		}
	}
	return nil
}

func (r *fileReader) file(f *os.File, name string) error {
	data, err := io.ReadAll(io.LimitReader(f, r.bytes+1))
	if err != nil {
		return r.skip(name)
	}
	r.files--
	r.bytes -= int64(len(data))
	if r.files < 0 || r.bytes < 0 {
		return r.limits.exceeded()
	}
	if err := r.w.writeFrame(frameName, []byte(name)); err != nil {
		return err
	}
	return r.w.sendAll(frameData, data)
}

func (r *fileReader) skip(name string) error {
	if len(r.skipped) >= maxSkipped {
		return refuse("more than %d links and special files", maxSkipped)
	}
	r.skipped = append(r.skipped, name)
	return nil
}

// openIn opens a regular file or a directory in dir. For anything else the file
// is nil.
func openIn(dir *os.File, base string) (f *os.File, kind uint32, err error) {
	var stat unix.Stat_t
	if err := unix.Fstatat(int(dir.Fd()), base, &stat, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return nil, 0, err
	}
	if kind = stat.Mode & unix.S_IFMT; kind != unix.S_IFREG && kind != unix.S_IFDIR {
		return nil, 0, nil
	}
	// O_NONBLOCK: should it have become a pipe meanwhile, opening must not wait.
	fd, err := unix.Openat(int(dir.Fd()), base, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, 0, err
	}
	f = os.NewFile(uintptr(fd), base)
	if err := unix.Fstat(fd, &stat); err != nil || stat.Mode&unix.S_IFMT != kind {
		f.Close()
		return nil, 0, err
	}
	return f, kind, nil
}
