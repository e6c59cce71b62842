package web_test

import (
	"html/template"
	"testing"

	"github.com/jba/templatecheck"

	"pattarai/assets"
	"pattarai/server/web"
)

// TestTemplatesFitTheirPages type-checks every template against its struct.
func TestTemplatesFitTheirPages(t *testing.T) {
	t.Parallel()
	pages := map[string]any{
		"home": web.HomePage{}, "course": web.CoursePage{}, "lesson": web.LessonPage{},
		"progress": web.ProgressPage{}, "report": web.ReportPage{}, "attempts": web.AttemptsPage{}, "question": web.QuestionPage{}, "review": web.ReviewPage{}, "error": web.ErrorPage{},
	}
	for _, name := range web.PageNames() {
		page, ok := pages[name]
		if !ok {
			t.Errorf("page %s has no struct in this test", name)
			continue
		}
		parsed, err := template.ParseFS(assets.FS(), "templates/layout.html", "templates/"+name+".html")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := templatecheck.CheckHTML(parsed.Lookup("layout"), page); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
