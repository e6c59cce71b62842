package live_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/agent"
	"pattarai/sandbox/docker"
	"pattarai/sandbox/images"
	"pattarai/server/live"
)

// TestReaders reads the real software of a lab of its own.
func TestReaders(t *testing.T) {
	s := openLab(t)
	t.Run("postgres", func(t *testing.T) { readsPostgres(t, s) })
	t.Run("replica", func(t *testing.T) { readsReplica(t, s) })
	t.Run("redis", func(t *testing.T) { readsRedis(t, s) })
	t.Run("rabbitmq", func(t *testing.T) { readsRabbitMQ(t, s) })
	t.Run("absent", func(t *testing.T) { saysWhatIsWrong(t, s) })
}

func readsPostgres(t *testing.T, s *sandbox.Session) {
	must(t, s, "primary", `psql -qc "create unlogged table cache (v text)" -c "create table orders (id int)" -c "insert into orders select generate_series(1, 1000)" -c "analyze"`)
	begin(t, s, `psql -qc "begin" -c "lock table orders in access exclusive mode" -c "select pg_sleep(60)"`)
	must(t, s, "primary", `until psql -Atc "select true from pg_locks where mode = 'AccessExclusiveLock' and granted and relation = 'orders'::regclass" | grep t; do sleep 0.1; done`)
	begin(t, s, `PGAPPNAME=waiter psql -qc "select count(*) from orders"`)
	got := await(t, s, "primary", "postgres", func(r live.Report) bool {
		return r.Postgres != nil && slices.ContainsFunc(r.Postgres.Sessions, func(s live.PostgresSession) bool { return s.App == "waiter" && len(s.Blocked) == 1 }) &&
			len(r.Postgres.Replicas) == 1
	}).Postgres
	waiting := slices.IndexFunc(got.Locks, func(l live.PostgresLock) bool { return !l.Granted && l.Table == "orders" })
	if waiting < 0 || len(got.Locks) < 2 {
		t.Errorf("locks %+v, want one that waits for orders and one that is held", got.Locks)
	}
	if i := slices.IndexFunc(got.Tables, func(x live.PostgresTable) bool { return x.Name == "orders" && x.Rows >= 1000 && x.Size > 8000 }); i < 0 {
		t.Errorf("tables %+v, want orders with a thousand rows", got.Tables)
	}
	if i := slices.IndexFunc(got.Tables, func(x live.PostgresTable) bool { return x.Name == "cache" && x.Kind == "unlogged" }); i < 0 {
		t.Errorf("tables %+v, want cache, unlogged", got.Tables)
	}
	if got.Replica || got.Bytes == 0 || got.Replicas[0].Name != "replica" || got.Replicas[0].State != "streaming" {
		t.Errorf("%+v, want a primary that streams to replica", got)
	}
}

// begin starts a command on the primary and leaves it running until the test ends.
func begin(t *testing.T, s *sandbox.Session, line string) {
	go s.Exec(t.Context(), "primary", agent.Command{Args: []string{"bash", "-c", line}, Timeout: time.Minute})
}

func readsReplica(t *testing.T, s *sandbox.Session) {
	got := await(t, s, "replica", "postgres", func(r live.Report) bool { return r.Postgres != nil }).Postgres
	if !got.Replica || got.Received == "" || got.LSN == "" {
		t.Errorf("%+v, want a replica with its positions", got)
	}
}

func readsRedis(t *testing.T, s *sandbox.Session) {
	must(t, s, "cache", `redis-cli set dish dosai ex 100; redis-cli lpush orders 1 2; redis-cli get dish; redis-cli get nothing`)
	reader, node := newReader(t, s, "cache", "redis")
	var got *live.Redis
	for range 3 { // The view's own looks are no hits.
		report, err := reader.Read(t.Context(), node)
		if err != nil {
			t.Fatal(err)
		}
		got = report.Redis
	}
	if got.Hits != 1 || got.Misses != 1 || got.Size != 2 || got.Memory == 0 || got.MaxMemory != 32<<20 {
		t.Errorf("%+v, want 1 hit, 1 miss, 2 keys, 32 MiB", got)
	}
	if len(got.Keys) != 2 || got.Keys[0].Name != "dish" || got.Keys[0].TTL > 100_000 || got.Keys[0].TTL < 1 || got.Keys[1].Type != "list" || got.Keys[1].TTL != -1 {
		t.Errorf("keys %+v, want dish, which expires, and the list orders", got.Keys)
	}
}

func readsRabbitMQ(t *testing.T, s *sandbox.Session) {
	must(t, s, "broker", `set -e
rabbitmqadmin -q declare exchange name=shop type=topic arguments='{"alternate-exchange": "lost"}'
rabbitmqadmin -q declare queue name=orders queue_type=quorum arguments='{"x-dead-letter-exchange": "dead"}'
rabbitmqadmin -q declare binding source=shop destination=orders routing_key='order.*'
rabbitmqadmin -q publish exchange=shop routing_key=order.new payload=dosai`)
	got := await(t, s, "broker", "rabbitmq", func(r live.Report) bool {
		return r.RabbitMQ != nil && len(r.RabbitMQ.Queues) == 1 && r.RabbitMQ.Queues[0].Ready == 1
	}).RabbitMQ
	q := got.Queues[0]
	if q.Name != "orders" || q.Type != "quorum" || q.Leader != "broker" || !slices.Equal(q.Online, []string{"broker"}) || q.DeadLetter != "dead" {
		t.Errorf("queue %+v", q)
	}
	if len(got.Exchanges) != 1 || got.Exchanges[0].Name != "shop" || got.Exchanges[0].Type != "topic" || got.Exchanges[0].Alternate != "lost" {
		t.Errorf("exchanges %+v, want shop alone", got.Exchanges)
	}
	if want := (live.RabbitBinding{Source: "shop", Destination: "orders", Kind: "queue", Key: "order.*"}); len(got.Bindings) != 1 || got.Bindings[0] != want {
		t.Errorf("bindings %+v, want %+v", got.Bindings, want)
	}
	if len(got.Nodes) != 1 || !got.Nodes[0].Running || got.Nodes[0].Memory == 0 {
		t.Errorf("nodes %+v", got.Nodes)
	}
}

// saysWhatIsWrong looks for software where there is none.
func saysWhatIsWrong(t *testing.T, s *sandbox.Session) {
	for kind, want := range map[string]string{"redis": "port 6379", "rabbitmq": "port 15672", "postgres": "psql"} {
		node := "primary"
		if kind == "postgres" {
			node = "cache"
		}
		reader, client := newReader(t, s, node, kind)
		if _, err := reader.Read(t.Context(), client); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want a sentence about %s", kind, err, want)
		}
	}
	if _, ok := live.New("nothing"); ok {
		t.Error("there is a reader of nothing")
	}
}

func newReader(t *testing.T, s *sandbox.Session, node, kind string) (live.Reader, live.Node) {
	t.Helper()
	client, err := s.Agent(t.Context(), node)
	if err != nil {
		t.Fatal(err)
	}
	reader, ok := live.New(kind)
	if !ok {
		t.Fatalf("no reader for %s", kind)
	}
	t.Cleanup(reader.Close)
	return reader, client
}

// await reads until the report is as wanted.
func await(t *testing.T, s *sandbox.Session, node, kind string, good func(live.Report) bool) live.Report {
	t.Helper()
	reader, client := newReader(t, s, node, kind)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		report, err := reader.Read(ctx, client)
		if err == nil && good(report) {
			return report
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s never said what was awaited: %+v, %v", node, report, err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func must(t *testing.T, s *sandbox.Session, node, script string) {
	t.Helper()
	res, err := s.Exec(t.Context(), node, agent.Command{Args: []string{"bash", "-c", script}, Timeout: time.Minute})
	if err != nil || res.Exit != 0 {
		t.Fatalf("%s: %v, exit status %d\n%s%s", node, err, res.Exit, res.Stdout, res.Stderr)
	}
}

// openLab opens a lab of all kinds that have a reader, and removes it with the test.
func openLab(t *testing.T) *sandbox.Session {
	t.Helper()
	engine := openEngine(t)
	topology := sandbox.Topology{Name: "test/live", Hash: "test", Nodes: []sandbox.Node{
		{Name: "primary", Image: "postgres", Health: test("pg_isready", "-q", "-h", "primary")},
		{Name: "replica", Image: "postgres", Env: map[string]string{"POSTGRES_PRIMARY": "primary"}, Health: test("pg_isready", "-q", "-h", "replica")},
		{Name: "cache", Image: "redis", Health: test("redis-cli", "ping")},
		{Name: "broker", Image: "rabbitmq", Health: test("bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/15672")},
	}}
	id := fmt.Sprintf("livetest%d", os.Getpid())
	s, err := sandbox.Open(t.Context(), engine, sandbox.Spec{ID: id, Owner: "tester", Topology: topology}, nil, func(sandbox.NodeState) {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func test(args ...string) *sandbox.Health {
	return &sandbox.Health{Test: args, Interval: time.Second, Timeout: 5 * time.Second, StartPeriod: 90 * time.Second, Retries: 3}
}

// openEngine skips loudly where no engine answers, unless one is required.
func openEngine(t *testing.T) *docker.Engine {
	t.Helper()
	c, err := docker.NewClient("")
	if err == nil {
		t.Cleanup(func() { c.Close() })
		_, err = c.ImageID(t.Context(), images.Base)
	}
	if err != nil && strings.Contains(os.Getenv("PATTARAI_TEST_REQUIRE"), "docker") {
		t.Fatalf("docker is required: %v", err)
	}
	if err != nil {
		t.Skipf("SKIPPED, no container engine: %v", err)
	}
	set := images.New(c, agentProgram(t), func() []string { return []string{"postgres", "rabbitmq", "redis"} })
	if err := set.Build(t.Context(), nil, func(line string) { t.Log(line) }); err != nil {
		t.Fatal(err)
	}
	engine, err := docker.New(t.Context(), docker.Config{
		Installation: fmt.Sprintf("live%d-%d", os.Getpid(), time.Now().UnixNano()%1e9),
		Secret:       []byte("only-for-tests-0123456789"), Images: set, Spare: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return engine
}

// agentProgram is PATTARAI_AGENT, or built now.
func agentProgram(t *testing.T) string {
	t.Helper()
	if p := os.Getenv("PATTARAI_AGENT"); p != "" {
		return p
	}
	p := filepath.Join(t.TempDir(), "pattarai-agent")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", p, "pattarai/cmd/pattarai-agent")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building the agent: %v: %s", err, out)
	}
	return p
}
