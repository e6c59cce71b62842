package agent

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"time"
)

// Client speaks to one node's agent over a byte stream that an engine opened.
// It is safe for concurrent use; every call is a stream of its own over one
// multiplexed connection (hashicorp/yamux).
type Client struct{}

// NewClient starts the protocol on conn and greets the agent. It owns conn.
func NewClient(ctx context.Context, conn net.Conn) (*Client, error) { panic("contract") }

// Done is closed when the connection is lost.
func (c *Client) Done() <-chan struct{} { panic("contract") }

// Close ends the connection. Shells and services of the node go on.
func (c *Client) Close() error { panic("contract") }

// Command is a process to run inside a node.
type Command struct {
	Args      []string          `json:"args"`       // Argument vector; Args[0] is looked up in PATH.
	Dir       string            `json:"dir"`        //
	Env       map[string]string `json:"env"`        // Added to the node's environment.
	Stdin     []byte            `json:"stdin"`      //
	Timeout   time.Duration     `json:"timeout"`    // 0 means ten seconds. The whole process group is killed then.
	MaxOutput int               `json:"max_output"` // Bytes kept of stdout and of stderr each; 0 means 64 KiB.
	Memory    int64             `json:"memory"`     // RLIMIT_AS in bytes; 0 means none.
	// Fresh runs the command in a new empty directory filled with Files, kills
	// whatever the command left running and deletes the directory afterwards.
	// Only for nodes without a service and without shells.
	Fresh bool              `json:"fresh"`
	Files map[string][]byte `json:"files"` // With Fresh: relative path to content.
}

// Result is how a command ended. A command that fails is a result, not an error.
type Result struct {
	Exit            int           `json:"exit"`   // Exit status; 128+n after signal n; -1 when it could not start.
	Stdout          []byte        `json:"stdout"` //
	Stderr          []byte        `json:"stderr"` //
	StdoutTruncated bool          `json:"stdout_truncated"`
	StderrTruncated bool          `json:"stderr_truncated"`
	TimedOut        bool          `json:"timed_out"`
	OutOfMemory     bool          `json:"out_of_memory"`
	Failure         string        `json:"failure"` // Why it could not start: "no such program: foo".
	Duration        time.Duration `json:"duration"`
}

// Exec runs a command to its end. The error is ours only: connection lost, context ended.
func (c *Client) Exec(ctx context.Context, cmd Command) (Result, error) { panic("contract") }

// Service is the node's main process.
type Service struct {
	Args []string          `json:"args"`
	Dir  string            `json:"dir"`
	Env  map[string]string `json:"env"`
}

// StartService starts the node's main process under the agent's supervision. A
// service that already runs is left alone. A service that ends is not restarted;
// its end is an [Event].
func (c *Client) StartService(ctx context.Context, s Service) error { panic("contract") }

// RestartService stops the service (SIGTERM, SIGKILL after two seconds) and starts it again as it was.
func (c *Client) RestartService(ctx context.Context) error { panic("contract") }

// Logs returns the last bytes of the service's stdout and stderr (a ring of 64 KiB).
func (c *Client) Logs(ctx context.Context) ([]byte, error) { panic("contract") }

// HealthCheck makes the agent run a test again and again and report changes as events.
type HealthCheck struct {
	Test        []string      `json:"test"`
	Interval    time.Duration `json:"interval"` // While not yet healthy the agent asks every 50 ms at first, backing off to Interval.
	Timeout     time.Duration `json:"timeout"`
	StartPeriod time.Duration `json:"start_period"`
	Retries     int           `json:"retries"`
}

// Event is news from the agent.
type Event struct {
	Kind    string        `json:"kind"`    // "service", "health", "load" or "port".
	State   string        `json:"state"`   // service: running, exited. health: starting, healthy, unhealthy.
	Exit    int           `json:"exit"`    // With service exited.
	Output  string        `json:"output"`  // Last lines of the log or of the failing test, at most 2 KiB.
	CPU     float64       `json:"cpu"`     // With load: cores in use since the last sample.
	Memory  int64         `json:"memory"`  // With load: bytes in use (cgroup, v1 or v2; 0 when unreadable).
	OOMs    int64         `json:"ooms"`    // With load: processes the kernel killed for memory so far.
	At      time.Time     `json:"at"`      //
	Elapsed time.Duration `json:"elapsed"` // Since the service was started.
}

// Watch subscribes to events: first the present state, then every change, and a
// load sample every loadEvery (0 for none). The channel closes with the
// connection or ctx. health may be nil.
func (c *Client) Watch(ctx context.Context, health *HealthCheck, loadEvery time.Duration) (<-chan Event, error) {
	panic("contract")
}

// Put unpacks a tar stream below dir, replacing files atomically (write beside,
// rename). Regular files and directories only; anything else is refused by name.
func (c *Client) Put(ctx context.Context, dir string, tar io.Reader) error { panic("contract") }

// PutFiles writes files by absolute path, each atomically, creating directories.
func (c *Client) PutFiles(ctx context.Context, files map[string][]byte) error { panic("contract") }

// ReadLimits bound what [Client.Get] may return.
type ReadLimits struct {
	Files int   `json:"files"` // At most this many regular files.
	Bytes int64 `json:"bytes"` // In all.
}

// Get reads regular files below the given absolute paths; symbolic links and
// special files are never followed but reported by name in skipped. Exceeding a
// limit is an error that names it.
func (c *Client) Get(ctx context.Context, paths []string, limits ReadLimits) (files map[string][]byte, skipped []string, err error) {
	panic("contract")
}

// DialPort connects from inside the node: network "tcp" or "unix". Used by
// previews, live views and statistics sockets. The result half-closes.
func (c *Client) DialPort(ctx context.Context, network, address string) (net.Conn, error) {
	panic("contract")
}

// ShellOptions describe a terminal.
type ShellOptions struct {
	ID   string            `json:"id"`   // Chosen by the caller; opening an existing id attaches to it.
	Args []string          `json:"args"` // Nil means the login shell.
	Dir  string            `json:"dir"`  //
	Env  map[string]string `json:"env"`  //
	Cols int               `json:"cols"` // Clamped to 1..500.
	Rows int               `json:"rows"` // Clamped to 1..500.
}

// Shell is an attachment to a terminal that the agent keeps running with 256 KiB
// of scrollback. Closing the attachment leaves the terminal running.
type Shell interface {
	io.Reader                        // Output: first the scrollback, then live. io.EOF after the shell ended.
	io.Writer                        // Keys.
	Resize(cols, rows int) error     //
	Exit() (status int, exited bool) // After Read returned io.EOF: how the shell ended, or exited false when only the attachment did.
	io.Closer                        // Detach.
}

// OpenShell starts or attaches to a terminal. At most eight per node.
func (c *Client) OpenShell(ctx context.Context, o ShellOptions) (Shell, error) { panic("contract") }

// ShellInfo describes a terminal that exists.
type ShellInfo struct {
	ID      string    `json:"id"`
	Started time.Time `json:"started"`
	Running bool      `json:"running"`
}

// Shells lists the node's terminals.
func (c *Client) Shells(ctx context.Context) ([]ShellInfo, error) { panic("contract") }

// EndShell hangs up a terminal and forgets it.
func (c *Client) EndShell(ctx context.Context, id string) error { panic("contract") }

// Probe asks the agent to look at the lab from where it stands. kind and spec are
// those of package probe; progress (may be nil) is called with partial
// observations; the result is the final observation as JSON.
func (c *Client) Probe(ctx context.Context, kind string, spec any, progress func(json.RawMessage)) (json.RawMessage, error) {
	panic("contract")
}
