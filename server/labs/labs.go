// Package labs keeps every learner's lab: it starts, queues, extends, resets and
// ends it, saves and applies the learner's files, and carries terminals, traffic
// and live views. The database is the truth of what should run; the engine is a
// cache that is reconciled with it.
package labs

import (
	"context"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/agent"
	"pattarai/sandbox/probe"
)

// State is a lab's place in its life. See docs/state.md.
type State string

// The states.
const (
	Queued   State = "queued"   // Waits for room; Position tells the place.
	Creating State = "creating" // The engine makes it.
	Running  State = "running"  //
	Ending   State = "ending"   //
	Ended    State = "ended"    // By its time, by idleness or by its learner.
	Failed   State = "failed"   // It could not start, or the engine lost it; Reason says why.
)

// Record is a lab as the database knows it.
type Record struct {
	ID      string
	Learner string
	Lesson  string
	State   State
	Reason  string // Of the end or the failure, a sentence.
	Hash    string // Topology hash it runs.
	Created time.Time
	Started time.Time // All nodes healthy.
	Lease   time.Time // The server that runs it renews this; past it, the lab may be swept.
	Expires time.Time // Its time is over then.
	Active  time.Time // Somebody last did something.
	Ended   time.Time
	Took    time.Duration // From the request to healthy.
}

// File is a learner's workspace file.
type File struct {
	Path    string
	Content []byte
	Version int // From 1; 0 is the untouched starter.
	Saved   time.Time
}

// Store keeps labs and workspace files. Every write is durable when it returns.
type Store interface {
	InsertLab(ctx context.Context, r Record) error // fault.Conflict when the learner has a lab of that lesson that is not over.
	UpdateLab(ctx context.Context, r Record) error
	Labs(ctx context.Context, open bool) ([]Record, error)                             // All that are not over, or all.
	OpenLab(ctx context.Context, learner, lesson string) (Record, error)               // fault.NotFound.
	StartTimes(ctx context.Context, lesson string, limit int) ([]time.Duration, error) // Newest first.
	// SaveFile stores content as version+1, and fails with fault.Conflict when the
	// stored version is not version.
	SaveFile(ctx context.Context, learner, lesson string, f File) (File, error)
	Files(ctx context.Context, learner, lesson string) ([]File, error)
	// ResetFiles forgets the learner's files of a lesson, keeping them in history.
	ResetFiles(ctx context.Context, learner, lesson string) error
}

// View is a lab for its learner.
type View struct {
	Record
	Position  int           // In line, from 1, when queued.
	Estimate  time.Duration // Until it is healthy: the measured median; 0 when unknown.
	P95       time.Duration //
	CanExtend bool
	Log, Fix  string // With Failed.
	Nodes     []sandbox.NodeState
	Traffic   Traffic
}

// Traffic is the switch and the slider.
type Traffic struct {
	On   bool
	Rate float64 // Requests per second, 0.5 to 50.
}

// Saved is what became of a saved file.
type Saved struct {
	File    File
	Applied *sandbox.Applied // nil when it was only saved.
}

// Event is news of a lab; exactly one field besides Lab is set.
type Event struct {
	Lab     *View
	Node    *sandbox.NodeState
	Live    *Live
	Traffic *TrafficNews
	File    *FileNews
	Warning *Warning
}

// TrafficNews is what the traffic met since the last news.
type TrafficNews struct {
	Traffic
	probe.TrafficSeen
}

// FileNews tells other tabs that a file was saved.
type FileNews struct {
	Path    string
	Version int
	Tab     string // Opaque id of the tab that saved it.
}

// Warning is a sentence with a way on.
type Warning struct{ Message, Fix string }

// Live is what a node's software reports of itself.
type Live struct {
	Node      string     `json:"node"`
	Kind      string     `json:"kind"` // "haproxy".
	Backends  []Backend  `json:"backends"`
	Frontends []Frontend `json:"frontends"`
	PID       int        `json:"pid"`
	UptimeSec int        `json:"uptime_s"`
}

// Backend is a group of servers.
type Backend struct {
	Name    string   `json:"name"`
	Servers []Server `json:"servers"`
}

// Server is one server of a balancer.
type Server struct {
	Name    string  `json:"name"`
	Status  string  `json:"status"` // UP, DOWN, MAINT, DRAIN, "no check".
	Weight  int     `json:"weight"`
	Current int     `json:"current"` // Sessions now.
	Queue   int     `json:"queue"`
	Total   int64   `json:"total"` // Sessions since the balancer's last reload.
	Delta   int64   `json:"delta"` // Since the last report.
	Rate    int     `json:"rate"`  // Sessions in the last second.
	Errors  int64   `json:"errors"`
	Millis  float64 `json:"ms"` // Mean answer time of the last 1024 requests.
}

// Frontend is where a balancer listens.
type Frontend struct {
	Name  string `json:"name"`
	Rate  int    `json:"rate"`
	Total int64  `json:"total"`
}

// Service keeps the labs. Its lessons come from a catalog snapshot, its containers
// from a pool, its truth from the store.
type Service struct{}

// Start asks for the learner's lab of a lesson and returns at once; news come by
// [Service.Subscribe]. It is idempotent while the lab is not over.
func (s *Service) Start(ctx context.Context, learner, lesson string) (View, error) { panic("contract") }

// Extend moves the end of the lab.
func (s *Service) Extend(ctx context.Context, learner, lesson string) (View, error) {
	panic("contract")
}

// Restart gives new containers with the learner's files; Reset with the starter's.
func (s *Service) Restart(ctx context.Context, learner, lesson string) (View, error) {
	panic("contract")
}

// Reset is Restart with the lesson's own files.
func (s *Service) Reset(ctx context.Context, learner, lesson string) (View, error) { panic("contract") }

// End ends the lab. Files stay.
func (s *Service) End(ctx context.Context, learner, lesson string) (View, error) { panic("contract") }

// View is the learner's newest lab of a lesson; ok is false when there never was one.
func (s *Service) View(ctx context.Context, learner, lesson string) (v View, ok bool, err error) {
	panic("contract")
}

// Files are the workspace files of a lesson as the learner left them, starters where untouched.
func (s *Service) Files(ctx context.Context, learner, lesson string) ([]File, error) {
	panic("contract")
}

// Save stores a file and, when apply is set and the lab runs, brings it to the nodes.
func (s *Service) Save(ctx context.Context, learner, lesson, tab string, f File, apply bool) (Saved, error) {
	panic("contract")
}

// Control breaks or mends a node.
func (s *Service) Control(ctx context.Context, learner, lesson, node string, action sandbox.Action) error {
	panic("contract")
}

// SetTraffic turns the traffic on, off or to another rate.
func (s *Service) SetTraffic(ctx context.Context, learner, lesson string, t Traffic) (Traffic, error) {
	panic("contract")
}

// Session is the running session of the learner's lab, for graders and previews. fault.Unavailable when it does not run.
func (s *Service) Session(ctx context.Context, learner, lesson string) (*sandbox.Session, error) {
	panic("contract")
}

// ByID finds a lab that is running by its id and owner, for previews. fault.NotFound otherwise.
func (s *Service) ByID(ctx context.Context, learner, lab string) (*sandbox.Session, error) {
	panic("contract")
}

// Terminals lists, OpenTerminal opens or attaches, EndTerminal ends.
func (s *Service) Terminals(ctx context.Context, learner, lesson string) ([]Terminal, error) {
	panic("contract")
}

// Terminal is a terminal of a lab.
type Terminal struct {
	ID, Node string
	Running  bool
}

// NewTerminal names a terminal on a node; it starts when it is first attached to. At most five per lab.
func (s *Service) NewTerminal(ctx context.Context, learner, lesson, node string) (Terminal, error) {
	panic("contract")
}

// AttachTerminal attaches to a terminal, starting it when needed.
func (s *Service) AttachTerminal(ctx context.Context, learner, lesson, id string, cols, rows int) (agent.Shell, error) {
	panic("contract")
}

// EndTerminal hangs up a terminal.
func (s *Service) EndTerminal(ctx context.Context, learner, lesson, id string) error {
	panic("contract")
}

// Subscribe sends the lab's events until ctx ends: first the lab and its nodes as
// they are. A slow reader loses events; the live view and traffic only run while
// somebody reads.
func (s *Service) Subscribe(ctx context.Context, learner, lesson string) <-chan Event {
	panic("contract")
}

// Available tells whether labs can start: nil or a fault for the learner.
func (s *Service) Available(ctx context.Context) error { panic("contract") }
