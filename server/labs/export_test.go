package labs

import (
	"context"
	"net"
	"time"

	"pattarai/server/live"
)

// What tests replace and look at.
type (
	Session   = session
	NodeAgent = nodeAgent
)

var (
	ParseStat  = parseStat
	ParseInfo  = parseInfo
	WithDeltas = withDeltas
	Entry      = entry
)

// SetOpener makes the service open sessions with o.
func SetOpener(s *Service, o opener) { s.opener = o }

// Benches is how many places the service keeps in memory after forgetting at now.
func Benches(s *Service, now time.Time) int {
	s.forget(now)
	return len(s.all())
}

// WatchHAProxy reports one HAProxy until ctx ends.
func WatchHAProxy(ctx context.Context, node string, dial func(context.Context) (net.Conn, error), publish func(*Live)) (done <-chan struct{}) {
	v := haproxyView{node: node, dial: dial, publish: publish}
	return startPump(ctx, v.run).done
}

// WatchPolled reports one group of nodes until ctx ends.
func WatchPolled(ctx context.Context, kind string, nodes []string, reader live.Reader, agent func(context.Context, string) (live.Node, error), publish func(*Live)) (done <-chan struct{}) {
	v := polledView{viewGroup: viewGroup{kind: kind, nodes: nodes}, reader: reader, agent: agent, publish: publish}
	return startPump(ctx, v.run).done
}
