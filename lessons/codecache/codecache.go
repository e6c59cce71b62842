// Package codecache keeps highlighted code in a file, so that a program which reads
// the same lessons again need not tokenise their code again.
package codecache

import (
	"bufio"
	"encoding/gob"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
)

// The bounds of what is kept.
const (
	MaxEntry = 256 << 10 // Bytes of one block.
	MaxAll   = 64 << 20  // Bytes of all of them.
)

// Cache is highlighted code by a hash of the code and its language. It is safe for
// concurrent use.
type Cache struct {
	file    string
	version string

	mu      sync.Mutex
	entries map[string]string
	used    map[string]bool // Since it was opened.
	size    int
	added   bool
}

// stored is the file's form.
type stored struct {
	Version string
	Entries map[string]string
}

// Open reads the cache of a file. One that is missing, damaged or of another version
// of the highlighter is as good as an empty one, so there is no error.
func Open(file string) *Cache {
	c := &Cache{file: file, version: version(), entries: map[string]string{}, used: map[string]bool{}}
	f, err := os.Open(file)
	if err != nil {
		return c
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() > 2*MaxAll {
		return c
	}
	var read stored
	if gob.NewDecoder(bufio.NewReaderSize(f, 1<<20)).Decode(&read) != nil || read.Version != c.version {
		return c
	}
	if read.Entries != nil {
		c.entries = read.Entries
	}
	for key, html := range c.entries {
		c.size += len(key) + len(html)
	}
	return c
}

// version tells which highlighter this program has, and which form the file has.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "1"
	}
	for _, module := range info.Deps {
		if strings.HasPrefix(module.Path, "github.com/alecthomas/chroma") {
			return "1 " + info.Main.Version + " chroma " + module.Version
		}
	}
	return "1 " + info.Main.Version
}

// Get returns what was put under key.
func (c *Cache) Get(key string) (html string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	html, ok = c.entries[key]
	if ok {
		c.used[key] = true
	}
	return html, ok
}

// Put keeps html under key, unless that would be too much.
func (c *Cache) Put(key, html string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(html) > MaxEntry || c.size+len(key)+len(html) > MaxAll {
		return
	}
	if _, there := c.entries[key]; !there {
		c.size += len(key) + len(html)
	}
	c.entries[key], c.used[key], c.added = html, true, true
}

// Save writes what was used since the cache was opened, if there is anything new.
// The file appears as a whole or not at all.
func (c *Cache) Save() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.added {
		return nil
	}
	keep := make(map[string]string, len(c.used))
	for key := range c.used {
		keep[key] = c.entries[key]
	}
	if err := write(c.file, stored{c.version, keep}); err != nil {
		return fmt.Errorf("keeping highlighted code: %w", err)
	}
	c.added = false
	return nil
}

func write(file string, content stored) (err error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".code-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	out := bufio.NewWriterSize(f, 1<<20)
	err = errors.Join(gob.NewEncoder(out).Encode(content), out.Flush(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	return err
}
