package agent

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Bounds of the service's supervision.
const (
	logSize     = 64 << 10
	eventOutput = 2 << 10
	stopGrace   = 2 * time.Second // From SIGTERM to SIGKILL.
	lastOutput  = 100 * time.Millisecond
	eventQueue  = 16
)

// The states of a service.
const (
	stateRunning = "running"
	stateExited  = "exited"
)

// Service is the node's main process.
type Service struct {
	Args []string          `json:"args"`
	Dir  string            `json:"dir"`
	Env  map[string]string `json:"env"`
}

// StartService starts the node's main process under the agent's supervision. A
// service that already runs is left alone. A service that ends is not restarted;
// its end is an [Event]. What it left in its process group is killed then. A
// service that cannot start is an [*Error].
func (c *Client) StartService(ctx context.Context, s Service) error {
	return c.ask(ctx, opStart, s, nil)
}

// RestartService stops the service (SIGTERM, SIGKILL after two seconds) and starts
// it again as it was. A node whose service was never started is an [*Error].
func (c *Client) RestartService(ctx context.Context) error {
	return c.ask(ctx, opRestart, nil, nil)
}

// Logs returns the last bytes of the service's stdout and stderr (a ring of 64
// KiB), since its last start.
func (c *Client) Logs(ctx context.Context) ([]byte, error) {
	p, err := c.begin(ctx, opLogs, nil)
	if err != nil {
		return nil, err
	}
	defer p.finish()
	if err := p.answer(nil); err != nil {
		return nil, err
	}
	var log []byte
	for len(log) <= logSize {
		kind, payload, err := p.frame()
		if err != nil || kind == frameEnd {
			return log, err
		}
		log = append(log, payload...)
	}
	return log[:logSize], nil
}

func (s *server) startService(w *wire, body json.RawMessage) error {
	var service Service
	if err := json.Unmarshal(body, &service); err != nil {
		return err
	}
	s.fresh.RLock() // A fresh command would kill it.
	defer s.fresh.RUnlock()
	if err := s.service.start(service); err != nil {
		return err
	}
	return w.writeLine(response{})
}

func (s *server) restartService(w *wire) error {
	if err := s.service.restart(); err != nil {
		return err
	}
	return w.writeLine(response{})
}

func (s *server) logs(w *wire) error {
	log := s.service.tail(logSize)
	if w.writeLine(response{}) == nil && w.sendAll(frameData, log) == nil {
		w.writeFrame(frameEnd, nil)
	}
	return nil
}

// supervisor runs the service. See docs/state.md for its states.
type supervisor struct {
	server *server
	op     sync.Mutex // Held while the service is started or stopped.

	mu       sync.Mutex
	spec     *Service
	closed   bool
	current  *serviceRun // Nil unless the service runs.
	started  time.Time
	last     Event // Zero until the first start.
	log      ring
	pipe     *os.File
	watchers map[chan Event]struct{}
}

// serviceRun is one life of the service.
type serviceRun struct {
	cmd  *exec.Cmd
	done chan struct{}
}

func newSupervisor(s *server) *supervisor {
	return &supervisor{server: s, log: ring{max: logSize}, watchers: map[chan Event]struct{}{}}
}

func (v *supervisor) start(service Service) error {
	v.op.Lock()
	defer v.op.Unlock()
	if v.running() {
		return nil
	}
	return v.launch(service)
}

func (v *supervisor) restart() error {
	v.op.Lock()
	defer v.op.Unlock()
	v.mu.Lock()
	spec := v.spec
	v.mu.Unlock()
	if spec == nil {
		return refuse("this node's service was never started")
	}
	v.stop()
	return v.launch(*spec)
}

// close stops the service for good.
func (v *supervisor) close() {
	v.op.Lock()
	defer v.op.Unlock()
	v.mu.Lock()
	v.closed = true
	v.mu.Unlock()
	v.stop()
	v.mu.Lock()
	defer v.mu.Unlock()
	closeAll([]*os.File{v.pipe})
}

func (v *supervisor) running() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.current != nil
}

// stop ends the service and waits for it. The caller holds op.
func (v *supervisor) stop() {
	v.mu.Lock()
	run := v.current
	v.mu.Unlock()
	if run == nil {
		return
	}
	killGroup(run.cmd, unix.SIGTERM)
	kill := time.AfterFunc(stopGrace, func() { killGroup(run.cmd, unix.SIGKILL) })
	defer kill.Stop()
	<-run.done
}

// launch starts the service. The caller holds op, and none runs.
func (v *supervisor) launch(service Service) error {
	cmd, err := v.server.command(service.Args, service.Dir, service.Env)
	if err != nil {
		return err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer w.Close()
	cmd.Stdout, cmd.Stderr = w, w
	run := &serviceRun{cmd: cmd, done: make(chan struct{})}
	if err := v.begin(run, service, r); err != nil {
		r.Close()
		return err
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		v.copyLog(r)
	}()
	go v.await(run, read)
	return nil
}

// begin starts the process and publishes that it runs.
func (v *supervisor) begin(run *serviceRun, service Service, output *os.File) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return refuse("the node is shutting down")
	}
	if err := v.server.children.start(run.cmd); err != nil {
		return refuse("%s", notStarted(run.cmd, err))
	}
	closeAll([]*os.File{v.pipe}) // What an earlier life left running is not logged any more.
	v.log.reset()
	v.spec, v.current, v.pipe, v.started = &service, run, output, time.Now()
	v.publish(Event{Kind: "service", State: stateRunning})
	return nil
}

// copyLog keeps what the service prints, until nothing holds its output any more.
func (v *supervisor) copyLog(r *os.File) {
	defer r.Close()
	buf := make([]byte, 8<<10)
	for {
		n, err := r.Read(buf)
		v.mu.Lock()
		if v.pipe == r {
			v.log.Write(buf[:n])
		}
		v.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// await publishes the end of the service, together with its last words.
func (v *supervisor) await(run *serviceRun, read <-chan struct{}) {
	exit := v.server.children.wait(run.cmd)
	killGroup(run.cmd, unix.SIGKILL)
	select {
	case <-read:
	case <-time.After(lastOutput):
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.current = nil
	v.publish(Event{Kind: "service", State: stateExited, Exit: exit, Output: string(v.log.tail(eventOutput))})
	close(run.done)
}

// publish tells every watcher; one that does not keep up loses the oldest news.
// The caller holds mu.
func (v *supervisor) publish(e Event) {
	e.At, e.Elapsed = time.Now(), time.Since(v.started)
	v.last = e
	for watcher := range v.watchers {
		select {
		case watcher <- e:
		default:
			<-watcher
			watcher <- e
		}
	}
}

// subscribe returns a channel with the present state, if there is one, and every
// change from now on.
func (v *supervisor) subscribe() (events <-chan Event, cancel func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	watcher := make(chan Event, eventQueue)
	if v.last.Kind != "" {
		watcher <- v.last
	}
	v.watchers[watcher] = struct{}{}
	return watcher, func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		delete(v.watchers, watcher)
	}
}

// tail returns the end of the log.
func (v *supervisor) tail(n int) []byte {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.log.tail(n)
}

// age is the time since the service was started; 0 before that.
func (v *supervisor) age() time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.started.IsZero() {
		return 0
	}
	return time.Since(v.started)
}
