package labs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"time"

	"pattarai/server/live"
)

// haproxySocket is where the lab image's HAProxy master listens for commands; see
// the lab images' description. Through the master the running worker answers,
// whatever the learner's configuration says about statistics.
const haproxySocket = "/run/haproxy-master.sock"

const (
	haproxyPrompt  = "master> "      // Ends every answer.
	haproxyTimeout = 2 * time.Second // For one answer.
	haproxyAnswer  = 1 << 20         // Bytes at most of one answer.
	quietEvery     = 2 * time.Second // A live view that does not change is repeated that often.
)

// watchLive reports what the nodes' software says of itself, until ctx ends.
func (s *Service) watchLive(ctx context.Context, b *bench, running session) {
	pumps := s.startViews(ctx, b, running)
	for _, n := range b.topology().Nodes {
		if n.View != "haproxy" {
			continue
		}
		view := haproxyView{node: n.Name, publish: func(l *Live) { b.publish(Event{Live: l}) },
			dial: func(ctx context.Context) (net.Conn, error) { return dialSocket(ctx, running, n.Name) }}
		pumps = append(pumps, startPump(ctx, view.run))
	}
	for _, p := range pumps {
		<-p.done
	}
}

func dialSocket(ctx context.Context, running session, node string) (net.Conn, error) {
	agent, err := running.Agent(ctx, node)
	if err != nil {
		return nil, err
	}
	return agent.DialPort(ctx, "unix", haproxySocket)
}

// haproxyView reports one HAProxy.
type haproxyView struct {
	node    string
	dial    func(ctx context.Context) (net.Conn, error)
	publish func(*Live)
	last    *Live // As published.
	said    time.Time
}

// run looks five times a second until ctx ends. A connection that is lost, as at
// every reload, is made again.
func (v *haproxyView) run(ctx context.Context) {
	for ctx.Err() == nil {
		conn, err := v.dial(ctx)
		if err == nil {
			v.follow(ctx, conn)
			conn.Close()
		} else if ctx.Err() == nil {
			v.report(&Live{Node: v.node, Kind: "haproxy", Report: live.Report{Problem: "HAProxy's statistics do not answer"}})
		}
		sleep(ctx, newsEvery)
	}
}

// follow looks through one connection until it is lost or ctx ends.
func (v *haproxyView) follow(ctx context.Context, conn net.Conn) {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if _, err := ask(conn, "prompt"); err != nil {
		return
	}
	ticks := time.NewTicker(newsEvery)
	defer ticks.Stop()
	for {
		now, err := look(conn, v.node)
		if err != nil {
			return
		}
		v.report(now)
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return
		}
	}
}

// report publishes what is new.
func (v *haproxyView) report(now *Live) {
	withDeltas(now, v.last)
	if v.last != nil && sameView(now, v.last) && time.Since(v.said) < quietEvery {
		return
	}
	v.last, v.said = now, time.Now() //nolint:forbidigo // A stopwatch, only ever subtracted.
	v.publish(now)
}

// sameView tells whether only the clock moved on between two reports.
func sameView(a, b *Live) bool {
	x, y := *a, *b
	x.UptimeSec, y.UptimeSec = 0, 0
	return reflect.DeepEqual(x, y)
}

// look asks the running worker for its statistics.
func look(conn net.Conn, node string) (*Live, error) {
	info, err := ask(conn, "@1 show info")
	if err != nil {
		return nil, err
	}
	now := &Live{Node: node, Kind: "haproxy"}
	if now.PID, now.UptimeSec, err = parseInfo(info); err != nil {
		return nil, err
	}
	stat, err := ask(conn, "@1 show stat")
	if err != nil {
		return nil, err
	}
	now.Frontends, now.Backends, err = parseStat(stat)
	return now, err
}

// ask sends a command and returns the answer up to the next prompt.
func ask(conn net.Conn, command string) (string, error) {
	if err := conn.SetDeadline(time.Now().Add(haproxyTimeout)); err != nil { //nolint:forbidigo // The connection's clock.
		return "", err
	}
	if _, err := io.WriteString(conn, command+"\n"); err != nil {
		return "", err
	}
	var answer []byte
	chunk := make([]byte, 16<<10)
	for {
		n, err := conn.Read(chunk)
		answer = append(answer, chunk[:n]...)
		if text, ok := bytes.CutSuffix(answer, []byte(haproxyPrompt)); ok {
			return string(text), nil
		}
		if err != nil {
			return "", fmt.Errorf("%q was not answered: %w", command, err)
		}
		if len(answer) > haproxyAnswer {
			return "", errors.New("the answer is too long")
		}
	}
}
