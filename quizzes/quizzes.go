// Package quizzes holds questions and how answers to them are graded: pure values
// and functions, without files, network, clock or database.
package quizzes

import "html/template"

// Kind is a kind of question.
type Kind string

// The kinds. How each is written is in docs/authoring-lessons.md.
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

// Kinds lists every kind in the order of the documentation.
func Kinds() []Kind {
	return []Kind{Single, Multi, Number, Text, Order, Match, Cloze, Parsons, Predict}
}

// Question is one item. What is tagged json:"-" never reaches a browser before an answer.
type Question struct {
	ID      string        `json:"id"`
	Kind    Kind          `json:"kind"`
	Title   string        `json:"title"`             // Plain text of its heading.
	Prompt  template.HTML `json:"prompt"`            // Sanitised.
	Options []Option      `json:"options,omitempty"` // In the order they are shown.
	Targets []Option      `json:"targets,omitempty"` // match: what options are matched with, in the order shown.
	Gaps    int           `json:"gaps,omitempty"`    // cloze: how many blanks the prompt has.
	Points  float64       `json:"points"`
	Hints   template.HTML `json:"-"` // Hints as <details>, shown one after the other.
	Fixed   bool          `json:"-"` // Options keep the author's order.
	Line    int           `json:"-"`
	Hash    string        `json:"hash"` // Of everything that decides a grade.
	Run     string        `json:"-"`    // predict: the id of its run block.

	Variants int `json:"variants,omitempty"` // How many there are; 0 without variables.
	variants *variants

	Wrong     []Wrong       `json:"-"` // number, text: wrong answers the author has something to say about.
	Accept    []string      `json:"-"` // text: accepted forms, /…/ is a regular expression (RE2); predict: the output; cloze: per blank, forms joined by " | ".
	Value     float64       `json:"-"` // number
	Tolerance float64       `json:"-"` // number, absolute
	Key       []string      `json:"-"` // order, parsons: option ids in the right order; match: the target id of each option.
	Why       template.HTML `json:"-"` // Shown after an answer.
}

// Option is a choice. Why is its own feedback.
type Option struct {
	ID    string        `json:"id"` // "a", "b", … in the author's order; in shown order where the author's order is the answer.
	Label template.HTML `json:"label"`
	Right bool          `json:"-"`
	Why   template.HTML `json:"-"`
}

// Wrong is a wrong answer that an author expects, with what is to be said about it.
type Wrong struct {
	Form      string  // text: as in Question.Accept.
	Value     float64 // number
	Tolerance float64
	Why       template.HTML
}

// Answer is what a learner gave: option ids for choices, one text otherwise.
//
//	single         one option id
//	multi          any number of option ids
//	number, text,
//	predict        one text
//	order          every option id, in the learner's order
//	parsons        the option ids of the lines used, in the learner's order
//	match          one target id per option, in the order of Options; "" is unanswered
//	cloze          one text per blank, in the order of the prompt; "" is unanswered
type Answer struct {
	Values []string `json:"values"`
}

// Score is the graded answer.
type Score struct {
	Right    bool                     `json:"right"`
	Points   float64                  `json:"points"`             // 0..Question.Points.
	Parts    []bool                   `json:"parts,omitempty"`    // match, cloze: which values are right.
	Observed *string                  `json:"observed,omitempty"` // predict: what the code printed, when a real run marked it.
	Feedback map[string]template.HTML `json:"feedback"`           // By option id that was chosen; "" for the item as a whole.
}

// Item is the raw form of a question as the Markdown reader found it.
type Item struct {
	File    string
	Line    int
	Kind    string            // As written: "single".
	Attrs   map[string]string // id and others, as written.
	Title   string
	Prompt  template.HTML
	Gaps    int      // Blanks in the prompt.
	Outputs []string // Output blocks of the prompt, which are not shown.
	Run     string   // Id of the run block these belong to.
	Hints   template.HTML

	// Of an item with variables: [Mark](i) in a text stands for Expressions[i].
	Variables   []Variable
	Expressions []string
	Choices     []Choice // Task-list entries.
	Entries     []Choice // Plain list entries (accepted answers, order, pairs).
	Why         template.HTML
}

// Choice is a list entry of an item.
type Choice struct {
	Line    int
	Checked bool
	Label   template.HTML
	Source  string        // Its Markdown text, trimmed.
	Why     template.HTML // Its nested list, "" without one.
}
