package live

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// RabbitMQ is what a broker, or the cluster it belongs to, says of itself.
type RabbitMQ struct {
	Nodes     []RabbitNode     `json:"nodes"`
	Exchanges []RabbitExchange `json:"exchanges"` // Without those that every broker has and nothing is bound to.
	Bindings  []RabbitBinding  `json:"bindings"`  // Without the default exchange's.
	Queues    []RabbitQueue    `json:"queues"`
}

// RabbitNode is a member of the cluster.
type RabbitNode struct {
	Name    string   `json:"name"`
	Running bool     `json:"running"`
	Memory  int64    `json:"memory"`
	Alarms  []string `json:"alarms"` // What it complains of: memory, disk, a partition.
}

// RabbitExchange is where messages are published to.
type RabbitExchange struct {
	Name      string  `json:"name"`
	Type      string  `json:"type"`
	Durable   bool    `json:"durable"`
	Alternate string  `json:"alternate"` // Where messages go that no binding accepts.
	Rate      float64 `json:"rate"`      // Messages published per second.
}

// RabbitBinding is a way from an exchange to a queue or to another exchange.
type RabbitBinding struct {
	Source      string `json:"source"`
	Destination string `json:"destination"`
	Kind        string `json:"kind"` // "queue" or "exchange".
	Key         string `json:"key"`
}

// RabbitQueue is a queue and what is in it.
type RabbitQueue struct {
	Name       string   `json:"name"`
	Type       string   `json:"type"` // classic, quorum, stream.
	State      string   `json:"state"`
	Durable    bool     `json:"durable"`
	Ready      int64    `json:"ready"`
	Unacked    int64    `json:"unacked"`
	Consumers  int      `json:"consumers"`
	In         float64  `json:"in"`  // Messages per second.
	Out        float64  `json:"out"` // Delivered and got, per second.
	Leader     string   `json:"leader"`
	Members    []string `json:"members"` // Nodes with a copy, of a quorum queue or stream.
	Online     []string `json:"online"`
	DeadLetter string   `json:"dead_letter"` // The exchange that gets what is rejected or expires.
}

const (
	rabbitAPI     = "http://127.0.0.1:15672/api/"
	rabbitTimeout = 4 * time.Second
	rabbitMost    = 40 // Queues, exchanges and bindings shown.
)

// rabbitReader asks the management plugin's API over connections that stay open.
type rabbitReader struct {
	client *http.Client
	node   Node
}

// Read implements [Reader].
func (r *rabbitReader) Read(ctx context.Context, node Node) (Report, error) {
	if r.client == nil || r.node != node {
		r.Close()
		r.node, r.client = node, rabbitClient(node)
	}
	ctx, cancel := context.WithTimeout(ctx, rabbitTimeout)
	defer cancel()
	var a rabbitAnswers
	for _, q := range []struct {
		path   string
		answer any
	}{
		{"nodes?columns=name,running,mem_used,mem_alarm,disk_free_alarm,partitions", &a.nodes},
		{"exchanges?columns=name,type,durable,arguments,message_stats.publish_in_details.rate", &a.exchanges},
		{"bindings?columns=source,destination,destination_type,routing_key", &a.bindings},
		{"queues?columns=name,type,state,durable,arguments,effective_policy_definition,messages_ready,messages_unacknowledged,consumers,node,leader,members,online," +
			"message_stats.publish_details.rate,message_stats.deliver_get_details.rate", &a.queues},
	} {
		if err := r.ask(ctx, q.path, q.answer); err != nil {
			return Report{}, err
		}
	}
	return Report{RabbitMQ: a.view()}, nil
}

// Close implements [Reader].
func (r *rabbitReader) Close() {
	if r.client != nil {
		r.client.CloseIdleConnections()
	}
	r.client, r.node = nil, nil
}

func rabbitClient(node Node) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			return node.DialPort(ctx, network, address)
		},
		MaxIdleConns: 1, MaxConnsPerHost: 1, IdleConnTimeout: 10 * time.Second,
	}}
}

func (r *rabbitReader) ask(ctx context.Context, path string, answer any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, rabbitAPI+path, nil)
	if err != nil {
		return err
	}
	req.SetBasicAuth("guest", "guest")
	resp, err := r.client.Do(req)
	if err != nil {
		return errors.New("RabbitMQ's management API does not answer at port 15672")
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return fmt.Errorf("RabbitMQ hung up: %w", err)
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("RabbitMQ's management API answered %s to user guest", resp.Status)
	case len(body) > maxAnswer:
		return tooLong("RabbitMQ")
	}
	if err := json.Unmarshal(body, answer); err != nil {
		return fmt.Errorf("RabbitMQ answered something else than its figures: %w", err)
	}
	return nil
}

// rate is a figure as the API gives it.
type rate struct {
	Rate float64 `json:"rate"`
}

// rabbitAnswers are the API's answers, as far as they are shown.
type rabbitAnswers struct {
	nodes []struct {
		Name       string   `json:"name"`
		Running    bool     `json:"running"`
		Memory     int64    `json:"mem_used"`
		LowMemory  bool     `json:"mem_alarm"`
		LowDisk    bool     `json:"disk_free_alarm"`
		Partitions []string `json:"partitions"`
	}
	exchanges []struct {
		RabbitExchange
		Arguments map[string]any `json:"arguments"`
		Stats     struct {
			In rate `json:"publish_in_details"`
		} `json:"message_stats"`
	}
	bindings []struct {
		RabbitBinding
		Kind string `json:"destination_type"`
		Key  string `json:"routing_key"`
	}
	queues []struct {
		RabbitQueue
		Ready     int64          `json:"messages_ready"`
		Unacked   int64          `json:"messages_unacknowledged"`
		Node      string         `json:"node"`
		Arguments map[string]any `json:"arguments"`
		Policy    any            `json:"effective_policy_definition"`
		Stats     struct {
			In  rate `json:"publish_details"`
			Out rate `json:"deliver_get_details"`
		} `json:"message_stats"`
	}
}

func (a *rabbitAnswers) view() *RabbitMQ {
	return &RabbitMQ{Nodes: a.viewNodes(), Exchanges: a.viewExchanges(), Bindings: a.viewBindings(), Queues: a.viewQueues()}
}

func (a *rabbitAnswers) viewNodes() []RabbitNode {
	nodes := make([]RabbitNode, 0, len(a.nodes))
	for _, n := range a.nodes {
		node := RabbitNode{Name: short(n.Name), Running: n.Running, Memory: n.Memory, Alarms: []string{}}
		if n.LowMemory {
			node.Alarms = append(node.Alarms, "memory")
		}
		if n.LowDisk {
			node.Alarms = append(node.Alarms, "disk")
		}
		if len(n.Partitions) > 0 {
			node.Alarms = append(node.Alarms, "partition")
		}
		nodes = append(nodes, node)
	}
	slices.SortFunc(nodes, func(a, b RabbitNode) int { return strings.Compare(a.Name, b.Name) })
	return nodes
}

// viewExchanges leaves out what comes with every broker and is not used.
func (a *rabbitAnswers) viewExchanges() []RabbitExchange {
	bound := map[string]bool{}
	for _, b := range a.bindings {
		bound[b.Source] = true
	}
	exchanges := []RabbitExchange{}
	for _, e := range a.exchanges {
		if e.Name == "" || strings.HasPrefix(e.Name, "amq.") && !bound[e.Name] {
			continue
		}
		e.Name = clip(e.Name)
		e.Rate, e.Alternate = e.Stats.In.Rate, argument("alternate-exchange", e.Arguments)
		exchanges = append(exchanges, e.RabbitExchange)
	}
	slices.SortFunc(exchanges, func(a, b RabbitExchange) int { return strings.Compare(a.Name, b.Name) })
	return first(exchanges)
}

func (a *rabbitAnswers) viewBindings() []RabbitBinding {
	bindings := []RabbitBinding{}
	for _, b := range a.bindings {
		if b.Source == "" {
			continue
		}
		bindings = append(bindings, RabbitBinding{Source: clip(b.Source), Destination: clip(b.Destination), Kind: b.Kind, Key: clip(b.Key)})
	}
	slices.SortFunc(bindings, func(a, b RabbitBinding) int {
		return cmp.Or(strings.Compare(a.Source, b.Source), strings.Compare(a.Destination, b.Destination), strings.Compare(a.Key, b.Key))
	})
	return first(bindings)
}

func (a *rabbitAnswers) viewQueues() []RabbitQueue {
	queues := []RabbitQueue{}
	for _, q := range a.queues {
		v := q.RabbitQueue
		v.Name, v.Ready, v.Unacked = clip(v.Name), q.Ready, q.Unacked
		v.In, v.Out = q.Stats.In.Rate, q.Stats.Out.Rate
		v.Leader = short(cmp.Or(v.Leader, q.Node))
		v.Members, v.Online = shorts(v.Members), shorts(v.Online)
		policy, _ := q.Policy.(map[string]any) // An empty one is a list.
		v.DeadLetter = cmp.Or(argument("x-dead-letter-exchange", q.Arguments), argument("dead-letter-exchange", policy))
		queues = append(queues, v)
	}
	slices.SortFunc(queues, func(a, b RabbitQueue) int { return strings.Compare(a.Name, b.Name) })
	return first(queues)
}

func first[T any](all []T) []T { return all[:min(len(all), rabbitMost)] }

// argument is an argument that is a text.
func argument(name string, arguments map[string]any) string {
	text, _ := arguments[name].(string)
	return clip(text)
}

// short is a node's name without what all nodes' names begin with.
func short(name string) string { return strings.TrimPrefix(name, "rabbit@") }

func shorts(names []string) []string {
	out := make([]string, 0, len(names))
	for _, name := range names {
		out = append(out, short(name))
	}
	slices.Sort(out)
	return out
}
