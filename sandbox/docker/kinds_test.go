package docker_test

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"pattarai/sandbox"
	"pattarai/sandbox/agent"
	"pattarai/sandbox/compose"
	"pattarai/sandbox/docker"
	"pattarai/sandbox/images"
)

// kind is a section of docs/node-kinds.md: a lesson's folder, and what is typed.
type kind struct {
	title   string
	folder  fstest.MapFS
	console []exchange
}

// exchange is a command, the node where it is typed, and what it answers.
type exchange struct{ node, command, answer string }

// TestNodeKinds starts every lab of docs/node-kinds.md as it is printed there, and
// types what the page says.
func TestNodeKinds(t *testing.T) {
	if testing.Short() {
		t.Skip("builds every lab image")
	}
	e := newEngine(t, func(c *docker.Config) { c.Images = buildImages(t, images.Names) })
	for i, k := range readKinds(t) {
		t.Run(k.title, func(t *testing.T) {
			t.Parallel()
			k.serves(t, e, fmt.Sprintf("nodekind%d", i))
		})
	}
}

// TestRabbitMQMemberComesBack kills a member of the documented cluster: what the
// others hold is filled into the one that comes back.
func TestRabbitMQMemberComesBack(t *testing.T) {
	s := openKind(t, "A cluster of three", "rabbitmq", "python")
	must(t, s, "worker", "python3 /srv/quorum.py")
	control(t, s, "rabbit2", sandbox.Kill)
	control(t, s, "rabbit2", sandbox.Start)
	must(t, s, "rabbit1", `until [ "$(rabbitmq-queues -q quorum_status orders --formatter json | grep -o '"Raft State":"\(leader\|follower\)"' | wc -l)" = 3 ]; do sleep 0.5; done`)
	must(t, s, "rabbit2", `rabbitmqctl -q list_queues messages | grep -qx 100`)
}

// TestPostgresSurvivesACrash ends a server's processes: what was committed is there
// when it starts again, and an unlogged table is empty.
func TestPostgresSurvivesACrash(t *testing.T) {
	s := openKind(t, "postgres", "postgres")
	must(t, s, "primary", `psql -qc "create unlogged table cache as select 1" -c "insert into orders (dish) values ('pongal')" && kill -9 $(head -1 $PGDATA/postmaster.pid)`)
	news := s.Watch(t.Context())
	for !slices.ContainsFunc(s.States(), func(n sandbox.NodeState) bool { return n.Node == "primary" && n.Phase == sandbox.PhaseExited }) {
		<-news
	}
	control(t, s, "primary", sandbox.Start)
	must(t, s, "primary", `[ "$(psql -Atc "select count(*) from orders" -c "select count(*) from cache" | tr '\n' ' ')" = "4 0 " ]`)
}

// openKind opens the lab of a section of docs/node-kinds.md; it needs these images.
func openKind(t *testing.T, title string, needed ...string) *sandbox.Session {
	t.Helper()
	if testing.Short() {
		t.Skip("builds lab images")
	}
	e := newEngine(t, func(c *docker.Config) { c.Images = buildImages(t, func() []string { return needed }) })
	all := readKinds(t)
	i := slices.IndexFunc(all, func(k kind) bool { return k.title == title })
	if i < 0 {
		t.Fatalf("docs/node-kinds.md has no section %q", title)
	}
	topology, problems := compose.Parse(all[i].folder, "compose.yaml", "docs/kind", images.Names())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return open(t, e, "onekind1", topology, all[i].files())
}

func control(t *testing.T, s *sandbox.Session, node string, action sandbox.Action) {
	t.Helper()
	if err := s.Control(t.Context(), node, action); err != nil {
		t.Fatalf("%s %s: %v", action, node, err)
	}
}

func must(t *testing.T, s *sandbox.Session, node, line string) {
	t.Helper()
	res, err := s.Exec(t.Context(), node, agent.Command{Args: []string{"bash", "-c", line}, Timeout: 2 * time.Minute})
	if err != nil || res.Exit != 0 {
		t.Fatalf("%s> %s: %v, exit status %d\n%s%s", node, line, err, res.Exit, res.Stdout, res.Stderr)
	}
}

func (k kind) serves(t *testing.T, e *docker.Engine, id string) {
	topology, problems := compose.Parse(k.folder, "compose.yaml", "docs/"+id, images.Names())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	s := open(t, e, id, topology, k.files())
	for _, n := range topology.Nodes {
		if n.Apply != nil {
			k.applies(t, s, n)
		}
	}
	for _, x := range k.console {
		res, err := s.Exec(t.Context(), x.node, agent.Command{Args: []string{"bash", "-c", x.command}, Timeout: 2 * time.Minute})
		if err != nil {
			t.Fatalf("%s: %v", x.command, err)
		}
		if diff := cmp.Diff(x.answer, strings.TrimSpace(string(res.Stdout))); diff != "" {
			t.Errorf("%s> %s (-want +got):\n%s%s", x.node, x.command, diff, res.Stderr)
		}
	}
}

// applies edits every file that a node maps into a line more and back, so that its
// check and its reload have run.
func (k kind) applies(t *testing.T, s *sandbox.Session, n sandbox.Node) {
	for name, content := range k.files() {
		if !slices.ContainsFunc(n.Files, func(f sandbox.File) bool { return strings.HasPrefix(name, f.Source) }) {
			continue
		}
		for _, next := range [][]byte{append(slices.Clone(content), '\n'), content} {
			got, err := s.Apply(t.Context(), map[string][]byte{name: next})
			if err != nil || !got.Accepted {
				t.Fatalf("%s was not applied to %s: %v\n%s", name, n.Name, err, got.Output)
			}
		}
	}
}

// files are the lesson's workspace.
func (k kind) files() map[string][]byte {
	files := map[string][]byte{}
	for name, f := range k.folder {
		if inner, ok := strings.CutPrefix(name, "files/"); ok {
			files[inner] = f.Data
		}
	}
	return files
}

var fence = regexp.MustCompile("(?ms)^```([a-z]+)(?: (file|in)=(\\S+))?\n(.*?)^```$")

// readKinds reads docs/node-kinds.md.
func readKinds(t *testing.T) []kind {
	t.Helper()
	page, err := os.ReadFile("../../docs/node-kinds.md")
	if err != nil {
		t.Fatal(err)
	}
	var kinds []kind
	for _, section := range regexp.MustCompile(`(?m)^###? `).Split(string(page), -1)[1:] {
		title, _, _ := strings.Cut(section, "\n")
		k := kind{title: title, folder: fstest.MapFS{}}
		for _, block := range fence.FindAllStringSubmatch(section, -1) {
			k.read(block[1], block[2], block[3], block[4])
		}
		if _, err := fs.Stat(k.folder, "compose.yaml"); err != nil {
			continue
		}
		if len(k.console) == 0 {
			t.Errorf("section %q of docs/node-kinds.md shows a lab and nothing to type in it", title)
		}
		kinds = append(kinds, k)
	}
	return kinds
}

func (k *kind) read(language, key, value, text string) {
	switch {
	case key == "file":
		k.folder[path.Join("files", value)] = &fstest.MapFile{Data: []byte(text)}
	case language == "yaml":
		k.folder["compose.yaml"] = &fstest.MapFile{Data: []byte(text)}
	case language == "console":
		node := "client"
		if key == "in" {
			node = value
		}
		for _, one := range strings.Split("\n"+text, "\n$ ")[1:] {
			command, answer, _ := strings.Cut(one, "\n")
			k.console = append(k.console, exchange{node, command, strings.TrimSpace(answer)})
		}
	}
}

// TestEveryImageIsDocumented looks for every lab image in docs/node-kinds.md.
func TestEveryImageIsDocumented(t *testing.T) {
	shown := map[string]bool{"probe": true}
	for _, k := range readKinds(t) {
		topology, problems := compose.Parse(k.folder, "compose.yaml", "docs/kind", images.Names())
		if len(problems) > 0 {
			t.Errorf("%s: %v", k.title, problems)
		}
		for _, n := range topology.Nodes {
			shown[n.Image] = true
		}
	}
	for _, name := range images.Names() {
		if !shown[name] {
			t.Errorf("docs/node-kinds.md shows no lab with image %s", name)
		}
	}
}
