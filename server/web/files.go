package web

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"pattarai/sandbox"
	"pattarai/server/fault"
	"pattarai/server/labs"
)

type savedJSON struct {
	Version int              `json:"version"`
	Saved   *time.Time       `json:"saved_at"`
	Applied *sandbox.Applied `json:"applied"`
}

// saveFile answers PUT …/files/{path}. The body names the tab that saves,
// so that it can tell its own news from another's.
func (h *Handler) saveFile(c echo.Context) error {
	lesson, err := h.find(c)
	if err != nil {
		return err
	}
	name, err := url.PathUnescape(c.Param("*"))
	if err != nil {
		return errNoPage()
	}
	asked, err := body[struct {
		Content string `json:"content"`
		Version int    `json:"version"`
		Apply   bool   `json:"apply"`
		Tab     string `json:"tab"`
	}](c, maxFileBody)
	if err != nil {
		return err
	}
	if len(asked.Tab) > 64 {
		return fault.New(fault.Invalid, "tab", "The name of a tab has at most 64 bytes.", "")
	}
	file := labs.File{Path: name, Content: []byte(asked.Content), Version: asked.Version}
	saved, err := h.Labs.Save(c.Request().Context(), learnerOf(c), lesson.ID(), asked.Tab, file, asked.Apply)
	var f *fault.Error
	if errors.As(err, &f) && f.Kind == fault.Conflict {
		return h.fileChanged(c, lesson.ID(), name, f)
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, savedJSON{saved.File.Version, moment(saved.File.Saved), saved.Applied})
}

// fileChanged answers a save that came after another tab's, with that tab's file.
func (h *Handler) fileChanged(c echo.Context, lesson, name string, f *fault.Error) error {
	files, err := h.Labs.Files(c.Request().Context(), learnerOf(c), lesson)
	if err != nil {
		return err
	}
	info := infoOf(c.Request().Context())
	info.err = f
	answer := struct {
		Error errorJSON `json:"error"`
		File  *fileJSON `json:"file"`
	}{Error: errorBody(f, info.id)}
	answer.Error.Code = "file_changed"
	for _, file := range files {
		if file.Path == name {
			now := fileOf(file)
			answer.File = &now
		}
	}
	return c.JSON(http.StatusConflict, answer)
}
