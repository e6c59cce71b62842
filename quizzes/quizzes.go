// Package quizzes holds questions and how answers to them are graded: pure values
// and functions, without files, network, clock or database.
package quizzes

import (
	"html/template"

	"pattarai/lessons/problem"
)

// Kind is a kind of question.
type Kind string

// The kinds.
const (
	Single  Kind = "single"
	Multi   Kind = "multi"
	Number  Kind = "number"
	Text    Kind = "text"
	Order   Kind = "order"
	Match   Kind = "match"
	Cloze   Kind = "cloze"
	Parsons Kind = "parsons"
	Predict Kind = "predict"
)

// Question is one item. What is tagged json:"-" never reaches a browser before an answer.
type Question struct {
	ID      string        `json:"id"`
	Kind    Kind          `json:"kind"`
	Title   string        `json:"title"`  // Plain text of its heading.
	Prompt  template.HTML `json:"prompt"` // Sanitised.
	Options []Option      `json:"options,omitempty"`
	Points  float64       `json:"points"`
	Line    int           `json:"-"`
	Hash    string        `json:"hash"` // Of everything that decides a grade.

	Accept    []string      `json:"-"` // text: accepted forms; /…/ is a regular expression (RE2).
	Value     float64       `json:"-"` // number
	Tolerance float64       `json:"-"` // number, absolute
	Why       template.HTML `json:"-"` // Shown after an answer.
}

// Option is a choice. Why is its own feedback.
type Option struct {
	ID    string        `json:"id"` // "a", "b", … in the author's order.
	Label template.HTML `json:"label"`
	Right bool          `json:"-"`
	Why   template.HTML `json:"-"`
}

// Answer is what a learner gave: option ids for choices, one text otherwise.
type Answer struct {
	Values []string `json:"values"`
}

// Score is the graded answer.
type Score struct {
	Right    bool                     `json:"right"`
	Points   float64                  `json:"points"`   // 0..Question.Points.
	Feedback map[string]template.HTML `json:"feedback"` // By option id that was chosen; "" for the item as a whole.
}

// Grade marks an answer. The error is for answers that do not fit the question
// (unknown option, two values for a single choice); its text is for the person.
func Grade(q Question, a Answer) (Score, error) { panic("contract") }

// Item is the raw form of a question as the Markdown reader found it.
type Item struct {
	File    string
	Line    int
	Kind    string            // As written: "single".
	Attrs   map[string]string // id and others, as written.
	Title   string
	Prompt  template.HTML
	Choices []Choice // Task-list entries.
	Entries []Choice // Plain list entries (accepted answers, order, pairs).
}

// Choice is a list entry of an item.
type Choice struct {
	Line    int
	Checked bool
	Label   template.HTML
	Source  string        // Its Markdown text, trimmed.
	Why     template.HTML // Its nested list, "" without one.
}

// Parse makes a question of an item, or says what is wrong with it.
func Parse(item Item) (Question, problem.List) { panic("contract") }
