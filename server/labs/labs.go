// Package labs keeps every learner's lab: it starts, queues, extends, resets and
// ends it, saves and applies the learner's files, and carries terminals, traffic
// and live views. The database is the truth of what should run; the engine is a
// cache that is reconciled with it.
package labs

import (
	"context"
	"time"

	"pattarai/sandbox"
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

// Terminal is a terminal of a lab.
type Terminal struct {
	ID, Node string
	Running  bool
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
