package markdown

import (
	"html/template"
	"strconv"
	"strings"

	"pattarai/quizzes"
)

// formText is the HTML of every kind of question. Answers are not in it: it is
// given only what a browser may see.
const formText = `
{{- define "item"}}<div class="quiz" data-quiz="{{.ID}}" data-kind="{{.Kind}}">
<h3>{{.Title}}</h3>
{{if ne .Kind "cloze"}}{{.Prompt}}{{end}}<form method="dialog">
<fieldset><legend class="visually-hidden">{{.Title}}</legend>
{{if eq .Kind "single"}}{{template "choices" .}}
{{- else if eq .Kind "multi"}}{{template "choices" .}}
{{- else if eq .Kind "number"}}{{template "number" .}}
{{- else if eq .Kind "text"}}{{template "text" .}}
{{- else if eq .Kind "predict"}}{{template "predict" .}}
{{- else if eq .Kind "cloze"}}{{.Prompt}}
{{- else if eq .Kind "match"}}{{template "match" .}}
{{- else}}{{template "order" .}}{{end -}}
</fieldset>
<button type="submit" data-i18n="quiz.answer">Answer</button>
</form>
<div class="feedback" role="status"></div>
</div>
{{end}}

{{- define "choices"}}{{$type := .InputType}}{{range .Options}}<label class="option" data-option="{{.ID}}"><input type="{{$type}}" name="value" value="{{.ID}}"> <span>{{.Label}}</span></label>
{{end}}{{end}}

{{- define "number"}}<label><span data-i18n="quiz.number">Number</span> <input type="text" inputmode="decimal" name="value" autocomplete="off" required></label>
{{end}}

{{- define "text"}}<label><span data-i18n="quiz.text">Your answer</span> <input type="text" name="value" autocomplete="off" required></label>
{{end}}

{{- define "predict"}}<label><span data-i18n="quiz.predict">What will it print?</span> <textarea name="value" rows="4" required></textarea></label>
{{end}}

{{- define "match"}}{{$targets := .Targets}}<ul class="targets">
{{range $targets}}<li data-target="{{.ID}}"><span class="key">{{.ID}}</span> {{.Label}}</li>
{{end}}</ul>
{{range .Options}}<label class="option" data-option="{{.ID}}"><span>{{.Label}}</span> <select name="value"><option value="" data-i18n="quiz.choose">choose</option>{{range $targets}}<option value="{{.ID}}">{{.ID}}: {{plain .Label}}</option>{{end}}</select></label>
{{end}}{{end}}

{{- define "order"}}{{$parsons := eq .Kind "parsons"}}<ol class="order">
{{range .Options}}<li class="option" data-option="{{.ID}}"><button type="button" class="up" data-i18n="quiz.up">Up</button><button type="button" class="down" data-i18n="quiz.down">Down</button>
{{- if $parsons}}<label><input type="checkbox" name="value" value="{{.ID}}" checked> <span>{{.Label}}</span></label>
{{- else}}<input type="hidden" name="value" value="{{.ID}}"> <span>{{.Label}}</span>{{end}}</li>
{{end}}</ol>
{{end}}`

func newForms() *template.Template {
	return template.Must(template.New("forms").Funcs(template.FuncMap{"plain": plainLabel}).Parse(formText))
}

// shownItem is a question as its form needs it.
type shownItem struct {
	quizzes.Question
	Kind string
}

// InputType is the kind of box of a choice.
func (i shownItem) InputType() string {
	if i.Question.Kind == quizzes.Multi {
		return "checkbox"
	}
	return "radio"
}

// form renders a question as the form that asks it.
func (b *builder) form(q quizzes.Question) template.HTML {
	var out strings.Builder
	if err := b.engine.forms.ExecuteTemplate(&out, "item", shownItem{q, string(q.Kind)}); err != nil {
		b.problem(q.Line, "quiz-form", "the form of the quiz item cannot be made: "+err.Error(), "", "report this item as a bug")
		return ""
	}
	return b.sanitised(out.String())
}

// plainLabel is a label without its elements, for where only text may stand.
func plainLabel(label template.HTML) template.HTML {
	var out strings.Builder
	depth := 0
	for _, r := range string(label) {
		switch {
		case r == '<':
			depth++
		case r == '>':
			depth--
		case depth == 0:
			out.WriteRune(r)
		}
	}
	return template.HTML(out.String()) // Entities are kept as they are.
}

// blank is the input of a blank.
func blank(number, width int) string {
	n := strconv.Itoa(number)
	return `<input type="text" name="value" class="gap" size="` + strconv.Itoa(min(max(width, 6), 30)) + `" aria-label="Blank ` + n + `" autocomplete="off">`
}
