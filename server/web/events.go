package web

import (
	"context"
	"time"

	"github.com/labstack/echo/v4"

	"pattarai/server/labs"
	"pattarai/server/submit"
)

// events answers GET …/events: the news of a lesson's lab and of its graded runs.
func (h *Handler) events(c echo.Context) error {
	lesson, err := h.find(c)
	if err != nil {
		return err
	}
	who := learnerOf(c)
	ctx, cancel := context.WithCancel(c.Request().Context())
	defer cancel()
	s, err := h.openStream(c, who)
	if s == nil {
		return err
	}
	defer s.close()
	fromLab := h.Labs.Subscribe(ctx, who, lesson.ID())
	fromWork := h.Submissions.Subscribe(ctx, who)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for err == nil {
		select {
		case <-ctx.Done():
			return nil
		case <-h.stopping:
			_ = s.bye()
			return nil
		case <-beat.C:
			err = s.beat()
		case event, ok := <-fromLab:
			if !ok {
				fromLab = nil
				break
			}
			err = s.sendLab(event)
		case update, ok := <-fromWork:
			if !ok {
				fromWork = nil
				break
			}
			if update.Lesson == lesson.ID() {
				err = s.sendWork(update)
			}
		}
	}
	return nil // The reader is gone.
}

// sendLab writes news of a lab.
func (s *stream) sendLab(e labs.Event) error {
	switch {
	case e.Lab != nil:
		lab := labOf(*e.Lab)
		lab.Nodes = nil
		return s.send("lab", lab)
	case e.Node != nil:
		return s.send("node", e.Node)
	case e.Live != nil:
		return s.send("live", liveOf(*e.Live))
	case e.Traffic != nil:
		return s.send("traffic", trafficNewsOf(*e.Traffic))
	case e.File != nil:
		return s.send("file", map[string]any{"path": e.File.Path, "version": e.File.Version, "tab": e.File.Tab})
	case e.Warning != nil:
		return s.send("warning", map[string]string{"message": e.Warning.Message, "fix": e.Warning.Fix})
	}
	return nil
}

type trafficNewsJSON struct {
	trafficJSON
	Sent     int     `json:"sent"`
	Failed   int     `json:"failed"`
	P50      float64 `json:"p50_ms"`
	Requests any     `json:"requests"`
}

func trafficNewsOf(n labs.TrafficNews) trafficNewsJSON {
	news := trafficNewsJSON{trafficJSON{n.On, n.Rate}, n.Sent, n.Failed, float64(n.P50.Microseconds()) / 1000, n.Requests}
	if n.Requests == nil {
		news.Requests = []struct{}{}
	}
	return news
}

// placeJSON is a place in the line of what waits to be graded, from 1.
type placeJSON struct {
	ID       string `json:"id"`
	Position int    `json:"position"`
}

// sendWork writes news of a graded run. A place in line is a report that is not done.
func (s *stream) sendWork(u submit.Update) error {
	switch {
	case u.Position > 0:
		return s.send("place", placeJSON{u.Submission, u.Position})
	case u.Result != nil:
		return s.send("check", u.Result)
	case u.Done != nil && u.Done.Kind == submit.KindChecks:
		return s.send("report", reportEventOf(*u.Done))
	}
	return nil
}
