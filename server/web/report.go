package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"pattarai/lessons"
	"pattarai/sandbox/check"
	"pattarai/server/catalog"
	"pattarai/server/submit"
)

func reportURL(id string) string { return "/reports/" + id }

// whenFormat is how pages write a time.
const whenFormat = "2 Jan 2006, 15:04 MST"

type reportJSON struct {
	ID       string            `json:"id"`
	Lesson   string            `json:"lesson"`
	Attempt  int               `json:"attempt"`
	State    submit.State      `json:"state"`
	Position int               `json:"position"`
	Report   check.Report      `json:"report"`
	Files    map[string]string `json:"files"`
	Received *time.Time        `json:"received_at"`
	Started  *time.Time        `json:"started_at"`
	Finished *time.Time        `json:"finished_at"`
}

// report answers GET /api/reports/{id}.
func (h *Handler) report(c echo.Context) error {
	s, err := h.Submissions.Report(c.Request().Context(), learnerOf(c), c.Param("id"))
	if err != nil {
		return err
	}
	files := make(map[string]string, len(s.Files))
	for path, content := range s.Files {
		files[path] = string(content)
	}
	return c.JSON(http.StatusOK, reportJSON{
		s.ID, s.Lesson, s.Attempt, s.State, h.Submissions.Position(s.ID), s.Report, files, moment(s.Received), moment(s.Started), moment(s.Finished),
	})
}

type reportEventJSON struct {
	ID        string        `json:"id"`
	URL       string        `json:"url"`
	Verdict   check.Verdict `json:"verdict"`
	Gradable  bool          `json:"gradable"`
	Attempt   int           `json:"attempt"`
	Points    float64       `json:"points"`
	MaxPoints float64       `json:"max_points"`
}

func reportEventOf(s submit.Submission) reportEventJSON {
	return reportEventJSON{s.ID, reportURL(s.ID), s.Verdict, s.Gradable, s.Attempt, s.Points, s.MaxPoints}
}

// reportEvents answers GET /api/reports/{id}/events: its checks as they come, then
// the report. A report that is done already is said at once.
func (h *Handler) reportEvents(c echo.Context) error {
	who, id := learnerOf(c), c.Param("id")
	ctx, cancel := context.WithCancel(c.Request().Context())
	defer cancel()
	updates := h.Submissions.Subscribe(ctx, who) // Before looking, so that nothing falls between.
	s, err := h.Submissions.Report(ctx, who, id)
	if err != nil {
		return err
	}
	out, err := h.openStream(c, who)
	if out == nil {
		return err
	}
	defer out.close()
	if s.State == submit.Done {
		_ = out.send("report", reportEventOf(s))
		return nil
	}
	if place := h.Submissions.Position(id); place > 0 && out.sendWork(submit.Update{Submission: id, Position: place}) != nil {
		return nil // The reader is gone.
	}
	h.followReport(ctx, out, updates, id)
	return nil
}

// followReport writes a submission's news until it is done or the reader is gone.
func (h *Handler) followReport(ctx context.Context, out *stream, updates <-chan submit.Update, id string) {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	var err error
	for err == nil {
		select {
		case <-ctx.Done():
			return
		case <-h.stopping:
			_ = out.bye()
			return
		case <-beat.C:
			err = out.beat()
		case u, ok := <-updates:
			if !ok {
				return
			}
			if u.Submission != id {
				break
			}
			if err = out.sendWork(u); u.Done != nil {
				return
			}
		}
	}
}

// reportPage answers GET /reports/{id}.
func (h *Handler) reportPage(c echo.Context) error {
	s, err := h.Submissions.Report(c.Request().Context(), learnerOf(c), c.Param("id"))
	if err != nil {
		return err
	}
	lang := h.language(c.Request())
	h.rememberLanguage(c.Response(), c.Request())
	page := h.reportView(s, lang)
	if page.Earlier, err = h.earlierReports(c.Request().Context(), s); err != nil {
		return err
	}
	html, err := h.shelf.templates.render("report", page)
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, htmlType, html)
}

func (h *Handler) reportView(s submit.Submission, lang string) ReportPage {
	card := h.card(s.Lesson, lang)
	page := ReportPage{
		Layout: h.layout(lang, h.Assets.Languages, reportURL(s.ID), "progress"), ID: s.ID, Lesson: card, AttemptsURL: attemptsURL(s.Lesson), Attempt: s.Attempt,
		When: s.Received.UTC().Format(whenFormat), State: string(s.State), Position: h.Submissions.Position(s.ID), Verdict: verdictOf(s),
		Reason: s.Report.Reason, Points: s.Points, MaxPoints: s.MaxPoints, TookSeconds: s.Report.Took.Seconds(),
	}
	page.Title = card.Title
	lesson, known := h.Catalog.Current().Lesson(s.Lesson)
	for _, r := range s.Report.Results {
		result := reportResult(r)
		if known {
			result.Place = placeOf(lesson, lang, card.URL, r.ID)
		}
		page.Results = append(page.Results, result)
	}
	for path, content := range s.Files {
		page.Files = append(page.Files, ReportFile{path, string(content)})
	}
	slices.SortFunc(page.Files, func(a, b ReportFile) int { return strings.Compare(a.Path, b.Path) })
	return page
}

// earlierReports are those that regrades replaced.
func (h *Handler) earlierReports(ctx context.Context, s submit.Submission) ([]EarlierReport, error) {
	if s.Regraded.IsZero() {
		return nil, nil
	}
	changes, err := h.Regrades.Changes(ctx, s.Learner, s.ID)
	if err != nil {
		return nil, err
	}
	var all []EarlierReport
	for _, change := range changes {
		earlier := EarlierReport{
			Until: change.Applied.UTC().Format(whenFormat), Points: change.Old.Points, MaxPoints: change.Old.MaxPoints,
			Verdict: verdictOf(submit.Submission{State: submit.Done, Gradable: change.Old.Gradable, Verdict: change.Old.Verdict}),
		}
		for _, r := range change.Old.Report.Results {
			earlier.Results = append(earlier.Results, EarlierResult{r.Title, string(r.Status), r.Observed})
		}
		all = append(all, earlier)
	}
	return all, nil
}

// verdictOf is the verdict as pages name it.
func verdictOf(s submit.Submission) string {
	switch {
	case s.State != submit.Done:
		return string(check.VerdictPending)
	case !s.Gradable:
		return "ungraded"
	default:
		return string(s.Verdict)
	}
}

func reportResult(r check.Result) ReportResult {
	result := ReportResult{
		ID: r.ID, Title: r.Title, Status: string(r.Status), Expected: r.Expected, Observed: r.Observed, Reasons: r.Reasons,
		Output: r.Output, Truncated: r.Truncated, TryIt: r.TryIt, Help: r.Help, Points: r.Points, MaxPoints: r.MaxPoints, TookMillis: r.Took.Milliseconds(),
	}
	for _, b := range r.Bars {
		result.Bars = append(result.Bars, ReportBar{b.Label, b.Count, 100 * b.Observed, 100 * max(b.Expected, 0), b.Expected >= 0, b.OK})
	}
	for _, k := range r.Cases {
		result.Cases = append(result.Cases, ReportCase{k.Name, k.Input, k.Expected, k.Observed, k.Diff, k.OK, k.Hidden})
	}
	return result
}

// placeOf is the URL of the step that shows a check; "" when none does.
func placeOf(lesson *catalog.Lesson, lang, url, id string) string {
	text, ok := lesson.Texts[lang]
	if !ok {
		for _, any := range lesson.Texts {
			text = any
		}
	}
	if text == nil {
		return ""
	}
	i := slices.IndexFunc(text.Steps, func(s lessons.Step) bool { return slices.Contains(s.Checks, id) })
	if i < 0 {
		return ""
	}
	return url + "#" + text.Steps[i].ID
}
