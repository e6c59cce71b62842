package web

import "github.com/labstack/echo/v4"

// static answers what the shelf did not: a file of another version of this server,
// or an address with a query. A page that was open during an update reloads then.
func (h *Handler) static(c echo.Context) error {
	found := h.shelf.static[c.Request().URL.Path]
	if found == nil {
		return errNoPage()
	}
	if err := found.prepare(); err != nil {
		return err
	}
	found.write(c.Response(), c.Request(), h.shelf.press)
	return nil
}
