package web

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
)

// pageNames are the pages; each has a struct of that name in pages.go.
var pageNames = [...]string{"home", "course", "lesson", "progress", "report", "attempts", "question", "review", "error"}

// templates are the parsed pages by name.
type templates map[string]*template.Template

// parseTemplates reads templates/layout.html and every page's own file.
func parseTemplates(fsys fs.FS) (templates, error) {
	all := make(templates, len(pageNames))
	for _, name := range pageNames {
		page, err := template.New(name).Option("missingkey=error").ParseFS(fsys, "templates/layout.html", "templates/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("page %s: %w", name, err)
		}
		all[name] = page
	}
	return all, nil
}

// render makes the HTML of a page. data is the struct that pages.go has for name.
func (t templates) render(name string, data any) ([]byte, error) {
	var out bytes.Buffer
	if err := t[name].ExecuteTemplate(&out, "layout", data); err != nil {
		return nil, fmt.Errorf("page %s: %w", name, err)
	}
	return out.Bytes(), nil
}
