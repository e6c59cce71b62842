package markdown

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"

	"pattarai/lessons/problem"
)

// fence is what the line that opens a block says.
type fence struct {
	lang  string
	runs  bool
	node  string
	file  string
	title string
}

var (
	fenceWord  = regexp.MustCompile(`([^\s="]+)(?:=(?:"([^"]*)"|(\S*)))?`)
	nodeName   = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)
	langName   = regexp.MustCompile(`^[A-Za-z0-9+#._-]{1,30}$`)
	runnable   = []string{"bash", "sh", "python", "sql"}
	fenceAttrs = []string{"run", "file", "title"}
)

// fenced replaces a fenced block by a code node.
func (b *builder) fenced(n *ast.FencedCodeBlock) *code {
	line, _ := b.places.at(n.Pos())
	c := &code{text: blockText(n, b.in.Source), line: line, cache: b.in.Cache}
	if n.Info != nil {
		c.fence = b.info(string(n.Info.Segment.Value(b.in.Source)), n.Info.Segment.Start)
	}
	b.closed(n, line)
	b.hidden(n)
	if c.runs {
		c.run = fmt.Sprintf("run-%d", len(b.document.Runs)+1)
		b.document.Runs = append(b.document.Runs, Run{ID: c.run, Node: c.node, Lang: c.lang, Code: c.text, Line: line})
	}
	if c.file != "" {
		b.document.Edits = append(b.document.Edits, Anchor{Name: c.file, Line: line})
	}
	return c
}

func blockText(n ast.Node, source []byte) string {
	var out strings.Builder
	for i := range n.Lines().Len() {
		segment := n.Lines().At(i)
		out.Write(segment.Value(source))
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// info reads an info string such as `bash run=client title="Ask twice"`.
func (b *builder) info(text string, offset int) fence {
	var f fence
	for i, m := range fenceWord.FindAllStringSubmatchIndex(text, -1) {
		name := text[m[2]:m[3]]
		value, given := "", false
		for _, g := range []int{4, 6} {
			if m[g] >= 0 {
				value, given = text[m[g]:m[g+1]], true
			}
		}
		if i == 0 && !given {
			f.lang = b.language(name, offset)
			continue
		}
		b.fenceAttr(&f, name, value, given, offset+m[0])
	}
	b.runnable(&f, offset)
	return f
}

func (b *builder) language(name string, offset int) string {
	if !langName.MatchString(name) {
		b.problemAt(offset, "fence-language", fmt.Sprintf("%q is not a language", clip(name, 40)), "a name such as bash, cfg or python", "write ```text")
		return ""
	}
	return strings.ToLower(name)
}

func (b *builder) fenceAttr(f *fence, name, value string, given bool, offset int) {
	switch {
	case name == "run":
		f.runs, f.node = true, value
		if given && !nodeName.MatchString(value) {
			b.problemAt(offset, "fence-node", "run="+clip(value, 40), "a node's name: small letters, digits, hyphens", "write run=client, or run alone for the lesson's shell")
		}
	case name == "file" && value != "":
		f.file = value
		if !cleanPath(value) {
			b.problemAt(offset, "fence-file", "file="+clip(value, 60), "a path below files/, without ..", "write file=haproxy.cfg")
		}
	case name == "title" && value != "":
		f.title = value
	case slices.Contains(fenceAttrs, name):
		b.problemAt(offset, "fence-attribute", name+" has no value", "", fmt.Sprintf("write %s=…", name))
	default:
		fix := "remove it"
		if near := problem.Nearest(name, fenceAttrs); near != "" {
			fix = "did you mean " + near + "?"
		}
		b.problemAt(offset, "fence-attribute", fmt.Sprintf("unknown word %q after the language", clip(name, 40)), "allowed are run, run=NODE, file=PATH, title=\"…\"", fix)
	}
}

func (b *builder) runnable(f *fence, offset int) {
	if f.runs && !slices.Contains(runnable, f.lang) {
		b.problemAt(offset, "fence-run", fmt.Sprintf("a block of %q cannot be run", f.lang), "allowed are "+strings.Join(runnable, ", "), "write ```bash run")
		f.runs = false
	}
	if f.runs && f.file != "" {
		b.problemAt(offset, "fence-attribute", "a block has both run and file", "either it is run or it is put into the editor", "write two blocks")
	}
}

// closed reports a fence that is still open where its container ends.
func (b *builder) closed(n *ast.FencedCodeBlock, line int) {
	end := n.Pos()
	if n.Info != nil {
		end = n.Info.Segment.Stop
	}
	if n.Lines().Len() > 0 {
		end = n.Lines().At(n.Lines().Len()-1).Stop - 1
	}
	rest := b.in.Source[min(max(end, 0), len(b.in.Source)):]
	_, rest, _ = bytes.Cut(rest, []byte("\n"))
	last, _, _ := bytes.Cut(rest, []byte("\n"))
	last = bytes.TrimLeft(last, " \t>")
	if !bytes.HasPrefix(last, []byte("```")) && !bytes.HasPrefix(last, []byte("~~~")) {
		b.problem(line, "fence-open", "a code block is opened here and never closed", "", "close it with ``` on a line of its own")
	}
}

// hidden reports characters that a reader cannot see but a terminal would get.
func (b *builder) hidden(n ast.Node) {
	for i := range n.Lines().Len() {
		segment := n.Lines().At(i)
		for j, r := range string(segment.Value(b.in.Source)) {
			if invisible(r) {
				b.problemAt(segment.Start+j, "hidden-character", fmt.Sprintf("hidden character U+%04X in a code block", r),
					"what is copied into a terminal must be what is seen", "remove it")
				return
			}
		}
	}
}

// invisible tells of the characters that reorder text or have no width.
func invisible(r rune) bool {
	switch {
	case r == 0x00AD, r == 0x061C, r == 0xFEFF, r == 0x180E:
		return true
	case r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x2069:
		return true
	}
	return r >= 0xE0000 && r <= 0xE007F
}

func cleanPath(p string) bool {
	if p == "" || len(p) > 200 || strings.HasPrefix(p, "/") || strings.ContainsAny(p, "\\\x00") {
		return false
	}
	for part := range strings.SplitSeq(p, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return true
}
