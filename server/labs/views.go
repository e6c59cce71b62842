package labs

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"time"

	"pattarai/sandbox"
	"pattarai/server/live"
)

const (
	viewEvery    = time.Second     // How often a live view asks.
	viewPatience = 5 * time.Second // How long one node has for its answer.
)

// startViews starts the live views that ask once a second.
func (s *Service) startViews(ctx context.Context, b *bench, running session) []*pump {
	var pumps []*pump
	for _, group := range viewGroups(b.topology().Nodes) {
		reader, ok := live.New(group.kind)
		if !ok {
			continue
		}
		view := polledView{viewGroup: group, reader: reader, publish: func(l *Live) { b.publish(Event{Live: l}) },
			agent: func(ctx context.Context, node string) (live.Node, error) { return running.Agent(ctx, node) }}
		pumps = append(pumps, startPump(ctx, view.run))
	}
	return pumps
}

// viewGroup is nodes that say the same of themselves: one node, or a cluster.
type viewGroup struct {
	kind    string
	cluster string
	nodes   []string
}

// viewGroups are the nodes with a view. The members of a RabbitMQ cluster all know
// the whole of it, so that any of them may be asked.
func viewGroups(nodes []sandbox.Node) []viewGroup {
	var groups []viewGroup
	for _, n := range nodes {
		if n.View == "" {
			continue
		}
		cluster := n.Env["RABBITMQ_CLUSTER"]
		i := slices.IndexFunc(groups, func(g viewGroup) bool {
			return cluster != "" && g.cluster == cluster && g.kind == n.View
		})
		if i < 0 {
			groups = append(groups, viewGroup{kind: n.View, cluster: cluster})
			i = len(groups) - 1
		}
		groups[i].nodes = append(groups[i].nodes, n.Name)
	}
	return groups
}

// Views are the live views of a topology's nodes by the name that they report under:
// that of the node, or of the first node of a cluster that speaks with one voice.
func Views(t sandbox.Topology) map[string]string {
	views := map[string]string{}
	for _, group := range viewGroups(t.Nodes) {
		views[group.nodes[0]] = group.kind
	}
	return views
}

// polledView reports one node's or one cluster's software.
type polledView struct {
	viewGroup
	reader  live.Reader
	agent   func(ctx context.Context, node string) (live.Node, error)
	publish func(*Live)
	asked   int // Of nodes: the one that answered last.
	last    *Live
	said    time.Time
}

// run asks once a second until ctx ends. A question that takes longer leaves
// the next ones out.
func (v *polledView) run(ctx context.Context) {
	defer v.reader.Close()
	ticks := time.NewTicker(viewEvery)
	defer ticks.Stop()
	for {
		if now := v.look(ctx); ctx.Err() == nil {
			v.report(now)
		}
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return
		}
	}
}

// look asks the node that answered last, and the others of its cluster when it no
// longer does.
func (v *polledView) look(ctx context.Context) *Live {
	var problem error
	for i := range v.nodes {
		at := (v.asked + i) % len(v.nodes)
		report, err := v.read(ctx, v.nodes[at])
		if err == nil {
			v.asked = at
			return &Live{Node: v.nodes[0], Kind: v.kind, Report: report}
		}
		if problem == nil {
			problem = err
		}
	}
	return &Live{Node: v.nodes[0], Kind: v.kind, Report: live.Report{Problem: problem.Error()}}
}

// errNodeDown is the problem of a node without an agent.
var errNodeDown = errors.New("this node does not run")

func (v *polledView) read(ctx context.Context, node string) (live.Report, error) {
	ctx, cancel := context.WithTimeout(ctx, viewPatience)
	defer cancel()
	client, err := v.agent(ctx, node)
	if err != nil {
		return live.Report{}, errNodeDown
	}
	return v.reader.Read(ctx, client)
}

// report publishes what is new, and every two seconds what is not.
func (v *polledView) report(now *Live) {
	if v.last != nil && reflect.DeepEqual(now, v.last) && time.Since(v.said) < quietEvery {
		return
	}
	v.last, v.said = now, time.Now() //nolint:forbidigo // A stopwatch, only ever subtracted.
	v.publish(now)
}
