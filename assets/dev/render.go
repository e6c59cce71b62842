//go:build ignore

// Render renders the templates with the sample pages of pages.json into a
// folder, for mock.mjs. Run it as: go run assets/dev/render.go pages.json OUT.
package main

import (
	"encoding/json"
	"fmt"
	"html/template"
	"log"
	"math"
	"os"
	"path/filepath"
	"strings"

	"pattarai/assets"
)

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func run(pages, out string) error {
	content, err := os.ReadFile(pages)
	if err != nil {
		return err
	}
	var all map[string]map[string]any
	if err := json.Unmarshal(content, &all); err != nil {
		return err
	}
	for name, page := range all {
		for _, lang := range assets.Languages() {
			if err := render(name, lang, page, out); err != nil {
				return fmt.Errorf("%s in %s: %w", name, lang, err)
			}
		}
	}
	return nil
}

func render(name, lang string, page map[string]any, out string) error {
	kind, _, _ := strings.Cut(name, "-")
	t, err := template.ParseFS(assets.FS(), "templates/layout.html", "templates/"+kind+".html")
	if err != nil {
		return err
	}
	data := shape(page).(map[string]any)
	data["Lang"] = lang
	data["Languages"] = assets.Languages()
	data["Site"] = "pattarai"
	data["Static"] = assets.Static
	data["T"] = func(key string) string { return assets.Text(lang, key) }
	file, err := os.Create(filepath.Join(out, name+"."+lang+".html"))
	if err != nil {
		return err
	}
	defer file.Close()
	return t.ExecuteTemplate(file, "layout", data)
}

// shape turns whole numbers into ints and fields that hold HTML into markup, as the
// page structs have them. Points and shares stay fractions.
func shape(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			number, isNumber := value.(float64)
			text, isText := value.(string)
			switch {
			case isText && strings.Contains(" HTML Form Why Option Solution ", " "+key+" "):
				out[key] = template.HTML(text)
			case isNumber && !strings.Contains("Points MaxPoints Observed Expected TookSeconds", key) && number == math.Trunc(number):
				out[key] = int(number)
			default:
				out[key] = shape(value)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = shape(v[i])
		}
		return out
	}
	return v
}
