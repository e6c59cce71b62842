package main_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// place is where a package stands in the architecture: which packages of this
// module it may import, and which technologies (module path prefixes) it may name
// itself or may reach through others. The standard library and golang.org/x are
// free, except what denied lists.
type place struct {
	imports []string // Packages of this module; a trailing /... allows the subtree.
	names   []string // Third-party modules it may import itself.
	denied  []string // Packages it must not even reach.
}

var pure = []string{"net", "net/http", "database/sql", "os/exec", "log/slog"}

// architecture is the whole of it. A package that is not in the table has no place
// yet: decide where it belongs, then add it here.
var architecture = map[string]place{
	"lessons/codecache":           {denied: pure},
	"lessons/problem/problemtest": {},

	"quizzes":          {imports: []string{"lessons/problem"}, names: []string{"github.com/expr-lang/expr"}, denied: []string{"net/http", "database/sql", "os/exec", "log/slog"}},
	"quizzes/exchange": {imports: []string{"lessons/problem", "quizzes"}, names: []string{"github.com/JohannesKaufmann/html-to-markdown"}, denied: []string{"net/http", "database/sql", "os/exec", "log/slog"}},
	"lessons/problem":  {denied: pure},
	"lessons":          {imports: []string{"lessons/markdown", "lessons/problem", "quizzes"}, names: []string{"go.yaml.in/yaml"}, denied: []string{"net/http", "database/sql", "os/exec"}},
	"lessons/markdown": {imports: []string{"lessons/problem", "quizzes"}, names: []string{"github.com/yuin/goldmark", "github.com/wyatt915/treeblood", "github.com/alecthomas/chroma", "github.com/microcosm-cc/bluemonday"}, denied: []string{"net/http", "database/sql", "os/exec"}},
	"lessons/content":  {denied: pure},
	"lessons/scaffold": {denied: pure},

	"sandbox":                  {imports: []string{"sandbox/agent"}, denied: []string{"net/http", "database/sql"}},
	"sandbox/agent":            {imports: []string{"sandbox/jail"}, names: []string{"github.com/hashicorp/yamux", "github.com/creack/pty"}, denied: []string{"net/http", "database/sql"}},
	"sandbox/jail":             {names: []string{"github.com/elastic/go-seccomp-bpf"}, denied: pure},
	"sandbox/impair":           {imports: []string{"sandbox/agent"}, names: []string{"github.com/florianl/go-nfqueue", "github.com/google/nftables"}, denied: []string{"net/http", "database/sql"}},
	"sandbox/probe":            {denied: []string{"database/sql", "os/exec"}},
	"sandbox/probe/postgres":   {imports: []string{"sandbox/probe"}, names: []string{"github.com/jackc/pgx/v5/pgconn"}, denied: []string{"os/exec"}},
	"sandbox/probe/redis":      {imports: []string{"sandbox/probe"}, names: []string{"github.com/gomodule/redigo"}, denied: []string{"database/sql", "os/exec"}},
	"sandbox/probe/amqp":       {imports: []string{"sandbox/probe"}, names: []string{"github.com/rabbitmq/amqp091-go"}, denied: []string{"database/sql"}},
	"sandbox/internal/yamldoc": {imports: []string{"lessons/problem"}, names: []string{"go.yaml.in/yaml"}, denied: pure},
	"sandbox/compose":          {imports: []string{"sandbox", "sandbox/internal/yamldoc", "lessons/problem"}, names: []string{"github.com/compose-spec/compose-go", "go.yaml.in/yaml"}},
	"sandbox/check":            {imports: []string{"sandbox", "sandbox/agent", "sandbox/probe", "sandbox/internal/yamldoc", "sandbox/check/dialect", "lessons/problem"}, names: []string{"go.yaml.in/yaml"}},
	"sandbox/check/dialect":    {denied: pure},
	"sandbox/pool":             {imports: []string{"sandbox"}, denied: []string{"net/http", "database/sql"}},
	"sandbox/images":           {imports: []string{"sandbox"}, denied: []string{"net/http", "database/sql"}},
	"sandbox/docker":           {imports: []string{"sandbox", "sandbox/agent", "sandbox/images"}, names: []string{"github.com/testcontainers/testcontainers-go", "github.com/moby", "github.com/docker", "github.com/containerd/errdefs", "github.com/opencontainers"}},
	"sandbox/host":             {denied: []string{"net/http", "database/sql"}},
	"sandbox/hostile":          {imports: []string{"sandbox", "sandbox/agent", "sandbox/check"}, denied: []string{"database/sql"}},
	"sandbox/sandboxtest":      {imports: []string{"sandbox", "sandbox/agent", "sandbox/probe"}},

	"server/fault":           {denied: []string{"net/http", "database/sql"}},
	"server/account":         {imports: []string{"server/fault"}, denied: []string{"net/http", "database/sql"}},
	"server/catalog":         {imports: []string{"lessons", "lessons/problem", "sandbox", "sandbox/check", "sandbox/compose"}, names: []string{"github.com/fsnotify/fsnotify"}},
	"server/submit":          {imports: []string{"lessons", "quizzes", "sandbox/check", "server/catalog", "server/fault"}, names: []string{"github.com/oklog/ulid"}},
	"server/admin":           {imports: []string{"server/fault", "server/regrade"}, denied: []string{"database/sql"}},
	"server/regrade":         {imports: []string{"quizzes", "sandbox/check", "server/catalog", "server/fault", "server/submit"}, denied: []string{"database/sql"}},
	"server/compare":         {names: []string{"github.com/aymanbagabas/go-udiff"}, denied: []string{"net/http", "database/sql", "os/exec"}},
	"server/grade":           {imports: []string{"lessons", "sandbox", "sandbox/check", "server/catalog", "server/fault", "server/regrade", "server/submit"}},
	"server/live":            {imports: []string{"sandbox/agent"}, denied: []string{"database/sql"}},
	"server/labs":            {imports: []string{"sandbox", "sandbox/agent", "sandbox/pool", "sandbox/probe", "server/catalog", "server/fault", "server/live"}},
	"server/prove":           {imports: []string{"lessons", "quizzes", "sandbox", "sandbox/agent", "sandbox/check", "server/catalog"}},
	"server/recall":          {imports: []string{"server/fault"}, names: []string{"github.com/open-spaced-repetition/go-fsrs"}, denied: []string{"net/http", "database/sql"}},
	"server/store":           {imports: []string{"quizzes", "sandbox/check", "server/account", "server/fault", "server/labs", "server/recall", "server/regrade", "server/submit"}, denied: []string{"github.com/labstack/echo"}},
	"server/store/sqlite":    {imports: []string{"server/fault", "server/store"}, names: []string{"modernc.org/sqlite", "github.com/pressly/goose"}},
	"server/store/storetest": {imports: []string{"quizzes", "sandbox/check", "server/account", "server/fault", "server/labs", "server/recall", "server/regrade", "server/store", "server/submit"}, names: []string{"github.com/google/go-cmp"}},
	"server/web":             {imports: []string{"assets", "lessons", "lessons/problem", "quizzes", "sandbox", "sandbox/agent", "sandbox/check", "server/account", "server/catalog", "server/compare", "server/fault", "server/labs", "server/recall", "server/regrade", "server/submit"}, names: []string{"github.com/labstack/echo", "github.com/coder/websocket", "github.com/prometheus/client_golang", "github.com/andybalholm/brotli", "github.com/oklog/ulid"}},
	"server":                 {imports: []string{"..."}, names: []string{"github.com/prometheus/client_golang", "github.com/oklog/ulid"}},
	"assets":                 {denied: []string{"net/http", "database/sql", "os/exec"}},
	"cmd/pattarai":           {imports: []string{"..."}, names: []string{"github.com/alecthomas/kong"}},
	"cmd/pattarai-agent":     {imports: []string{"sandbox/agent", "sandbox/impair", "sandbox/probe", "sandbox/probe/amqp", "sandbox/probe/postgres", "sandbox/probe/redis"}, denied: []string{"github.com/moby", "modernc.org/sqlite"}},
}

func TestArchitecture(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}}|{{join .Imports \" \"}}|{{join .Deps \" \"}}", "pattarai/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Split(strings.TrimSpace(line), "|")
		name := strings.TrimPrefix(fields[0], "pattarai/")
		want, known := architecture[name]
		if !known {
			t.Errorf("%s has no place in the architecture: add it to the table in this file", name)
			continue
		}
		for _, path := range strings.Fields(fields[1]) {
			checkImport(t, name, path, want)
		}
		for _, path := range strings.Fields(fields[2]) {
			if within(path, want.denied) {
				t.Errorf("%s reaches %s, which it must not", name, path)
			}
		}
	}
}

func checkImport(t *testing.T, name, path string, want place) {
	t.Helper()
	if own, ok := strings.CutPrefix(path, "pattarai/"); ok {
		if !slices.Contains(want.imports, "...") && !slices.Contains(want.imports, own) {
			t.Errorf("%s imports %s: not an arrow of the architecture", name, own)
		}
		return
	}
	first, _, _ := strings.Cut(path, "/")
	if !strings.Contains(first, ".") || strings.HasPrefix(path, "golang.org/x/") {
		if path == "testing" && !strings.HasSuffix(name, "test") {
			t.Errorf("%s brings the testing package into the binary", name)
		}
		return
	}
	if !within(path, want.names) {
		t.Errorf("%s imports %s: that technology belongs to another package", name, path)
	}
}

// within tells whether path is one of the prefixes or below one of them.
func within(path string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool {
		return path == p || strings.HasPrefix(path, p+"/")
	})
}
