package lessons

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"pattarai/lessons/markdown"
	"pattarai/lessons/problem"
)

// The bounds of a lesson's folder.
const (
	MaxFile     = 64 << 10 // Bytes of one file of files/ or solutions/.
	MaxAsset    = 1 << 20  // Bytes of any other file.
	maxFiles    = 500
	maxFolder   = 16 << 20
	maxFolderIn = 12 // Folders within folders.
)

// signature tells cheaply whether a folder changed: names, sizes and times of
// its files.
type signature struct {
	sum   [sha256.Size]byte
	taken time.Time
	last  time.Time // The youngest file's.
}

// settled tells whether a change after the signature was taken must have given
// a file another time. It is false when files have no times.
func (s signature) settled() bool { return !s.last.IsZero() && s.taken.Sub(s.last) > 2*time.Second }

// reader reads one lesson's folder.
type reader struct {
	fsys     fs.FS
	validate Validate
	code     markdown.Cache
	folder   *folder
	names    []string          // Of its files, sorted, relative to the folder.
	data     map[string][]byte // Their contents.
	hash     string
	walked   problem.List    // What the walk found.
	cut      bool            // The folder is too large, and only a part of it is in names.
	steps    []markdown.Step // Of lesson.md, which translations are compared with.
}

func newReader(fsys fs.FS, work *folder, o Options) *reader {
	return &reader{fsys: fsys, validate: o.Validate, code: o.Code, folder: &folder{course: work.course, dir: work.dir}, data: map[string][]byte{}}
}

// walk lists the folder's files without reading them. Symbolic links are
// reported and never followed.
func (r *reader) walk() {
	sum := sha256.New()
	r.folder.signature.taken = time.Now() //nolint:forbidigo // The clock of the files' times.
	total := int64(0)
	err := fs.WalkDir(r.fsys, r.folder.dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative := strings.TrimPrefix(strings.TrimPrefix(name, r.folder.dir), "/")
		if relative != "" && junk(entry.Name()) {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if entry.IsDir() {
			if strings.Count(relative, "/") > maxFolderIn {
				r.found(name, "too-deep", "a folder "+clip(relative), fmt.Sprintf("at most %d folders within each other", maxFolderIn), "move it up")
				return fs.SkipDir
			}
			return nil
		}
		if !entry.Type().IsRegular() {
			r.walked = append(r.walked, symlink(name))
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if !r.size(name, relative, info.Size()) {
			return nil
		}
		total += info.Size()
		if len(r.names) >= maxFiles || total > maxFolder {
			r.found(r.folder.dir, "folder-size", "the lesson's folder is too large", fmt.Sprintf("at most %d files and %d bytes", maxFiles, maxFolder), "remove files the lesson does not need")
			r.cut = true
			return fs.SkipAll
		}
		r.names = append(r.names, relative)
		fmt.Fprintf(sum, "%s\x00%d\x00%d\n", relative, info.Size(), info.ModTime().UnixNano())
		if info.ModTime().After(r.folder.signature.last) {
			r.folder.signature.last = info.ModTime()
		}
		return nil
	})
	if err != nil {
		r.found(r.folder.dir, "unreadable", err.Error(), "", "check the folder's permissions")
	}
	sum.Sum(r.folder.signature.sum[:0])
}

// junk is what editors and interpreters leave behind.
func junk(name string) bool {
	return name == ".DS_Store" || name == "__pycache__" || name == ".git" || strings.HasSuffix(name, "~") ||
		strings.HasSuffix(name, ".swp") || strings.HasPrefix(name, ".#")
}

func (r *reader) size(name, relative string, size int64) bool {
	most := int64(MaxAsset)
	if strings.HasPrefix(relative, "files/") || strings.HasPrefix(relative, "solutions/") {
		most = MaxFile
	}
	if size > most {
		r.found(name, "file-size", fmt.Sprintf("a file of %d bytes", size), fmt.Sprintf("at most %d here", most), "make it smaller, or generate it in the lab")
		return false
	}
	return true
}

func (r *reader) found(file, code, found, allowed, fix string) {
	r.walked = append(r.walked, problem.Problem{File: file, Code: code, Severity: problem.Error, Found: found, Allowed: allowed, Fix: fix})
}

// unchanged tells whether the folder is as old found it. It reads the files only
// when their times cannot tell.
func (r *reader) unchanged(old *folder) bool {
	if r.folder.signature.sum == old.signature.sum && old.signature.settled() {
		return true
	}
	r.load()
	return len(r.walked) == 0 && r.hash == old.hash
}

// load reads all files and computes the folder's hash.
func (r *reader) load() {
	if r.hash != "" {
		return
	}
	sum := sha256.New()
	for _, name := range r.names {
		data, err := readBounded(r.fsys, path.Join(r.folder.dir, name), MaxAsset)
		if err != nil {
			r.found(path.Join(r.folder.dir, name), "unreadable", err.Error(), "", "check the file's permissions")
			continue
		}
		r.data[name] = data
		fmt.Fprintf(sum, "%d %s %d\n", len(name), name, len(data))
		sum.Write(data)
	}
	r.hash = hex.EncodeToString(sum.Sum(nil))
	r.folder.hash = r.hash
}

// readBounded reads a file of at most most bytes.
func readBounded(fsys fs.FS, name string, most int64) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() // Only read.
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(data)) > most {
		return nil, fmt.Errorf("the file has more than %d bytes", most)
	}
	return data, err
}
