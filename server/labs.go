package server

import (
	"context"
	"net"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/docker"
	"pattarai/sandbox/images"
	"pattarai/sandbox/pool"
	"pattarai/server/catalog"
	"pattarai/server/fault"
	"pattarai/server/grade"
	"pattarai/server/labs"
	"pattarai/server/submit"
	"pattarai/server/web"
)

// labsService is the labs of this installation.
type labsService = *labs.Service

// openLabs makes engine, pool and labs. An engine that does not answer is no error.
func (s *Server) openLabs(ctx context.Context, secret []byte, m *metrics, now func() time.Time) error {
	engine, err := s.openEngine(ctx, secret)
	if err != nil {
		return err
	}
	shared, err := pool.New(engine, pool.Config{Memory: int64(s.cfg.LabMemory) << 20, Labs: s.cfg.MaxLabs, Now: now})
	if err != nil {
		return err
	}
	s.engine = shared
	m.watchPool(shared)
	s.replays = s.newReplayer(shared)
	s.labs = labs.New(labs.Config{
		Store: observedLabs{s.store, m}, Engine: shared, Catalog: s.catalog, Now: now, Tier: sandbox.Tier(s.cfg.Tier),
		Lifetime: s.cfg.Lifetime, Extend: s.cfg.Extend, Idle: s.cfg.Idle, MaxPerLearner: s.cfg.PerLearner, Kept: s.replays.Uses, Logger: s.log,
	})
	s.opened("labs", s.labs.Close)
	return nil
}

func (s *Server) openEngine(ctx context.Context, secret []byte) (sandbox.Engine, error) {
	if s.cfg.Engine == "none" {
		return noEngine{}, nil
	}
	client, err := docker.NewClient(s.cfg.DockerHost)
	if err != nil {
		return nil, err
	}
	s.opened("image client", func(context.Context) error { return client.Close() })
	engine, err := docker.New(ctx, docker.Config{
		Host: s.cfg.DockerHost, Installation: s.cfg.Installation, Secret: secret, Images: images.New(client, s.cfg.Agent, s.usedImages),
		Hardened: sandbox.Tier(s.cfg.Tier) == sandbox.Hardened, Logger: s.log,
	})
	if err != nil {
		return nil, err
	}
	s.opened("engine", engine.Close)
	return engine, nil
}

// usedImages are the lab images of the content as it is now.
func (s *Server) usedImages() []string { return s.catalog.Current().Images() }

// graders mark what is handed in.
func (s *Server) graders(now func() time.Time) map[submit.Kind]submit.Grader {
	return map[submit.Kind]submit.Grader{submit.KindChecks: grade.New(grade.Config{
		Sessions: grade.FromLabs(s.labs), Lessons: s.lesson, Engine: s.engine, Now: now, Logger: s.log,
	})}
}

// lesson finds a lesson in the content as it is now.
func (s *Server) lesson(id string) (*catalog.Lesson, bool) { return s.catalog.Current().Lesson(id) }

// previews finds the running lab behind a preview.
type previews struct{ labs labsService }

// Preview implements web.Previews.
func (p previews) Preview(ctx context.Context, learner, lab string) (web.Upstream, error) {
	session, err := p.labs.ByID(ctx, learner, lab)
	if err != nil {
		return nil, err // Not a nil *sandbox.Session in an interface.
	}
	return session, nil
}

// noEngine stands where no engine was asked for: there are no labs, and it says so.
type noEngine struct{}

func (noEngine) fail() error {
	return fault.New(fault.Unavailable, "labs_off", "Labs are switched off on this server; lessons and quizzes work.", "Start it with --engine docker.")
}

// Launch implements sandbox.Engine.
func (e noEngine) Launch(context.Context, sandbox.Spec) error { return e.fail() }

// Dial implements sandbox.Engine.
func (noEngine) Dial(context.Context, string, string) (net.Conn, error) {
	return nil, sandbox.ErrNoLab
}

// Control implements sandbox.Engine.
func (noEngine) Control(context.Context, string, string, sandbox.Action) error {
	return sandbox.ErrNoLab
}

// List implements sandbox.Engine.
func (noEngine) List(context.Context) ([]sandbox.Lab, error) { return nil, nil }

// Remove implements sandbox.Engine.
func (noEngine) Remove(context.Context, string) error { return nil }

// Watch implements sandbox.Engine.
func (noEngine) Watch(ctx context.Context) (<-chan sandbox.Event, error) {
	events := make(chan sandbox.Event)
	context.AfterFunc(ctx, func() { close(events) })
	return events, nil
}

// Ready implements sandbox.Engine.
func (e noEngine) Ready(context.Context) error { return e.fail() }
