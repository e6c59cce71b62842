package web

import (
	"html/template"

	"pattarai/server/compare"
)

// Every page is one struct and one template of the same name in assets/templates:
// HomePage is rendered by home.html inside layout.html. A test type-checks each
// template against its struct.

// Layout is what every page needs; it is embedded in each page.
type Layout struct {
	Title       string                   // Of the document.
	Lang        string                   // "en" or "ta".
	Languages   []string                 // What this page can be had in.
	Path        string                   // Of this page, for the language links.
	Active      string                   // Which entry of the navigation is current: "courses", "progress" or "".
	Site        string                   // Name of the installation.
	Description string                   //
	Static      func(name string) string `json:"-"` // URL of a static file: {{call .Static "app.css"}}.
	T           func(key string) string  `json:"-"` // Text in the page's language: {{call .T "nav.courses"}}.
}

// HomePage is the catalogue.
type HomePage struct {
	Layout
	Courses  []CourseCard
	Labs     Notice // Says what is missing when labs cannot start.
	Problems int    // Lessons that did not load (shown in preview mode only).
}

// Notice is a message with a way on. Zero means nothing to say.
type Notice struct {
	Message string
	Fix     string
}

// CourseCard is a course in the catalogue.
type CourseCard struct {
	Slug, Title, Summary string
	URL                  string
	Lessons              int
	Minutes              int
	Languages            []string
	First                string // URL of the first lesson.
}

// CoursePage is one course.
type CoursePage struct {
	Layout
	Course  CourseCard
	Lessons []LessonCard
}

// LessonCard is a lesson in a course.
type LessonCard struct {
	ID, Title, Summary string
	URL                string
	Number             int
	Minutes            int
	Level              string
	Skills             []string
	Needs              []string // Titles.
	Checks             int
	Quizzes            int
	HasLab             bool
	Languages          []string
}

// LessonPage is a lesson beside its lab. The same bytes go to everyone.
type LessonPage struct {
	Layout
	Course  CourseCard
	Lesson  LessonCard
	Steps   []StepPart
	HasLab  bool
	HasEdit bool        // There are files to edit.
	Prev    *LessonCard // nil at the ends of the course.
	Next    *LessonCard
	Preview string   // The author's live preview is on: the mark of what this page shows.
	Errors  []string // Preview only: problems of this lesson.
}

// StepPart is a step of a lesson.
type StepPart struct {
	ID, Title string
	HTML      template.HTML
	Stale     bool // The translation is older than the original.
}

// ProgressPage is what a learner has done.
type ProgressPage struct {
	Layout
	Due      int // To review now.
	Lessons  []ProgressRow
	Attempts []AttemptRow
}

// ProgressRow is a lesson the learner has begun.
type ProgressRow struct {
	Lesson       LessonCard
	ChecksPassed int
	ChecksTotal  int
	QuizzesRight int
	QuizzesTotal int
	AttemptsURL  string // "" when the lesson has no checks.
	LastSeen     string // "20 Nov 2026, 10:00 UTC"
}

// AttemptRow is a submission.
type AttemptRow struct {
	URL, Lesson, When string
	Attempt           int
	Verdict           string // passed, failed, timed_out, limit_exceeded, pending, ungraded
	Points, MaxPoints float64
	Regraded          bool // Its author changed the checks, and its verdict changed with them.
}

// QuestionPart is a quiz item as one learner gets it.
type QuestionPart struct {
	ID       string
	Lesson   LessonCard
	Form     template.HTML
	Variants int // How many there are; 0 when it is the same for everyone.
}

// AnsweredPart is what came of the last answer.
type AnsweredPart struct {
	Right, Partly     bool
	Points, MaxPoints float64
	Tries             int
	Reasons           []ReasonPart
	Why               template.HTML
	Solution          template.HTML // After enough tries.
	Observed          string        // predict: what the code really printed.
	Proved            bool          // predict: no lab was there to run it.
}

// ReasonPart is what is said about a chosen option.
type ReasonPart struct {
	Option, Why template.HTML
}

// QuestionPage is one quiz item.
type QuestionPage struct {
	Layout
	Question QuestionPart
	Answered *AnsweredPart // nil before the first answer.
	Refused  string        // Why the answer that was just sent was not taken.
	Next     string        // The day it comes back: "24 Nov 2026"; "" when it does not.
}

// ReviewPage is what is due today.
type ReviewPage struct {
	Layout
	Cards []ReviewPart
	More  int    // Due beyond those shown.
	Next  string // The day on which the next of the others is due; "" when there is none.
}

// ReviewPart is one card: a question, or a check to do again.
type ReviewPart struct {
	QuestionPart
	Item  string
	Claim string // Of a check; "" of a question.
	Place string // Where the check is.
}

// AttemptsPage lists what was handed in for a lesson's checks, and how two differ.
type AttemptsPage struct {
	Layout
	Lesson       LessonCard
	Attempts     []AttemptEntry // Newest first.
	Compared     bool           // There are two to compare; what follows is set.
	Older, Newer AttemptRow
	OtherChecks  bool // The author changed the checks in between.
	Files        []compare.File
}

// AttemptEntry is an attempt that can be chosen for comparison.
type AttemptEntry struct {
	AttemptRow
	ID       string
	From, To bool
}

// ReportPage is one submission's report.
type ReportPage struct {
	Layout
	ID          string
	Lesson      LessonCard
	AttemptsURL string
	Attempt     int
	When        string
	State       string // queued, running, done
	Position    int
	Verdict     string // as in AttemptRow
	Reason      string // When it could not be graded: what of ours failed.
	Points      float64
	MaxPoints   float64
	TookSeconds float64
	Earlier     []EarlierReport // What regrades replaced, oldest first.
	Results     []ReportResult
	Files       []ReportFile
}

// EarlierReport is a report that does not count any more: a regrade with mended checks
// put another in its place.
type EarlierReport struct {
	Until             string // When it was replaced.
	Verdict           string // As in AttemptRow.
	Points, MaxPoints float64
	Results           []EarlierResult
}

// EarlierResult is a check's result of an earlier report.
type EarlierResult struct{ Title, Status, Observed string }

// ReportResult is a check's result on the report page.
type ReportResult struct {
	ID, Title, Status  string
	Expected, Observed string
	Reasons            []string
	Bars               []ReportBar
	Cases              []ReportCase
	Output             string
	Truncated          bool
	TryIt, Help        string
	Place              string // URL of the lesson step that teaches it; "" when unknown.
	Points, MaxPoints  float64
	TookMillis         int64
}

// ReportBar is a share. Percentages, 0..100.
type ReportBar struct {
	Label              string
	Count              int
	Observed, Expected float64
	HasExpected        bool
	OK                 bool
}

// ReportCase is a row of a table of requests or program runs.
type ReportCase struct {
	Name, Input, Expected, Observed, Diff string
	OK, Hidden                            bool
}

// ReportFile is a file as it was handed in.
type ReportFile struct {
	Path, Content string
}

// ErrorPage is shown for everything that went wrong.
type ErrorPage struct {
	Layout
	Status  int
	Heading string
	Message string
	Fix     string
	Request string // Request id to quote.
	BackURL string
}
