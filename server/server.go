// Package server puts the parts of an installation together, runs them and ends
// them. It decides nothing that a part could decide.
package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"pattarai/assets"
	"pattarai/lessons/codecache"
	"pattarai/sandbox/images"
	"pattarai/sandbox/pool"
	"pattarai/server/account"
	"pattarai/server/admin"
	"pattarai/server/catalog"
	"pattarai/server/grade"
	"pattarai/server/recall"
	"pattarai/server/regrade"
	"pattarai/server/store"
	"pattarai/server/store/sqlite"
	"pattarai/server/submit"
	"pattarai/server/web"
)

// Limits of connections.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 30 * time.Second
	writeTimeout  = 90 * time.Second // Streams and previews extend their own.
	idleTimeout   = 75 * time.Second
	maxHeader     = 32 << 10
	shutdownTime  = 10 * time.Second
)

// Options are what the command line gives beside the configuration.
type Options struct {
	Log     io.Writer // Where the log goes; os.Stderr usually.
	Version string    // Of the program.
	Now     func() time.Time
}

// Server is a running installation. Make it with [New].
type Server struct {
	cfg      Config
	log      *slog.Logger
	flush    func() error
	ready    atomic.Bool
	listener net.Listener
	http     *http.Server
	web      *web.Handler
	catalog  *catalog.Catalog
	store    *store.Store
	submits  *submit.Service
	recall   *recall.Service
	labs     labsService
	replays  *grade.Replayer
	regrades *regrade.Service
	admin    *admin.Server
	engine   *pool.Pool
	closers  []closer // In the order of their making.
	once     sync.Once
	closed   error
}

// closer is a part that must end. They end in the reverse order.
type closer struct {
	name  string
	close func(context.Context) error
}

// New validates cfg whole, opens everything and listens. Labs that cannot run are
// no error: lessons and quizzes work, and pages say what is missing. What was
// opened is closed again when New fails.
func New(ctx context.Context, cfg Config, o Options) (_ *Server, err error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("the configuration cannot be used:\n%w", err)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{cfg: cfg}
	s.log, s.flush = newLog(o.Log, cfg)
	s.opened("log", func(context.Context) error { return s.flush() })
	defer func() {
		if err != nil {
			err = errors.Join(err, s.closeAll(context.WithoutCancel(ctx)))
		}
	}()
	s.log.InfoContext(ctx, "starting", "version", o.Version, "config", cfg)
	if err := s.open(ctx, o); err != nil {
		return nil, err
	}
	return s, nil
}

// open makes the parts, each with what it needs of those before it.
func (s *Server) open(ctx context.Context, o Options) error {
	secret, err := s.openData()
	if err != nil {
		return err
	}
	if s.listener, err = listen(ctx, s.cfg.Addr); err != nil {
		return err
	}
	s.opened("listener", func(context.Context) error { return ignoreClosed(s.listener.Close()) })
	path := s.cfg.Database
	if path == "" {
		path = filepath.Join(s.cfg.Data, "pattarai.db")
	}
	if s.store, err = sqlite.Open(ctx, path, s.log); err != nil {
		return err
	}
	s.opened("store", s.store.Close)
	if err := s.openCatalog(); err != nil {
		return err
	}
	m := newMetrics(o.Version)
	if err := s.openLabs(ctx, secret, m, o.Now); err != nil {
		return err
	}
	s.recall = recall.New(s.store, o.Now)
	s.openSubmissions(m, o.Now)
	if err := s.openRegrades(ctx, o.Now); err != nil {
		return err
	}
	m.watchLabs(s.store)
	return s.openWeb(secret, m, o.Now)
}

// opened remembers how to end a part.
func (s *Server) opened(name string, end func(context.Context) error) {
	s.closers = append(s.closers, closer{name, end})
}

func (s *Server) openWeb(secret []byte, m *metrics, now func() time.Time) error {
	base := s.cfg.base(portOf(s.listener))
	handler, err := web.New(web.Options{
		Catalog: s.catalog, Accounts: account.New(s.store, now), Labs: s.labs, Previews: previews{s.labs}, Submissions: s.submits, Regrades: s.store, Recall: s.recall,
		Assets: web.Assets{FS: assets.FS(), Static: assets.Static, Text: assets.Text, Languages: assets.Languages()},
		Site:   s.cfg.Site, BaseURL: base, PreviewDomain: s.cfg.previewDomain(), Hosts: s.cfg.Hosts, TrustedProxies: s.cfg.proxies(),
		Author: s.cfg.Preview, Secret: secret, Log: s.log, Now: now, Ready: s.readiness, Observe: m.request, Metrics: m.handler(),
	})
	if err != nil {
		return err
	}
	s.web = handler
	s.opened("web", handler.Close)
	s.http = &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	return nil
}

func (s *Server) openCatalog() error {
	roots, err := s.contentRoots()
	if err != nil {
		return err
	}
	code := codecache.Open(filepath.Join(s.cfg.Data, "cache", "code"))
	if s.catalog, err = catalog.LoadWith(code, images.Names(), roots...); err != nil {
		return fmt.Errorf("lessons: %w", err)
	}
	if err := code.Save(); err != nil {
		s.log.Warn("the next start will take longer", "error", err)
	}
	for _, p := range s.catalog.Current().Problems {
		s.log.Warn("lesson", "problem", p.String())
	}
	if len(s.catalog.Current().Courses) == 0 {
		s.log.Warn("no course loaded; see the problems above, or run pattarai lint")
	}
	return nil
}

// URL is where browsers reach the server.
func (s *Server) URL() string { return s.cfg.base(portOf(s.listener)).String() }

// Run serves until ctx ends, then closes the server and returns when it is closed.
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error, 8)
	var running sync.WaitGroup
	part := func(name string, run func(context.Context) error) {
		running.Go(func() {
			if err := run(ctx); err != nil && ctx.Err() == nil {
				failed <- fmt.Errorf("%s: %w", name, err)
			}
		})
	}
	part("http", func(context.Context) error { return ignoreClosed(s.http.Serve(s.listener)) })
	part("labs", s.labs.Run)
	part("submissions", s.submits.Run)
	part("regrades", s.regrades.Run)
	if s.admin != nil {
		part("admin", s.admin.Run)
	}
	if s.cfg.Preview {
		part("preview", s.watchContent)
	}
	s.ready.Store(true)
	s.log.InfoContext(ctx, "serving", "url", s.URL(), "lessons", lessonCount(s.catalog.Current()))
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	ending, stop := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer stop()
	s.ready.Store(false)
	s.log.InfoContext(ending, "ending; labs go on")
	err = errors.Join(err, s.drain(ending))
	cancel()
	running.Wait()
	return errors.Join(err, s.Close(ending))
}

// drain sends streams and sockets away and lets requests finish.
func (s *Server) drain(ctx context.Context) error {
	return errors.Join(s.web.Close(ctx), s.http.Shutdown(ctx))
}

// Close ends everything that New opened; labs go on and are taken over by the next
// server. Closing twice does nothing.
func (s *Server) Close(ctx context.Context) error {
	s.once.Do(func() {
		s.ready.Store(false)
		s.closed = errors.Join(ignoreClosed(s.http.Close()), s.closeAll(ctx))
	})
	return s.closed
}

func (s *Server) closeAll(ctx context.Context) error {
	var failed []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		if err := s.closers[i].close(ctx); err != nil {
			failed = append(failed, fmt.Errorf("closing %s: %w", s.closers[i].name, err))
		}
	}
	return errors.Join(failed...)
}

// watchContent reloads lessons as they change.
func (s *Server) watchContent(ctx context.Context) error {
	return s.catalog.Watch(ctx, func(now *catalog.Snapshot) {
		s.log.Info("lessons changed", "problems", len(now.Problems))
	})
}

// readiness is what GET /readyz says. Without labs the server still is ready:
// lessons and quizzes work.
func (s *Server) readiness(ctx context.Context) web.Readiness {
	r := web.Readiness{OK: s.ready.Load(), Parts: map[string]string{"store": "ok", "lessons": "ok", "engine": "ok"}}
	if err := s.store.Ping(ctx); err != nil {
		r.OK, r.Parts["store"] = false, "does not answer"
	}
	if lessonCount(s.catalog.Current()) == 0 {
		r.OK, r.Parts["lessons"] = false, "none loaded"
	}
	if err := s.labs.Available(ctx); err != nil {
		r.Parts["engine"] = "labs cannot start"
	}
	return r
}

func lessonCount(s *catalog.Snapshot) int {
	n := 0
	for _, course := range s.Courses {
		n += len(course.Lessons)
	}
	return n
}

func (s *Server) openSubmissions(m *metrics, now func() time.Time) {
	s.submits = submit.New(submit.Config{
		Store: observedSubmissions{s.store, m}, Graders: s.graders(now), Now: now, NewID: newULID, Workers: s.cfg.Graders, Logger: s.log,
		Runner: grade.Predictions{Sessions: grade.FromLabs(s.labs)}, Graded: recalled{s.recall, s.log}.hear,
	})
	s.opened("submissions", s.submits.Close)
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func portOf(l net.Listener) string {
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return strings.TrimPrefix(l.Addr().String(), ":")
	}
	return port
}
