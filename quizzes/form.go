package quizzes

import (
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// formText is the HTML of every kind of question. Answers are not in it: it is
// given only what a browser may see. It works as it is in a browser without scripts.
const formText = `
{{- define "item"}}<div class="quiz" data-quiz="{{.ID}}" data-kind="{{.Kind}}">
<h3>{{.Title}}</h3>
{{if ne .Kind "cloze"}}{{.Prompt}}{{end}}<form method="post"{{with .Action}} action="{{.}}"{{end}}>
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
{{with .Hints}}<div class="hints">
{{.}}</div>
{{end}}<button type="submit" data-i18n="quiz.answer">{{.T "quiz.answer"}}</button>
</form>
<div class="feedback" role="status"></div>
</div>
{{end}}

{{- define "varied"}}<div class="quiz varied" data-quiz="{{.ID}}" data-kind="{{.Kind}}">
<h3>{{.Title}}</h3>
<p><a href="{{.Action}}" data-i18n="quiz.varied">{{.T "quiz.varied"}}</a></p>
</div>
{{end}}

{{- define "choices"}}{{$type := .InputType}}{{range .Options}}<label class="option" data-option="{{.ID}}"><input type="{{$type}}" name="value" value="{{.ID}}"> <span>{{.Label}}</span></label>
{{end}}{{end}}

{{- define "number"}}<label><span data-i18n="quiz.number">{{.T "quiz.number"}}</span> <input type="text" inputmode="decimal" name="value" autocomplete="off" required></label>
{{end}}

{{- define "text"}}<label><span data-i18n="quiz.text">{{.T "quiz.text"}}</span> <input type="text" name="value" autocomplete="off" required></label>
{{end}}

{{- define "predict"}}<label><span data-i18n="quiz.predict">{{.T "quiz.predict"}}</span> <textarea name="value" rows="4" required></textarea></label>
{{end}}

{{- define "match"}}{{$targets := .Targets}}{{$top := .}}<ul class="targets">
{{range $targets}}<li data-target="{{.ID}}"><span class="key">{{.ID}}</span> {{.Label}}</li>
{{end}}</ul>
{{range .Options}}<label class="option" data-option="{{.ID}}"><span>{{.Label}}</span> <select name="value"><option value="" data-i18n="quiz.choose">{{$top.T "quiz.choose"}}</option>{{range $targets}}<option value="{{.ID}}">{{.ID}}: {{plain .Label}}</option>{{end}}</select></label>
{{end}}{{end}}

{{- define "order"}}{{$parsons := eq .Kind "parsons"}}{{$top := .}}<ol class="order">
{{range $i, $o := .Options}}<li class="option" data-option="{{.ID}}">
{{- if $parsons}}<input type="checkbox" name="value" value="{{.ID}}" aria-labelledby="{{$top.ID}}-{{.ID}}" checked>
{{- else}}<input type="hidden" name="value" value="{{.ID}}">{{end -}}
<input type="number" class="place" name="place-{{.ID}}" min="1" max="{{len $top.Options}}" value="{{$top.Place $i}}" aria-labelledby="{{$top.ID}}-{{.ID}}"> <span id="{{$top.ID}}-{{.ID}}">{{.Label}}</span>
{{- /* */}}<button type="button" class="up" data-i18n="quiz.up">{{$top.T "quiz.up"}}</button><button type="button" class="down" data-i18n="quiz.down">{{$top.T "quiz.down"}}</button></li>
{{end}}</ol>
{{end}}`

var forms = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("forms").Funcs(template.FuncMap{"plain": plainLabel}).Parse(formText))
})

// FormOptions are what a form needs beside its question.
type FormOptions struct {
	Action string                  // Where it is sent without scripts.
	Text   func(key string) string // Words of the form ("quiz.answer"); nil means English.
}

// words are the form's own, in English.
func words(key string) string {
	switch key {
	case "quiz.answer":
		return "Answer"
	case "quiz.number":
		return "Number"
	case "quiz.text":
		return "Your answer"
	case "quiz.predict":
		return "What will it print?"
	case "quiz.choose":
		return "choose"
	case "quiz.up":
		return "Up"
	case "quiz.down":
		return "Down"
	case "quiz.varied":
		return "This question has other numbers for everyone: open yours"
	}
	return key
}

// shownItem is a question as its form needs it.
type shownItem struct {
	Question
	Kind   string
	Action string
	text   func(string) string
}

// T is a word of the form.
func (i shownItem) T(key string) string { return i.text(key) }

// InputType is the kind of box of a choice.
func (i shownItem) InputType() string {
	if i.Question.Kind == Multi {
		return "checkbox"
	}
	return "radio"
}

// Place is the place of the option at an index, from 1.
func (shownItem) Place(i int) int { return i + 1 }

// Form is the form that asks the question. Of an item with variants it is only a link
// to where everyone finds their own: the page it stands on is the same for all.
func (q Question) Form(o FormOptions) (template.HTML, error) {
	name := "item"
	if q.variants != nil {
		name = "varied"
	}
	if o.Text == nil {
		o.Text = words
	}
	var out strings.Builder
	if err := forms().ExecuteTemplate(&out, name, shownItem{q, string(q.Kind), o.Action, o.Text}); err != nil {
		return "", fmt.Errorf("form of %s: %w", q.ID, err)
	}
	return template.HTML(out.String()), nil
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

// Solution is the right answer, to be read. It may be shown once the answer was right
// or the learner has tried often enough.
func (q Question) Solution() template.HTML {
	switch q.Kind {
	case Single, Multi:
		var right []template.HTML
		for _, o := range q.Options {
			if o.Right {
				right = append(right, o.Label)
			}
		}
		return list("ul", right)
	case Order, Parsons:
		return list("ol", labels(q.Options, q.Key))
	case Match:
		var pairs []template.HTML
		for i, target := range labels(q.Targets, q.Key) {
			pairs = append(pairs, q.Options[i].Label+" → "+target)
		}
		return list("ul", pairs)
	case Number:
		text := plainNumber(q.Value)
		if q.Tolerance > 0 {
			text += " ± " + plainNumber(q.Tolerance)
		}
		return escaped("p", text)
	case Text:
		return escaped("p", firstForm(q.Accept))
	case Cloze:
		var blanks []template.HTML
		for _, forms := range q.Accept {
			blanks = append(blanks, template.HTML(template.HTMLEscapeString(firstForm(strings.Split(forms, " | ")))))
		}
		return list("ol", blanks)
	case Predict:
		return escaped("pre", strings.Join(q.Accept, "\n"))
	}
	return ""
}

// RightAnswer is an answer that is right; ok is false when only patterns describe it.
func (q Question) RightAnswer() (a Answer, ok bool) {
	switch q.Kind {
	case Single, Multi:
		for _, o := range q.Options {
			if o.Right {
				a.Values = append(a.Values, o.ID)
			}
		}
	case Order, Parsons, Match:
		a.Values = slices.Clone(q.Key)
	case Number:
		a.Values = []string{strconv.FormatFloat(q.Value, 'f', -1, 64)}
	case Text:
		a.Values = []string{firstForm(q.Accept)}
	case Cloze:
		for _, forms := range q.Accept {
			a.Values = append(a.Values, firstForm(strings.Split(forms, " | ")))
		}
	case Predict:
		a.Values = slices.Clone(q.Accept[:min(1, len(q.Accept))])
	}
	return a, q.Kind == Predict || !slices.ContainsFunc(a.Values, func(v string) bool { _, pattern := isPattern(v); return pattern })
}

// firstForm is the first form that is no pattern, or the first one.
func firstForm(forms []string) string {
	for _, f := range forms {
		if _, pattern := isPattern(f); !pattern {
			return f
		}
	}
	return forms[0]
}

func labels(options []Option, ids []string) []template.HTML {
	out := make([]template.HTML, 0, len(ids))
	for _, id := range ids {
		if i := slices.IndexFunc(options, func(o Option) bool { return o.ID == id }); i >= 0 {
			out = append(out, options[i].Label)
		}
	}
	return out
}

func list(element string, entries []template.HTML) template.HTML {
	out := template.HTML("<" + element + ">")
	for _, e := range entries {
		out += "<li>" + e + "</li>"
	}
	return out + template.HTML("</"+element+">")
}

func escaped(element, text string) template.HTML {
	return template.HTML("<" + element + ">" + template.HTMLEscapeString(text) + "</" + element + ">")
}
