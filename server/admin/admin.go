// Package admin is how the command line asks a running server to do something: HTTP
// over a socket in the server's data folder. Whoever may open the folder may ask.
// The server stays the only one that writes its database. See docs/adr/0011.
package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"pattarai/server/fault"
	"pattarai/server/regrade"
)

const (
	socketName = "admin.sock"
	maxPath    = 100 // Bytes of a socket's path; kernels allow little more.
	maxBody    = 1 << 20
	headerTime = 5 * time.Second
)

// Regrades is what there is to ask. *regrade.Service is one.
type Regrades interface {
	Propose(ctx context.Context, r regrade.Regrade) (regrade.Regrade, error)
	Regrade(ctx context.Context, id string) (regrade.Regrade, []regrade.Item, error)
	Regrades(ctx context.Context) ([]regrade.Regrade, error)
	Apply(ctx context.Context, id string, allowLower []string) (regrade.Outcome, error)
	Quarantined(ctx context.Context) ([]regrade.Quarantined, error)
}

// Job is a regrade with its items.
type Job struct {
	regrade.Regrade
	Items []Row `json:"items"`
}

// Row is an item and what it means for its learner.
type Row struct {
	regrade.Item
	Change regrade.Change `json:"change"`
}

// Server answers on the socket. Make it with [Listen].
type Server struct {
	http     *http.Server
	listener net.Listener
}

// ErrPath means that no socket fits into the data folder's path; a server can do
// without one.
var ErrPath = errors.New("no socket for pattarai admin")

// Listen opens the socket in a data folder, which the caller has for itself: a
// socket that an earlier server left is removed. The error matches [ErrPath] when
// the folder's path is too long.
func Listen(ctx context.Context, data string, regrades Regrades, log *slog.Logger) (*Server, error) {
	path := filepath.Join(data, socketName)
	if len(path) > maxPath {
		return nil, fmt.Errorf("%w: its path %s has %d bytes and at most %d are possible; name a folder with a shorter path with --data", ErrPath, path, len(path), maxPath)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("data: the socket of an earlier server cannot be removed: %w", err)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("data: the socket for pattarai admin cannot be made: %w; use a local disk", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	h := handler{regrades, log}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /quarantine", h.serve(h.quarantine))
	mux.HandleFunc("GET /regrades", h.serve(h.list))
	mux.HandleFunc("POST /regrades", h.serve(h.propose))
	mux.HandleFunc("GET /regrades/{id}", h.serve(h.job))
	mux.HandleFunc("POST /regrades/{id}/apply", h.serve(h.apply))
	return &Server{listener: listener, http: &http.Server{Handler: mux, ReadHeaderTimeout: headerTime}}, nil
}

// Run answers until ctx ends or the server is closed.
func (s *Server) Run(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { _ = s.http.Close() })() // Serve returns then; Close tells what went wrong.
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Close lets requests finish and removes the socket.
func (s *Server) Close(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if closed := s.listener.Close(); closed != nil && !errors.Is(closed, net.ErrClosed) { // It may never have served.
		err = errors.Join(err, closed)
	}
	return err
}

type handler struct {
	regrades Regrades
	log      *slog.Logger
}

// serve answers with what do returns, or with its fault.
func (h handler) serve(do func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		answer, err := do(r)
		status := http.StatusOK
		if err != nil {
			f := fault.Of(err)
			h.log.WarnContext(r.Context(), "admin: refused", "path", r.URL.Path, "error", err)
			status, answer = http.StatusUnprocessableEntity, problem{f.Kind, f.Code, f.Message, f.Fix}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(answer) // Who asked may be gone.
	}
}

// problem is a fault on the wire.
type problem struct {
	Kind    fault.Kind `json:"kind"`
	Code    string     `json:"code"`
	Message string     `json:"message"`
	Fix     string     `json:"fix"`
}

func (h handler) quarantine(r *http.Request) (any, error) { return h.regrades.Quarantined(r.Context()) }

func (h handler) list(r *http.Request) (any, error) { return h.regrades.Regrades(r.Context()) }

func (h handler) propose(r *http.Request) (any, error) {
	asked, err := body[regrade.Regrade](r)
	if err != nil {
		return nil, err
	}
	return h.regrades.Propose(r.Context(), asked)
}

func (h handler) job(r *http.Request) (any, error) {
	what, items, err := h.regrades.Regrade(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	job := Job{Regrade: what, Items: []Row{}}
	for _, item := range items {
		job.Items = append(job.Items, Row{item, item.Change()})
	}
	return job, nil
}

// Approval says whose marks may go down: submissions, or "all".
type Approval struct {
	AllowLower []string `json:"allow_lower"`
}

func (h handler) apply(r *http.Request) (any, error) {
	asked, err := body[Approval](r)
	if err != nil {
		return nil, err
	}
	return h.regrades.Apply(r.Context(), r.PathValue("id"), asked.AllowLower)
}

func body[T any](r *http.Request) (T, error) {
	var value T
	if err := json.NewDecoder(r.Body).Decode(&value); err != nil {
		return value, fault.Wrap(err, fault.Invalid, "bad_json", "The request is not the JSON that is expected here.", "Use the pattarai of the server's version.")
	}
	return value, nil
}
