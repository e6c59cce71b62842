package exchange

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"pattarai/quizzes"
)

// moodleText is a text with its format: html (also when it is missing), markdown,
// plain_text or moodle_auto_format.
type moodleText struct {
	Format string `xml:"format,attr,omitempty"`
	Text   string `xml:"text"`
	Files  []struct {
		Name string `xml:"name,attr"`
	} `xml:"file"`
}

func (t moodleText) markdown() string {
	if t.Format == "markdown" || t.Format == "plain_text" {
		return strings.TrimSpace(t.Text)
	}
	return fromHTML(t.Text)
}

func inMarkdown(text string) *moodleText {
	if text == "" {
		return nil
	}
	return &moodleText{Format: "markdown", Text: text}
}

type moodleAnswer struct {
	Fraction  string      `xml:"fraction,attr,omitempty"`
	Format    string      `xml:"format,attr,omitempty"`
	Text      string      `xml:"text"`
	Tolerance string      `xml:"tolerance,omitempty"`
	Feedback  *moodleText `xml:"feedback"`
}

func (a moodleAnswer) markdown() string {
	return moodleText{Format: a.Format, Text: a.Text}.markdown()
}

func (a moodleAnswer) why() string {
	if a.Feedback == nil {
		return ""
	}
	return a.Feedback.markdown()
}

func (a moodleAnswer) percent() float64 {
	f, _ := strconv.ParseFloat(strings.TrimSpace(a.Fraction), 64) // None is 0, as there.
	return f
}

type moodlePair struct {
	Format string     `xml:"format,attr,omitempty"`
	Text   string     `xml:"text"`
	Answer moodleText `xml:"answer"`
}

// moodleQuestion is a question as it is read and written. What has no field here is
// in Other, so that it can be named.
type moodleQuestion struct {
	XMLName  xml.Name       `xml:"question"`
	Type     string         `xml:"type,attr"`
	Name     *moodleText    `xml:"name"`
	Prompt   *moodleText    `xml:"questiontext"`
	General  *moodleText    `xml:"generalfeedback"`
	Grade    string         `xml:"defaultgrade,omitempty"`
	ID       string         `xml:"idnumber,omitempty"`
	Single   string         `xml:"single,omitempty"`
	Shuffle  string         `xml:"shuffleanswers,omitempty"`
	UseCase  string         `xml:"usecase,omitempty"`
	Layout   string         `xml:"layouttype,omitempty"`
	Select   string         `xml:"selecttype,omitempty"`
	Pairs    []moodlePair   `xml:"subquestion"`
	Answers  []moodleAnswer `xml:"answer"`
	Hints    []moodleText   `xml:"hint"`
	Category *moodleText    `xml:"category"`
	Other    []moodleOther  `xml:",any"`
}

type moodleOther struct {
	XMLName xml.Name
	Inner   string `xml:",innerxml"`
}

// moodle reads the questions of a <quiz>.
func (r *reader) moodle(source []byte) {
	decoder := xml.NewDecoder(bytes.NewReader(source))
	decoder.CharsetReader = utf8Only
	rooted := false
	for {
		line, _ := decoder.InputPos()
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			r.notXML(line, err)
			return
		}
		start, ok := token.(xml.StartElement)
		switch {
		case !ok:
		case start.Name.Local == "quiz":
			rooted = true
		case start.Name.Local == "question" && rooted:
			var q moodleQuestion
			if err := decoder.DecodeElement(&q, &start); err != nil {
				r.notXML(line, err)
				return
			}
			r.moodleQuestion(q, line)
		default:
			r.refuse(line, "exchange-syntax", fmt.Sprintf("the element <%s>", clip(start.Name.Local)), "Moodle XML is a <quiz> of <question>s", "export the questions as Moodle XML again")
			return
		}
	}
	if !rooted {
		r.refuse(0, "exchange-syntax", "there is no <quiz>", "Moodle XML is a <quiz> of <question>s", "export the questions as Moodle XML")
	}
}

func (r *reader) notXML(line int, err error) {
	r.refuse(line, "exchange-syntax", "not XML: "+clip(oneLine(err.Error())), "well-formed XML in UTF-8", "export the questions again")
}

func utf8Only(charset string, input io.Reader) (io.Reader, error) {
	if strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "us-ascii") {
		return input, nil
	}
	return nil, fmt.Errorf("the encoding %q; only UTF-8 is read", clip(charset))
}

// silent are elements whose loss changes nothing of what a question asks.
var silent = []string{"hidden", "penalty", "answernumbering", "showstandardinstruction", "shownumcorrect", "tags",
	"unitgradingtype", "unitpenalty", "showunits", "unitsleft", "gradingtype", "numberingstyle", "showgrading", "selectcount", "usecase"}

// moodleBase is what all kinds of question share.
func (r *reader) moodleBase(q moodleQuestion, line int) (Item, string) {
	item := Item{Line: line, ID: strings.TrimSpace(q.ID)}
	for _, part := range []struct {
		to   *string
		from *moodleText
	}{{&item.Title, q.Name}, {&item.Prompt, q.Prompt}, {&item.Why, q.General}} {
		if part.from != nil {
			*part.to = part.from.markdown()
		}
	}
	item.Points, _ = strconv.ParseFloat(strings.TrimSpace(q.Grade), 64) // None is one point.
	name := giftName(item.Title, item.Prompt)
	if item.Points > quizzes.MaxPoints || item.Points < 0 {
		r.lost(line, name, fmt.Sprintf("%g points", item.Points))
		item.Points = 0
	}
	for _, hint := range q.Hints {
		if text := hint.markdown(); text != "" {
			item.Hints = append(item.Hints, text)
		}
	}
	for _, t := range []*moodleText{q.Prompt, q.General} {
		if t != nil && len(t.Files) > 0 {
			r.lost(line, name, fmt.Sprintf("%d embedded files, the first one is %q", len(t.Files), clip(t.Files[0].Name)))
		}
	}
	for _, o := range q.Other {
		if !slices.Contains(silent, o.XMLName.Local) && strings.TrimSpace(element.ReplaceAllString(o.Inner, "")) != "" {
			r.lost(line, name, "<"+clip(o.XMLName.Local)+">")
		}
	}
	return item, name
}

func (r *reader) moodleQuestion(q moodleQuestion, line int) {
	if q.Type == "category" {
		if q.Category != nil {
			r.lost(line, "category", "categories are not kept: "+clip(oneLine(q.Category.Text)))
		}
		return
	}
	item, name := r.moodleBase(q, line)
	item.Fixed = q.Shuffle == "false" || q.Shuffle == "0"
	switch q.Type {
	case "multichoice", "truefalse":
		r.moodleChoice(item, name, q)
	case "shortanswer":
		if q.UseCase == "1" {
			r.lost(line, name, "that upper and lower case matter")
		}
		r.moodleShort(item, name, q)
	case "numerical":
		r.moodleNumber(item, name, q)
	case "matching", "match":
		item.Kind = quizzes.Match
		for _, p := range q.Pairs {
			text := moodleText{Format: p.Format, Text: p.Text}.markdown()
			item.Entries = append(item.Entries, Entry{Right: true, Text: text, Pair: p.Answer.markdown()})
		}
		item.Fixed = false
		r.add(item, name)
	case "ordering":
		item.Kind, item.Fixed = quizzes.Order, false
		answers := slices.Clone(q.Answers)
		slices.SortStableFunc(answers, func(a, b moodleAnswer) int { return int(a.percent()) - int(b.percent()) })
		for _, a := range answers {
			item.Entries = append(item.Entries, Entry{Right: true, Text: a.markdown(), Why: a.why()})
		}
		r.add(item, name)
	case "cloze", "multianswer":
		r.moodleCloze(item, name)
	default:
		r.unsupported(line, name, fmt.Sprintf("the type %q", clip(q.Type)))
	}
}

// moodleChoice reads multichoice and truefalse.
func (r *reader) moodleChoice(item Item, name string, q moodleQuestion) {
	item.Kind = quizzes.Single
	multi := q.Single == "false" || q.Single == "0"
	if multi {
		item.Kind = quizzes.Multi
	}
	item.Fixed = item.Fixed || q.Type == "truefalse"
	var fractions []float64
	full := 0
	for _, a := range q.Answers {
		f := a.percent()
		fractions = append(fractions, f)
		right := f >= 100 || multi && f > 0
		if right {
			full++
		}
		if !multi && f != 0 && f < 100 {
			r.lost(item.Line, name, fmt.Sprintf("%q gives %g %% of the points; here a single choice is right or wrong", clip(oneLine(a.Text)), f))
		}
		text := a.markdown()
		if q.Type == "truefalse" {
			text = strings.ToUpper(text[:min(1, len(text))]) + text[min(1, len(text)):]
		}
		item.Entries = append(item.Entries, Entry{Right: right, Text: text, Why: a.why()})
	}
	if multi && !shares(fractions) {
		r.lost(item.Line, name, "right answers have different weights; here they count alike")
	}
	if full == 0 || !multi && full > 1 {
		r.unsupported(item.Line, name, fmt.Sprintf("%d answers that are wholly right", full))
		return
	}
	r.add(item, name)
}

// moodleShort reads shortanswer, whose answers may have * for anything.
func (r *reader) moodleShort(item Item, name string, q moodleQuestion) {
	item.Kind = quizzes.Text
	for _, a := range q.Answers {
		text, f := strings.TrimSpace(a.Text), a.percent()
		switch {
		case text == "*" && f < 100:
			r.lost(item.Line, name, "what is said about every other wrong answer")
			continue
		case strings.Contains(strings.ReplaceAll(text, `\*`, ""), "*"):
			text = wildcards(text)
		}
		why := a.why()
		if f < 100 {
			if f > 0 {
				r.lost(item.Line, name, fmt.Sprintf("%q gives only %g %% of the points; it becomes a wrong answer with its reason", clip(text), f))
			}
			if why == "" {
				why = "Nearly."
			}
		}
		item.Entries = append(item.Entries, Entry{Right: f >= 100, Text: strings.ReplaceAll(text, `\*`, "*"), Why: why})
	}
	r.add(item, name)
}

// wildcards makes a regular expression of a text with * in it.
func wildcards(text string) string {
	var out strings.Builder
	for i, part := range strings.Split(strings.ReplaceAll(text, `\*`, "\uE000"), "*") {
		if i > 0 {
			out.WriteString(".*")
		}
		for _, r := range strings.ReplaceAll(part, "\uE000", "*") {
			if strings.ContainsRune(`\.+*?()|[]{}^$/`, r) {
				out.WriteByte('\\')
			}
			out.WriteRune(r)
		}
	}
	return "`/" + out.String() + "/`"
}

func (r *reader) moodleNumber(item Item, name string, q moodleQuestion) {
	item.Kind = quizzes.Number
	for _, a := range q.Answers {
		if strings.TrimSpace(a.Text) == "*" {
			r.lost(item.Line, name, "what is said about every other wrong answer")
			continue
		}
		text, ok := numberEntry(strings.TrimSpace(a.Text) + ":" + strings.TrimSpace(a.Tolerance))
		if !ok {
			r.refuse(item.Line, "exchange-syntax", fmt.Sprintf("%s: %q with the tolerance %q", name, clip(a.Text), clip(a.Tolerance)), "a number and a tolerance of 0 or more", "correct it")
			return
		}
		why := a.why()
		if f := a.percent(); f < 100 {
			if f > 0 {
				r.lost(item.Line, name, fmt.Sprintf("%s gives only %g %% of the points; it becomes a wrong answer with its reason", text, f))
			}
			if why == "" {
				why = "Nearly."
			}
		}
		item.Entries = append(item.Entries, Entry{Right: a.percent() >= 100, Text: text, Why: why})
	}
	r.addNumber(&item, name)
}
