package web

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// access is who may use a route.
type access int

const (
	public  access = iota // Anybody; nothing personal comes out.
	learner               // A learner; whoever has no login yet becomes a guest.
	known                 // A learner who was here before.
	anyone                // Whoever it is; the route looks whether they are known.
)

// route is a line of the table of contents.
type route struct {
	method string
	path   string
	handle func(h *Handler, c echo.Context) error
	access access
	limit  bucket // Which allowance of the learner a request costs.
}

// routes is everything this server answers, previews aside. Home, course and lesson
// pages and static files are usually answered by the shelf before the router is asked.
func routes() []route {
	const (
		lesson = "/lessons/:course/:lesson"
		api    = "/api/lessons/:course/:lesson"
	)
	return []route{
		{"GET", "/", (*Handler).home, public, free},
		{"GET", "/courses/:course", (*Handler).course, public, free},
		{"GET", lesson, (*Handler).lesson, public, free},
		{"GET", lesson + "/assets/*", (*Handler).lessonAsset, public, free},
		{"GET", lesson + "/quiz/:item", (*Handler).question, learner, free},
		{"POST", lesson + "/quiz/:item", (*Handler).answerForm, learner, costsQuiz},
		{"GET", "/static/:hash/*", (*Handler).static, public, free},
		{"GET", "/progress", (*Handler).progress, anyone, free},
		{"GET", "/review", (*Handler).review, anyone, free},
		{"POST", "/review", (*Handler).rate, known, costsQuiz},
		{"GET", "/api/review", (*Handler).due, anyone, free},
		{"GET", "/reports/:id", (*Handler).reportPage, known, free},
		{"GET", "/attempts/:course/:lesson", (*Handler).attempts, known, free},

		{"GET", api + "/state", (*Handler).state, learner, free},
		{"POST", api + "/lab", (*Handler).lab, learner, costsLab},
		{"GET", api + "/events", (*Handler).events, known, free},
		{"PUT", api + "/files/*", (*Handler).saveFile, learner, costsSave},
		{"POST", api + "/nodes/:node/control", (*Handler).control, known, costsControl},
		{"POST", api + "/nodes/:node/faults", (*Handler).breakNode, known, costsControl},
		{"DELETE", api + "/nodes/:node/faults", (*Handler).mendNode, known, costsControl},
		{"POST", api + "/traffic", (*Handler).traffic, known, costsControl},
		{"POST", api + "/preview", (*Handler).openPreview, known, costsOpen},
		{"POST", api + "/check", (*Handler).check, learner, costsCheck},
		{"POST", api + "/quiz/:item", (*Handler).quiz, learner, costsQuiz},
		{"POST", api + "/solution/:step", (*Handler).solution, known, costsQuiz},

		{"GET", api + "/terminals", (*Handler).terminals, known, free},
		{"POST", api + "/terminals", (*Handler).openTerminal, known, costsOpen},
		{"DELETE", api + "/terminals/:id", (*Handler).endTerminal, known, costsOpen},
		{"GET", "/ws/terminals", (*Handler).terminalSocket, known, costsOpen},

		{"GET", "/api/reports/:id", (*Handler).report, known, free},
		{"GET", "/api/reports/:id/events", (*Handler).reportEvents, known, free},
		{"GET", "/api/preview/events", (*Handler).authorEvents, public, free},

		{"GET", "/healthz", (*Handler).healthz, public, free},
		{"GET", "/readyz", (*Handler).readyz, public, free},
		{"GET", "/metrics", (*Handler).metrics, public, free},
	}
}

// router makes the Echo that serves [routes].
func (h *Handler) router() *echo.Echo {
	e := echo.New()
	e.HTTPErrorHandler = h.fail
	e.IPExtractor = h.ipExtractor()
	e.Use(h.notePath, h.guardRequest)
	for _, r := range routes() {
		serve := h.withAccess(r)
		e.Add(r.method, r.path, serve)
		if r.method == http.MethodGet && r.path != "/ws/terminals" {
			e.Add(http.MethodHead, r.path, serve)
		}
	}
	return e
}

// withAccess finds the learner a route needs and charges what it costs.
func (h *Handler) withAccess(r route) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := h.identify(c, r.access); err != nil {
			return err
		}
		if err := h.limits.charge(learnerOf(c), r.limit); err != nil {
			return err
		}
		return r.handle(h, c)
	}
}
