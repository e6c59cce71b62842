package web

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"pattarai/server/catalog"
)

// authorPoll is how soon an author's page hears of a change.
const authorPoll = 10 * time.Millisecond

// authorEvents answers GET /api/preview/events: a "reload" whenever the lesson
// named by the query, or the catalogue without one, has changed since the page with
// the mark "seen" was made, or since now without one. It exists in live preview only.
func (h *Handler) authorEvents(c echo.Context) error {
	if !h.Author {
		return errNoPage()
	}
	id, seen := c.QueryParam("lesson"), c.QueryParam("seen")
	who, _ := netip.ParseAddrPort(c.Request().RemoteAddr)
	s, err := h.openStream(c, "author "+who.Addr().String())
	if s == nil {
		return err
	}
	defer s.close()
	h.followContent(c.Request(), s, id, seen)
	return nil
}

// followContent tells of changes after what the page has seen: the file may have
// changed again while the page was on its way.
func (h *Handler) followContent(r *http.Request, s *stream, id, seen string) {
	tick, beat := time.NewTicker(authorPoll), time.NewTicker(heartbeat)
	defer tick.Stop()
	defer beat.Stop()
	var last *catalog.Snapshot
	if seen == "" {
		last = h.Catalog.Current()
		seen = mark(last, id)
	}
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
			if now == last {
				continue
			}
			is := mark(now, id)
			if is != seen || id == "" {
				err = s.send("reload", map[string]string{"lesson": id, "version": now.Version})
			}
			last, seen = now, is
		}
	}
}

// mark differs between two snapshots in which the page of a lesson looks different.
func mark(s *catalog.Snapshot, id string) string {
	lesson, ok := s.Lesson(id)
	if !ok {
		return "none"
	}
	sum := sha256.Sum256([]byte(lesson.Hash + "\n" + strings.Join(problemsBelow(s, lesson.Dir), "\n")))
	return hex.EncodeToString(sum[:8])
}
