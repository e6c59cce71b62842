// Package yamldoc reads a YAML file that an author wrote as a tree in which every
// value knows its place, so that whatever is wrong with it can be said with line
// and column. It is the reading half of packages compose and check.
//
// The tree is bounded in size, depth and (aliases followed) number of values, has
// no duplicate keys, no custom tags and one document; aliases and merge keys are
// already resolved.
package yamldoc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"pattarai/lessons/problem"
)

// The bounds of a file.
const (
	MaxBytes  = 64 << 10
	MaxDepth  = 30
	MaxValues = 10_000 // With every alias followed.
)

// Doc collects the problems of one file.
type Doc struct {
	File     string
	Problems problem.List
	lines    [][]byte
}

// Read reads the file called name in fsys. ok is false when nothing of it could be
// read; the problems then say why. With ok true there may be problems too.
func Read(fsys fs.FS, name string) (doc *Doc, root Value, ok bool) {
	doc = &Doc{File: name}
	data, ok := doc.load(fsys)
	if !ok {
		return doc, Value{}, false
	}
	node, ok := doc.decode(data)
	if !ok {
		return doc, Value{}, false
	}
	x := expander{doc: doc}
	tree := x.expand(node, 0)
	if tree == nil {
		return doc, Value{}, false
	}
	return doc, Value{doc: doc, node: tree}, true
}

// Add notes an error at a line and column of the file.
func (d *Doc) Add(line, col int, code, found, allowed, fix string) {
	d.Problems = append(d.Problems, problem.Problem{
		File: d.File, Line: line, Col: col, Code: code, Severity: problem.Error,
		Found: found, Allowed: allowed, Fix: fix,
	})
}

// addNode notes an error at a node.
func (d *Doc) addNode(n *yaml.Node, code, found, allowed, fix string) {
	d.Add(n.Line, d.byteColumn(n.Line, n.Column), code, found, allowed, fix)
}

// byteColumn turns a column counted in characters into one counted in bytes.
func (d *Doc) byteColumn(line, col int) int {
	if line < 1 || line > len(d.lines) {
		return col
	}
	rest := d.lines[line-1]
	bytesBefore := 0
	for range col - 1 {
		_, size := utf8.DecodeRune(rest[bytesBefore:])
		bytesBefore += size
	}
	return bytesBefore + 1
}

// load reads the bytes and refuses what no YAML text may contain.
func (d *Doc) load(fsys fs.FS) ([]byte, bool) {
	info, err := fs.Stat(fsys, d.File)
	switch {
	case err != nil:
		d.Add(0, 0, "file-missing", fmt.Sprintf("the file cannot be read: %v", rootCause(err)), "", "create it beside lesson.md")
		return nil, false
	case info.Size() > MaxBytes:
		d.Add(0, 0, "file-too-large", fmt.Sprintf("the file has %d bytes", info.Size()),
			fmt.Sprintf("at most %d are allowed", MaxBytes), "move data into files/")
		return nil, false
	}
	data, err := fs.ReadFile(fsys, d.File)
	if err != nil {
		d.Add(0, 0, "file-missing", fmt.Sprintf("the file cannot be read: %v", rootCause(err)), "", "make it readable")
		return nil, false
	}
	data = bytes.ReplaceAll(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), []byte("\r\n"), []byte("\n"))
	d.lines = bytes.Split(data, []byte("\n"))
	return data, d.onlyText()
}

// rootCause is the reason of a path error without the path, which the problem names.
func rootCause(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	return err
}

// onlyText finds the first byte that is no text.
func (d *Doc) onlyText() bool {
	for i, line := range d.lines {
		for col := 0; col < len(line); {
			r, size := utf8.DecodeRune(line[col:])
			if r == utf8.RuneError && size == 1 {
				d.Add(i+1, col+1, "not-utf8", fmt.Sprintf("the byte 0x%02x is not UTF-8", line[col]),
					"only UTF-8 text is allowed", "save the file as UTF-8")
				return false
			}
			if r < ' ' && r != '\t' || r == 0x7f {
				d.Add(i+1, col+1, "control-character", fmt.Sprintf("the control character U+%04X", r),
					"only text is allowed", "delete it")
				return false
			}
			col += size
		}
	}
	return true
}

// decode parses exactly one document.
func (d *Doc) decode(data []byte) (*yaml.Node, bool) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var first, second yaml.Node
	if err := decoder.Decode(&first); err != nil {
		d.syntax(err)
		return nil, false
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		d.Add(second.Line, 0, "second-document", fmt.Sprintf("a second YAML document starts at line %d", second.Line),
			"a file is one document", "remove the line \"---\"")
	case !errors.Is(err, io.EOF):
		d.syntax(err)
		return nil, false
	}
	return first.Content[0], true
}

var parserLine = regexp.MustCompile(`line (\d+): (.*)`)

// syntax explains an error of the YAML parser.
func (d *Doc) syntax(err error) {
	if errors.Is(err, io.EOF) {
		d.Add(1, 1, "empty-file", "the file is empty", "", "write it, or delete the file")
		return
	}
	for i, line := range d.lines {
		indent := line[:len(line)-len(bytes.TrimLeft(line, " \t"))]
		if tab := bytes.IndexByte(indent, '\t'); tab >= 0 {
			d.Add(i+1, tab+1, "tab", "a tab in the indentation", "YAML is indented with spaces", "replace the tab by two spaces")
			return
		}
	}
	line, text := 1, strings.TrimPrefix(err.Error(), "yaml: ")
	if m := parserLine.FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1]) // The pattern allows digits only.
		text = m[2]
	}
	fix := "check indentation, colons and quotes near this line"
	if strings.HasPrefix(text, "mapping values are not allowed") {
		fix = "quote text that contains a colon and a blank, or correct the indentation"
	}
	d.Add(min(max(line, 1), len(d.lines)), 0, "yaml", "not YAML: "+text, "", fix)
}
