package web

import (
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"pattarai/server/catalog"
)

// authorPoll is how soon an author's page hears of a change.
const authorPoll = 10 * time.Millisecond

// authorEvents answers GET /api/preview/events: a "reload" whenever the lesson
// named by the query, or the catalogue without one, has changed. It exists in live
// preview only.
func (h *Handler) authorEvents(c echo.Context) error {
	if !h.Author {
		return errNoPage()
	}
	id := c.QueryParam("lesson")
	who, _ := netip.ParseAddrPort(c.Request().RemoteAddr)
	s, err := h.openStream(c, "author "+who.Addr().String())
	if s == nil {
		return err
	}
	defer s.close()
	h.followContent(c.Request(), s, id)
	return nil
}

func (h *Handler) followContent(r *http.Request, s *stream, id string) {
	tick, beat := time.NewTicker(authorPoll), time.NewTicker(heartbeat)
	defer tick.Stop()
	defer beat.Stop()
	seen := h.Catalog.Current()
	var err error
	for err == nil {
		select {
		case <-r.Context().Done():
			return
		case <-h.stopping:
			_ = s.bye()
			return
		case <-beat.C:
			err = s.beat()
		case <-tick.C:
			now := h.Catalog.Current()
			if now != seen && differs(seen, now, id) {
				err = s.send("reload", map[string]string{"lesson": id, "version": now.Version})
			}
			seen = now
		}
	}
}

// differs tells whether the page of a lesson looks different in two snapshots.
func differs(a, b *catalog.Snapshot, id string) bool {
	was, hadIt := a.Lesson(id)
	now, hasIt := b.Lesson(id)
	if !hadIt || !hasIt {
		return true
	}
	if was.Hash != now.Hash {
		return true
	}
	return !slices.Equal(problemsBelow(a, was.Dir), problemsBelow(b, now.Dir))
}
