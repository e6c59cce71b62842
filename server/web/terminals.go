package web

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"pattarai/server/fault"
	"pattarai/server/labs"
)

type terminalJSON struct {
	ID      string `json:"id"`
	Node    string `json:"node"`
	Running bool   `json:"running"`
}

// terminals answers GET …/terminals.
func (h *Handler) terminals(c echo.Context) error {
	lesson, err := h.find(c)
	if err != nil {
		return err
	}
	open, err := h.Labs.Terminals(c.Request().Context(), learnerOf(c), lesson.ID())
	if err != nil {
		return err
	}
	list := make([]terminalJSON, 0, len(open))
	for _, t := range open {
		list = append(list, terminalJSON{t.ID, t.Node, t.Running})
	}
	return c.JSON(http.StatusOK, list)
}

// openTerminal answers POST …/terminals with a ticket for one socket.
func (h *Handler) openTerminal(c echo.Context) error {
	lesson, err := h.find(c)
	if err != nil {
		return err
	}
	asked, err := body[struct {
		Node string `json:"node"`
		ID   string `json:"id"`
	}](c, maxSmallBody)
	if err != nil {
		return err
	}
	terminal, err := h.terminal(c, lesson.ID(), asked.ID, asked.Node)
	if err != nil {
		return err
	}
	lab, _, err := h.Labs.View(c.Request().Context(), learnerOf(c), lesson.ID())
	if err != nil {
		return err
	}
	code, err := h.tickets.issue(ticket{learner: learnerOf(c), lesson: lesson.ID(), lab: lab.ID, terminal: terminal.ID, node: terminal.Node})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]string{"id": terminal.ID, "node": terminal.Node, "ticket": code})
}

// terminal is the one with an id, or a new one on a node.
func (h *Handler) terminal(c echo.Context, lesson, id, node string) (labs.Terminal, error) {
	ctx, who := c.Request().Context(), learnerOf(c)
	if (id == "") == (node == "") {
		return labs.Terminal{}, fault.New(fault.Invalid, "terminal", "A terminal is opened by its id or on a node.", "Send either id or node.")
	}
	if id == "" {
		return h.Labs.NewTerminal(ctx, who, lesson, node)
	}
	open, err := h.Labs.Terminals(ctx, who, lesson)
	if err != nil {
		return labs.Terminal{}, err
	}
	i := slices.IndexFunc(open, func(t labs.Terminal) bool { return t.ID == id })
	if i < 0 {
		return labs.Terminal{}, fault.New(fault.NotFound, "no_terminal", "There is no such terminal any more.", "Open a new one.")
	}
	return open[i], nil
}

// endTerminal answers DELETE …/terminals/{id}.
func (h *Handler) endTerminal(c echo.Context) error {
	lesson, err := h.find(c)
	if err != nil {
		return err
	}
	if err := h.Labs.EndTerminal(c.Request().Context(), learnerOf(c), lesson.ID(), c.Param("id")); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
