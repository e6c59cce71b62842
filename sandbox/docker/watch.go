package docker

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/moby/moby/api/types/events"
	"github.com/moby/moby/client"

	"pattarai/sandbox"
)

const (
	watchBuffer = 256 // Events a slow reader may be behind.
	watchRetry  = time.Second
)

// Watch implements [sandbox.Engine]. It outlives a restart of the engine.
func (e *Engine) Watch(ctx context.Context) (<-chan sandbox.Event, error) {
	if _, err := e.connect(ctx); err != nil {
		return nil, err
	}
	out := make(chan sandbox.Event, watchBuffer)
	w := &watcher{engine: e, out: out, since: time.Now(), oom: map[string]bool{}}
	source := w.subscribe(ctx)
	go func() { // Ends with ctx.
		defer close(out)
		for {
			w.read(ctx, source)
			select {
			case <-ctx.Done():
				return
			case <-time.After(watchRetry):
			}
			source = w.subscribe(ctx)
		}
	}()
	return out, nil
}

type watcher struct {
	engine *Engine
	out    chan<- sandbox.Event
	since  time.Time       // Of the last event seen; a new subscription starts there.
	oom    map[string]bool // Containers that ran out of memory and have not ended yet.
}

func (w *watcher) subscribe(ctx context.Context) client.EventsResult {
	return w.engine.api.Events(ctx, client.EventsListOptions{
		Since:   fmt.Sprintf("%d.%09d", w.since.Unix(), w.since.Nanosecond()),
		Filters: w.engine.ours().Add("type", string(events.ContainerEventType)),
	})
}

// read forwards events until the subscription ends.
func (w *watcher) read(ctx context.Context, source client.EventsResult) {
	for {
		select {
		case m := <-source.Messages:
			w.since = time.Unix(0, m.TimeNano+1)
			w.forward(m)
		case err := <-source.Err:
			if ctx.Err() == nil {
				w.engine.config.Logger.Warn("the engine's events ended", "error", err)
			}
			return
		}
	}
}

func (w *watcher) forward(m events.Message) {
	about := m.Actor.Attributes // The container's labels and its name.
	event := sandbox.Event{Lab: w.engine.labOf(about["name"]), Node: about[labelNode], At: time.Unix(0, m.TimeNano)}
	if event.Node == "" || isSpare(about, event.Lab) {
		return
	}
	switch m.Action {
	case events.ActionStart, events.ActionUnPause, events.ActionRename: // The name of a lab makes a node of a spare container.
		event.State = sandbox.Running
	case events.ActionPause:
		event.State = sandbox.Paused
	case events.ActionOOM:
		w.oom[m.Actor.ID] = true
		return
	case events.ActionDie:
		event.State, event.OOM = sandbox.Exited, w.oom[m.Actor.ID]
		event.Exit, _ = strconv.Atoi(m.Actor.Attributes["exitCode"])
		delete(w.oom, m.Actor.ID)
	case events.ActionDestroy:
		event.State = sandbox.Gone
		delete(w.oom, m.Actor.ID)
	default:
		return
	}
	select {
	case w.out <- event:
	default: // The reader is slow; the engine must not wait.
	}
}
