// Package lessons is the course model: what an instructor writes as a folder of
// Markdown and YAML, loaded, validated and rendered once. It knows no HTTP and no
// containers: topologies and checks are validated by a function it is handed.
package lessons

import (
	"html/template"
	"io/fs"

	"pattarai/lessons/problem"
	"pattarai/quizzes"
)

// Catalog is everything that loaded, and everything that did not.
type Catalog struct {
	Courses  []*Course
	Problems problem.List // Of every lesson; a lesson with errors is in no course.

	folders map[string]*folder // By lesson folder: what a later load need not do again.
}

// Course is a folder with a course.yaml.
type Course struct {
	Slug      string            // Its folder: "haproxy".
	Title     map[string]string // By language: "en", "ta".
	Summary   map[string]string //
	Order     int               //
	Languages []string          // First one is the default.
	Lessons   []*Lesson         // By folder name.
}

// Lesson is a folder with a lesson.md.
type Lesson struct {
	Course    string                      // Course slug.
	Slug      string                      // "weighted-round-robin": the folder without its number.
	Dir       string                      // Below the content root: "haproxy/09-weighted-round-robin".
	Number    int                         // 9.
	Skills    []string                    //
	Needs     []string                    // Lesson ids that come before: "haproxy/round-robin".
	Minutes   int                         //
	Level     string                      // beginner, intermediate, advanced.
	Texts     map[string]*Text            // By language; the course's default is always there.
	Questions map[string]quizzes.Question // By item id, in the default language.
	Files     map[string][]byte           // files/: what a learner starts with, by path relative to it.
	Assets    map[string][]byte           // Pictures beside lesson.md, by relative path.
	Solutions []Solution                  //
	Folder    fs.FS                       // The lesson's folder: compose.yaml and exercise.yaml are read from it.
	Hash      string                      // Hex SHA-256 over the whole folder.
}

// ID is "course/slug": how URLs, needs and submissions name a lesson.
func (l *Lesson) ID() string { return l.Course + "/" + l.Slug }

// Text is a lesson in one language, rendered.
type Text struct {
	Lang      string
	Title     string
	Summary   string
	Steps     []Step
	Runs      []Run                       // Runnable blocks, top to bottom.
	Questions map[string]quizzes.Question // In this language; same ids and keys as the default's.
	Stale     []string                    // Ids of steps whose default-language source changed since translation.
	Locked    map[string]template.HTML    // Solutions by step id; not in any step's HTML. Serve them only when unlocked.
	Checks    []Anchor                    // Places where checks are shown, top to bottom.
	Edits     []Anchor                    // Files that blocks put into the editor.
}

// Anchor is a name at a line of a lesson's text.
type Anchor struct {
	File string // As problems name it.
	Name string
	Line int
}

// Step is a heading's worth of a lesson. The first step has no heading of its own
// when the text starts before the first "##".
type Step struct {
	ID     string        // Heading id, Tamil-safe, unique in the lesson.
	Title  string        //
	HTML   template.HTML // Sanitised. See docs/lesson-html.md for the hooks it contains.
	Checks []string      // Ids of checks shown here.
	Items  []string      // Ids of quiz items shown here.
}

// Run is a block that `prove` executes and a reader can send to a terminal.
type Run struct {
	ID        string // "run-1", unique in the lesson, same in every language.
	Node      string // "" means the exercise's shell node.
	Lang      string // bash, sh, python, sql.
	Code      string
	Output    string // What the following output block says it prints; "" with HasOutput false.
	HasOutput bool
	File      string
	Line      int
}

// Solution is an author's answer: "good" ones must pass, "bad-*" must fail as they say.
type Solution struct {
	Name  string            // Folder name: "good", "bad-leastconn".
	Files map[string][]byte // Replace the starter files of the same path.
	Fails string            // Id of the check it must fail on; "" for good ones. From solution.yaml.
	Says  string            // Text that check's report must contain; may be "".
	Why   string            // The misconception, in a sentence.
	File  string            // Its solution.yaml, as problems name it.
	Line  int               // Of "fails" in it; 0 without.
}

// Validate checks a part of a lesson that this package does not understand.
type Validate func(lesson *Lesson) problem.List
