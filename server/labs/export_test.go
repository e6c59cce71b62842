package labs

import (
	"context"
	"net"
	"time"
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
