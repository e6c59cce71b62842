package markdown

import (
	"errors"
	"fmt"
	"html"
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"

	"pattarai/lessons/problem"
)

const (
	maxURL     = 2000
	maxPicture = 1 << 20
)

var (
	lessonLink   = regexp.MustCompile(`^([a-z0-9-]+)/(\d{2,3})-([a-z0-9-]+)(?:/(?:lesson(?:\.[a-z]{2,3})?\.md)?)?$`)
	plainTag     = regexp.MustCompile(`(?i)^(?:</?(?:kbd|sub|sup)>|<br ?/?>)$`) // Harmless, and Markdown has no other way.
	pictureTypes = []string{".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".avif"}
)

// inlines checks and resolves links and pictures, and reports inline HTML.
func (b *builder) inlines(root ast.Node) {
	var raw []*ast.RawHTML                                                       // Looked at afterwards: a node cannot be replaced while it is walked over.
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // The function returns no error.
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link:
			n.Destination = []byte(b.link(string(n.Destination), b.offset(n)))
		case *ast.AutoLink:
			b.autolink(n)
		case *ast.Image:
			b.image(n)
		case *ast.RawHTML:
			raw = append(raw, n)
		}
		return ast.WalkContinue, nil
	})
	for _, n := range raw {
		b.inlineHTML(n)
	}
}

// offset is where an inline node stands, or the nearest place that is known.
func (b *builder) offset(n ast.Node) int {
	for at := n; at != nil; at = at.Parent() {
		if p := at.Pos(); p >= 0 {
			return p
		}
		if at.Type() == ast.TypeBlock && at.Lines() != nil && at.Lines().Len() > 0 {
			return at.Lines().At(0).Start
		}
	}
	return -1
}

func (b *builder) inlineHTML(n *ast.RawHTML) {
	var out strings.Builder
	for i := range n.Segments.Len() {
		segment := n.Segments.At(i)
		out.Write(segment.Value(b.in.Source))
	}
	text := out.String()
	line, _ := b.places.at(n.Segments.At(0).Start)
	switch {
	case plainTag.MatchString(text):
		tag := ast.NewString([]byte(strings.ToLower(text)))
		tag.SetCode(true) // Written as it is.
		n.Parent().ReplaceChild(n.Parent(), n, tag)
	case strings.HasPrefix(text, "<!--"):
		inner := strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(text, "<!--"), "-->"))
		if checkComment.MatchString(inner) || quizComment.MatchString(inner) {
			b.problem(line, "comment-inline", fmt.Sprintf("the comment %s stands within a paragraph", clip(text, 60)), "it stands on a line of its own", "put it on its own line, without indentation")
		}
	default:
		b.warning(line, "raw-html", "raw HTML is not rendered: "+clip(firstLine(text), 60),
			allowedHTML, "write it in Markdown")
	}
}

func (b *builder) autolink(n *ast.AutoLink) {
	target := string(n.URL(b.in.Source))
	if n.AutoLinkType == ast.AutoLinkEmail {
		return
	}
	b.link(target, b.offset(n))
}

// link checks a destination and returns what is written to the page.
func (b *builder) link(destination string, offset int) string {
	target := strings.TrimSpace(html.UnescapeString(destination))
	refuse := func(code, found, allowed, fix string) string {
		b.problemAt(offset, code, found, allowed, fix)
		return "#"
	}
	if len(target) > maxURL {
		return refuse("link-long", fmt.Sprintf("a link of %d bytes", len(target)), fmt.Sprintf("at most %d", maxURL), "shorten it")
	}
	if strings.HasPrefix(strings.ReplaceAll(target, `\`, "/"), "//") {
		return refuse("link-scheme", fmt.Sprintf("the link %q has no scheme", clip(target, 60)), "", "write https://"+strings.TrimLeft(clip(target, 60), `/\`))
	}
	u, err := url.Parse(target)
	switch {
	case err != nil:
		return refuse("link-form", fmt.Sprintf("the link %q cannot be read", clip(target, 60)), "a URL or the path of a lesson", "check it for stray characters")
	case u.Scheme == "http" || u.Scheme == "https" || u.Scheme == "mailto":
		return target
	case u.Scheme != "":
		return refuse("link-scheme", fmt.Sprintf("scheme not allowed: %q", clip(target, 60)), "allowed are https, http, mailto", "link to a web page or a lesson")
	case target == "":
		return refuse("link-empty", "a link without destination", "", "write where it leads")
	case strings.HasPrefix(target, "#"):
		b.links = append(b.links, fragment{u.Fragment, offset})
		return target
	case strings.HasPrefix(target, "/"):
		return target
	}
	return b.lessonLink(u, target, offset)
}

// lessonLink resolves "../05-round-robin/lesson.md", which also works on a
// repository's page.
func (b *builder) lessonLink(u *url.URL, target string, offset int) string {
	m := lessonLink.FindStringSubmatch(path.Join(b.in.Dir, u.Path))
	if m == nil {
		b.problemAt(offset, "link-target", fmt.Sprintf("the link %q leads to no lesson", clip(target, 60)),
			"allowed are ../NN-slug/lesson.md, #heading, https://…", "link to a lesson, or show the file in a block")
		return "#"
	}
	line, col := b.places.at(offset)
	b.document.Links = append(b.document.Links, Anchor{Name: m[1] + "/" + m[2] + "-" + m[3], Line: line, Col: col})
	to := "/lessons/" + m[1] + "/" + m[3]
	if u.Fragment != "" {
		to += "#" + u.EscapedFragment()
	}
	return to
}

// fragments checks links within the text once all headings are known.
func (b *builder) fragments() {
	known := make([]string, 0, len(b.ids))
	for id := range b.ids {
		known = append(known, id)
	}
	for _, link := range b.links {
		if b.ids[link.id] > 0 || link.id == "" {
			continue
		}
		fix := "link to a heading of this lesson"
		if near := problem.Nearest(link.id, known); near != "" {
			fix = "did you mean #" + near + "?"
		}
		b.problemAt(link.offset, "link-anchor", fmt.Sprintf("no heading has the id %q", clip(link.id, 60)), "", fix)
	}
}

// image checks a picture and points it at the lesson's assets.
func (b *builder) image(n *ast.Image) {
	offset := b.offset(n)
	if strings.TrimSpace(plain(n, b.in.Source)) == "" {
		b.problemAt(offset, "image-alt", "a picture without a description", "who cannot see it reads the text in the brackets", "write ![what it shows](picture.png)")
	}
	target := strings.TrimPrefix(string(n.Destination), "./")
	if unescaped, err := url.PathUnescape(target); err == nil {
		target = unescaped
	}
	if problem := b.picture(target); problem != nil {
		b.problemAt(offset, problem.Code, problem.Found, problem.Allowed, problem.Fix)
		n.Destination = []byte("#")
		return
	}
	if !b.pictures[target] {
		b.pictures[target] = true
		b.document.Pictures = append(b.document.Pictures, target)
	}
	n.Destination = []byte(b.in.Base + "/assets/" + (&url.URL{Path: target}).EscapedPath())
	n.SetAttributeString("loading", []byte("lazy"))
}

// picture says what is wrong with a picture's path, or nil.
func (b *builder) picture(target string) *problem.Problem {
	if u, err := url.Parse(target); err != nil || u.Scheme != "" || u.Host != "" || !cleanPath(target) {
		return &problem.Problem{Code: "image-outside", Found: fmt.Sprintf("the picture %q", clip(target, 60)),
			Allowed: "a picture must stay in the lesson folder", Fix: "copy it beside lesson.md and write its relative path"}
	}
	if !pictureType(target) {
		return &problem.Problem{Code: "image-type", Found: fmt.Sprintf("the picture %q", clip(target, 60)),
			Allowed: "allowed are " + strings.Join(pictureTypes, ", "), Fix: "convert it"}
	}
	info, err := b.lstat(target)
	switch {
	case errors.Is(err, errLink):
		return &problem.Problem{Code: "image-outside", Found: fmt.Sprintf("the picture %q is a symbolic link", clip(target, 60)),
			Allowed: "a picture must stay in the lesson folder", Fix: "replace the link by the file"}
	case err != nil:
		return &problem.Problem{Code: "image-missing", Found: "there is no picture " + path.Join(b.in.Dir, clip(target, 120)),
			Allowed: "paths are relative to the lesson folder", Fix: "add the file or correct the path"}
	case !info.Mode().IsRegular() || info.Size() > maxPicture:
		return &problem.Problem{Code: "image-size", Found: fmt.Sprintf("the picture %s has %d bytes", clip(target, 60), info.Size()),
			Allowed: fmt.Sprintf("a file of at most %d", maxPicture), Fix: "make it smaller"}
	}
	return nil
}

var errLink = errors.New("symbolic link")

// lstat looks at every part of the path, so that no symbolic link is followed.
func (b *builder) lstat(target string) (fs.FileInfo, error) {
	if b.in.Folder == nil {
		return nil, fs.ErrNotExist
	}
	dir := "."
	var info fs.FileInfo
	for part := range strings.SplitSeq(target, "/") {
		entries, err := fs.ReadDir(b.in.Folder, dir)
		if err != nil {
			return nil, err
		}
		found := false
		for _, e := range entries {
			if e.Name() != part {
				continue
			}
			if e.Type()&fs.ModeSymlink != 0 {
				return nil, errLink
			}
			if info, err = e.Info(); err != nil {
				return nil, err
			}
			found = true
		}
		if !found {
			return nil, fs.ErrNotExist
		}
		dir = path.Join(dir, part)
	}
	return info, nil
}

func pictureType(target string) bool {
	ext := strings.ToLower(path.Ext(target))
	for _, t := range pictureTypes {
		if ext == t {
			return true
		}
	}
	return false
}
