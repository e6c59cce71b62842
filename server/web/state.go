package web

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"pattarai/sandbox"
	"pattarai/sandbox/check"
	"pattarai/server/catalog"
	"pattarai/server/fault"
	"pattarai/server/labs"
	"pattarai/server/submit"
)

// stateJSON is all that is personal about a lesson page.
type stateJSON struct {
	Now      time.Time            `json:"now"`
	Learner  learnerJSON          `json:"learner"`
	Labs     labsJSON             `json:"labs"`
	Lab      *labJSON             `json:"lab"`
	Estimate int64                `json:"estimate_ms"`
	P95      int64                `json:"p95_ms"`
	Files    []workFileJSON       `json:"files"`
	Checks   []checkJSON          `json:"checks"`
	Report   *reportLinkJSON      `json:"report"`
	Running  string               `json:"running"`
	Quizzes  map[string]scoreJSON `json:"quizzes"`
	Items    map[string]itemJSON  `json:"items"`
	Topology topologyJSON         `json:"topology"`
	Shell    string               `json:"shell"`
	Edit     []string             `json:"edit"`
	Preview  bool                 `json:"preview"`
}

// workFileJSON is a file of the workspace with what the lesson began with.
type workFileJSON struct {
	fileJSON
	StarterContent string `json:"starter_content"`
}

type learnerJSON struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Guest bool   `json:"guest"`
}

type labsJSON struct {
	OK      bool   `json:"ok"`
	Message string `json:"message"`
	Fix     string `json:"fix"`
}

type checkJSON struct {
	ID     string        `json:"id"`
	Title  string        `json:"title"`
	Needs  []string      `json:"needs"`
	Points float64       `json:"points"`
	Last   *check.Result `json:"last"`
	Stale  bool          `json:"stale"`
}

type reportLinkJSON struct {
	ID      string        `json:"id"`
	URL     string        `json:"url"`
	Verdict check.Verdict `json:"verdict"`
	Attempt int           `json:"attempt"`
}

type topologyJSON struct {
	Nodes []nodeJSON `json:"nodes"`
}

type nodeJSON struct {
	Name      string       `json:"name"`
	Role      sandbox.Role `json:"role"`
	Image     string       `json:"image"`
	View      string       `json:"view"`
	Ports     []portJSON   `json:"ports"`
	Files     []string     `json:"files"`
	DependsOn []string     `json:"depends_on"`
}

type portJSON struct {
	Number int    `json:"number"`
	Name   string `json:"name"`
	Path   string `json:"path"`
}

// state answers GET …/state.
func (h *Handler) state(c echo.Context) error {
	lesson, err := h.find(c)
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), person(c)
	state := stateJSON{
		Now: h.Now().UTC(), Learner: learnerJSON{who.ID, who.Name, who.Guest}, Labs: h.labsState(ctx),
		Topology: topologyOf(lesson.Topology), Shell: lesson.Exercise.Shell, Edit: append([]string{}, lesson.Exercise.Edit...),
		Preview: h.PreviewDomain != "",
	}
	files, err := h.filesOf(ctx, who.ID, lesson)
	if err != nil {
		return err
	}
	state.Files = make([]workFileJSON, 0, len(files))
	for _, f := range files {
		state.Files = append(state.Files, workFileJSON{fileOf(f), string(lesson.Files[f.Path])})
	}
	if err := h.stateOfLab(ctx, &state, lesson); err != nil {
		return err
	}
	if err := h.stateOfWork(ctx, &state, lesson, files, h.language(c.Request())); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, state)
}

// filesOf is what the learner has written; nothing in a lesson without a lab.
func (h *Handler) filesOf(ctx context.Context, learner string, lesson *catalog.Lesson) ([]labs.File, error) {
	if !lesson.HasLab() {
		return nil, nil
	}
	return h.Labs.Files(ctx, learner, lesson.ID())
}

// stateOfLab adds the learner's lab, and how long one takes to start.
func (h *Handler) stateOfLab(ctx context.Context, state *stateJSON, lesson *catalog.Lesson) error {
	if !lesson.HasLab() {
		return nil
	}
	median, p95, err := h.Labs.Estimate(ctx, lesson.ID())
	if err != nil {
		return err
	}
	state.Estimate, state.P95 = median.Milliseconds(), p95.Milliseconds()
	view, ok, err := h.Labs.View(ctx, state.Learner.ID, lesson.ID())
	if err != nil || !ok {
		return err
	}
	lab := labOf(view)
	state.Lab = &lab
	return nil
}

func (h *Handler) labsState(ctx context.Context) labsJSON {
	if err := h.Labs.Available(ctx); err != nil {
		f := fault.Of(err)
		return labsJSON{false, f.Message, f.Fix}
	}
	return labsJSON{OK: true}
}

// stateOfWork adds what the learner handed in.
func (h *Handler) stateOfWork(ctx context.Context, state *stateJSON, lesson *catalog.Lesson, files []labs.File, lang string) error {
	latest, err := h.Submissions.Latest(ctx, state.Learner.ID, lesson.ID())
	if err != nil {
		return err
	}
	state.Running = h.Submissions.Active(state.Learner.ID, lesson.ID())
	last, checked := latest[submit.ItemChecks]
	if checked {
		state.Report = &reportLinkJSON{last.ID, reportURL(last.ID), last.Verdict, last.Attempt}
	}
	state.Checks = checksOf(lesson, last, checked && !sameFiles(last.Files, files))
	state.Quizzes = h.scoresOf(lesson, latest, lang)
	state.Items, err = h.itemsOf(lesson, state.Learner.ID, lang)
	return err
}

func checksOf(lesson *catalog.Lesson, last submit.Submission, changed bool) []checkJSON {
	results := make(map[string]*check.Result, len(last.Report.Results))
	for i := range last.Report.Results {
		results[last.Report.Results[i].ID] = &last.Report.Results[i]
	}
	checks := make([]checkJSON, 0, len(lesson.Exercise.Checks))
	for _, ch := range lesson.Exercise.Checks {
		result := results[ch.ID]
		checks = append(checks, checkJSON{
			ID: ch.ID, Title: ch.Title, Needs: append([]string{}, ch.Needs...), Points: ch.Points, Last: result,
			Stale: changed && result != nil && result.Status == check.Passed,
		})
	}
	return checks
}

// sameFiles tells whether what was handed in is what the workspace holds now.
func sameFiles(handedIn map[string][]byte, now []labs.File) bool {
	for _, f := range now {
		if content, ok := handedIn[f.Path]; ok && string(content) != string(f.Content) {
			return false
		}
	}
	return true
}

func (h *Handler) scoresOf(lesson *catalog.Lesson, latest map[string]submit.Submission, lang string) map[string]scoreJSON {
	scores := make(map[string]scoreJSON)
	for item, s := range latest {
		if s.Kind == submit.KindQuiz {
			scores[item] = scoreOf(lesson, s, lang)
		}
	}
	return scores
}

func topologyOf(t sandbox.Topology) topologyJSON {
	nodes := make([]nodeJSON, 0, len(t.Nodes))
	views := labs.Views(t)
	for _, n := range t.Nodes {
		node := nodeJSON{Name: n.Name, Role: n.Role, Image: n.Image, View: views[n.Name], Ports: []portJSON{}, Files: []string{}, DependsOn: []string{}}
		for _, p := range n.Ports {
			if p.Scheme == "http" {
				node.Ports = append(node.Ports, portJSON{p.Number, p.Name, p.Path})
			}
		}
		for _, f := range n.Files {
			node.Files = append(node.Files, f.Source)
		}
		for _, d := range n.DependsOn {
			node.DependsOn = append(node.DependsOn, d.Node)
		}
		nodes = append(nodes, node)
	}
	return topologyJSON{nodes}
}
