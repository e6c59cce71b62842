// Package compare shows how two versions of a learner's files differ, line by line.
package compare

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aymanbagabas/go-udiff"
)

const (
	around   = 3       // Equal lines shown before and after a change.
	maxLines = 2000    // Shown of one file.
	maxBytes = 1 << 20 // Compared of one file, both versions together.
)

// File is a file that differs.
type File struct {
	Path           string
	New, Gone      bool // It is in one version only.
	Added, Removed int  // Lines.
	Unshown        bool // It is not text, or too long: it differs, and more cannot be said; or only its first differences are in Parts.
	Parts          []Part
}

// Part is a run of lines with a change in it.
type Part struct{ Lines []Line }

// Line is a line of either version, or of both.
type Line struct {
	Kind     Kind
	Old, New int // Its number in each version, from 1; 0 when it is not there.
	Text     string
	NoEnd    bool // The file ends here, without an end of line.
}

// Kind tells which versions have a line.
type Kind string

// The kinds.
const (
	Same    Kind = "same"
	Added   Kind = "added"
	Removed Kind = "removed"
)

// Files compares two versions of a set of files, by path. Files that are the same
// are left out.
func Files(old, now map[string][]byte) []File {
	paths := maps.Clone(old)
	if paths == nil {
		paths = map[string][]byte{}
	}
	maps.Copy(paths, now)
	var out []File
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		before, was := old[path]
		after, is := now[path]
		if was == is && bytes.Equal(before, after) {
			continue
		}
		file := File{Path: path, New: !was, Gone: !is}
		file.compare(before, after)
		out = append(out, file)
	}
	return out
}

func (f *File) compare(before, after []byte) {
	if len(before)+len(after) > maxBytes || !isText(before) || !isText(after) {
		f.Unshown = true
		return
	}
	old := string(before)
	unified, err := udiff.ToUnifiedDiff("", "", old, udiff.Lines(old, string(after)), around)
	if err != nil { // Edits that it made itself do not fit: a defect of the library.
		f.Unshown = true
		return
	}
	shown := 0
	for _, hunk := range unified.Hunks {
		part := Part{}
		oldLine, newLine := hunk.FromLine, hunk.ToLine
		for _, l := range hunk.Lines {
			line := lineOf(l.Kind, l.Content, &oldLine, &newLine)
			f.count(line.Kind)
			if shown++; shown <= maxLines {
				part.Lines = append(part.Lines, line)
			}
		}
		if len(part.Lines) > 0 {
			f.Parts = append(f.Parts, part)
		}
	}
	f.Unshown = shown > maxLines
}

func (f *File) count(k Kind) {
	switch k {
	case Added:
		f.Added++
	case Removed:
		f.Removed++
	case Same:
	}
}

// lineOf numbers a line and counts on in the versions that have it.
func lineOf(kind udiff.OpKind, content string, oldLine, newLine *int) Line {
	text, ended := strings.CutSuffix(content, "\n")
	line := Line{Kind: Same, Old: *oldLine, New: *newLine, Text: text, NoEnd: !ended}
	switch kind {
	case udiff.Insert:
		line.Kind, line.Old = Added, 0
		*newLine++
	case udiff.Delete:
		line.Kind, line.New = Removed, 0
		*oldLine++
	case udiff.Equal:
		*oldLine++
		*newLine++
	}
	return line
}

func isText(b []byte) bool { return utf8.Valid(b) && !bytes.ContainsRune(b, 0) }
