package web

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"pattarai/sandbox"
	"pattarai/server/catalog"
	"pattarai/server/fault"
	"pattarai/server/labs"
)

// lab answers POST …/lab.
func (h *Handler) lab(c echo.Context) error {
	lesson, err := h.find(c)
	if err != nil {
		return err
	}
	asked, err := body[struct {
		Action string `json:"action"`
	}](c, maxSmallBody)
	if err != nil {
		return err
	}
	act, ok := map[string]func(ctx context.Context, learner, lesson string) (labs.View, error){
		"start": h.Labs.Start, "extend": h.Labs.Extend, "restart": h.Labs.Restart, "reset": h.Labs.Reset, "end": h.Labs.End,
	}[asked.Action]
	if !ok {
		return errBadAction(asked.Action, "start, extend, restart, reset and end")
	}
	view, err := act(c.Request().Context(), learnerOf(c), lesson.ID())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, labOf(view))
}

func errBadAction(got, allowed string) error {
	return fault.New(fault.Invalid, "unknown_action", "There is no action "+quoted(got)+"; there are "+allowed+".", "Send one of them.")
}

// control answers POST …/nodes/{node}/control.
func (h *Handler) control(c echo.Context) error {
	lesson, err := h.find(c)
	if err != nil {
		return err
	}
	asked, err := body[struct {
		Action sandbox.Action `json:"action"`
	}](c, maxSmallBody)
	if err != nil {
		return err
	}
	switch asked.Action {
	case sandbox.Kill, sandbox.Stop, sandbox.Start, sandbox.Pause, sandbox.Unpause:
	default:
		return errBadAction(string(asked.Action), "kill, stop, start, pause and unpause")
	}
	node, err := nodeOf(c, lesson)
	if err != nil {
		return err
	}
	if err := h.Labs.Control(c.Request().Context(), learnerOf(c), lesson.ID(), node, asked.Action); err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, struct{}{})
}

// nodeOf is the node that the path names.
func nodeOf(c echo.Context, lesson *catalog.Lesson) (string, error) {
	node := c.Param("node")
	if _, ok := lesson.Topology.Node(node); !ok {
		return "", fault.New(fault.NotFound, "no_node", "The lab of this lesson has no such node.", "The picture beside the lesson shows its nodes.")
	}
	return node, nil
}

// breakNode answers POST …/nodes/{node}/faults.
func (h *Handler) breakNode(c echo.Context) error {
	lesson, err := h.find(c)
	if err != nil {
		return err
	}
	asked, err := body[struct {
		Kind   sandbox.FaultKind `json:"kind"`
		Peer   string            `json:"peer"`
		Delay  int64             `json:"delay_ms"`
		Jitter int64             `json:"jitter_ms"`
		Loss   float64           `json:"loss"`
	}](c, maxSmallBody)
	if err != nil {
		return err
	}
	node, err := nodeOf(c, lesson)
	if err != nil {
		return err
	}
	f := sandbox.Fault{Kind: asked.Kind, Peer: asked.Peer, Delay: milliseconds(asked.Delay), Jitter: milliseconds(asked.Jitter), Loss: asked.Loss}
	if err := h.Labs.Break(c.Request().Context(), learnerOf(c), lesson.ID(), node, f); err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, struct{}{})
}

// milliseconds is n of them, and more than any bound allows when that overflows.
func milliseconds(n int64) time.Duration {
	if n > int64(time.Hour/time.Millisecond) {
		return time.Hour
	}
	return time.Duration(n) * time.Millisecond
}

// mendNode answers DELETE …/nodes/{node}/faults.
func (h *Handler) mendNode(c echo.Context) error {
	lesson, err := h.find(c)
	if err != nil {
		return err
	}
	node, err := nodeOf(c, lesson)
	if err != nil {
		return err
	}
	if err := h.Labs.Mend(c.Request().Context(), learnerOf(c), lesson.ID(), node, sandbox.FaultKind(c.QueryParam("kind"))); err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, struct{}{})
}

// traffic answers POST …/traffic.
func (h *Handler) traffic(c echo.Context) error {
	lesson, err := h.find(c)
	if err != nil {
		return err
	}
	asked, err := body[trafficJSON](c, maxSmallBody)
	if err != nil {
		return err
	}
	if asked.On && (asked.Rate < 0.5 || asked.Rate > 50) {
		return fault.New(fault.Invalid, "rate", "Traffic runs at 0.5 to 50 requests a second.", "Choose a rate between them.")
	}
	set, err := h.Labs.SetTraffic(c.Request().Context(), learnerOf(c), lesson.ID(), labs.Traffic{On: asked.On, Rate: asked.Rate})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, trafficJSON{set.On, set.Rate})
}
