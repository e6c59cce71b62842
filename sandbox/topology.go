package sandbox

import "time"

// Topology is what a lesson wants to run: a handful of nodes on one private
// network. It is a value; nothing in it is specific to a container engine.
type Topology struct {
	Name  string `json:"name"`  // The lesson's id, "haproxy/09-weighted-round-robin".
	Nodes []Node `json:"nodes"` // In the order of the author's file.
	Tier  Tier   `json:"tier"`  // The least the lesson runs on, whatever the installation's own; "" means any.
	Hash  string `json:"hash"`  // Hex SHA-256 over everything above that shapes the containers.
}

// Node returns the node with that name.
func (t Topology) Node(name string) (Node, bool) {
	for _, n := range t.Nodes {
		if n.Name == name {
			return n, true
		}
	}
	return Node{}, false
}

// Node is one container of a topology.
type Node struct {
	Name      string            `json:"name"`       // Also its host name on the lab's network. [a-z][a-z0-9-]{0,30}.
	Image     string            `json:"image"`      // A lab image's short name: "haproxy", "python", "shell".
	Role      Role              `json:"role"`       // What the node is in the picture.
	Command   []string          `json:"command"`    // Nil means the image's own command.
	Env       map[string]string `json:"env"`        //
	Dir       string            `json:"dir"`        // Working directory; "" means the image's own.
	Files     []File            `json:"files"`      // What of the learner's workspace is visible where.
	DependsOn []Dependency      `json:"depends_on"` //
	Health    *Health           `json:"health"`     // Nil means healthy as soon as the service runs.
	Ports     []Port            `json:"ports"`      // What may be previewed, and what the picture shows.
	Limits    Limits            `json:"limits"`     //
	Apply     *Apply            `json:"apply"`      // How an edit reaches the running service; nil means restart.
	View      string            `json:"view"`       // The live view its software offers: "haproxy" or "".
}

// Role is the part a node plays; the picture and the live lane are drawn from it.
type Role string

// The roles a node may have.
const (
	RoleShell    Role = "shell"    // Where the learner types.
	RoleClient   Role = "client"   // Sends requests.
	RoleBalancer Role = "balancer" // Stands between clients and backends.
	RoleBackend  Role = "backend"  // Answers requests.
	RoleDatabase Role = "database" //
	RoleQueue    Role = "queue"    //
	RoleCache    Role = "cache"    //
	RoleRunner   Role = "runner"   // Runs what is graded; nobody has a shell there.
	RoleService  Role = "service"  // Anything else.
)

// File maps a file or folder of the lesson's workspace (its files/ folder) to
// where the node sees it. The target's parent directory (or the target itself,
// for a folder) becomes a small writable memory file system of the node, so that
// files can be replaced while the rest of the root stays read-only.
type File struct {
	Source string `json:"source"` // Relative to files/, slash-separated: "haproxy.cfg".
	Target string `json:"target"` // Absolute: "/etc/haproxy/haproxy.cfg".
	Folder bool   `json:"folder"` // Source is a folder.
}

// Dependency delays a node's service until another node is up.
type Dependency struct {
	Node    string `json:"node"`
	Healthy bool   `json:"healthy"` // Wait for health; otherwise only for the start.
}

// Health is how a node proves that it serves. The test runs inside the node.
type Health struct {
	Test        []string      `json:"test"`         // An argument vector; a shell line is ["/bin/sh", "-c", line].
	Interval    time.Duration `json:"interval"`     //
	Timeout     time.Duration `json:"timeout"`      //
	StartPeriod time.Duration `json:"start_period"` // Failures before this do not count.
	Retries     int           `json:"retries"`      //
}

// Port is a port of a node that the learner may open in the browser.
type Port struct {
	Number int    `json:"number"`
	Name   string `json:"name"`   // Shown on the button: "shop", "stats".
	Path   string `json:"path"`   // Opened first; "/" by default.
	Scheme string `json:"scheme"` // "http" or "tcp"; only http has a preview.
}

// Limits bound one node. Zero values take the defaults of its image.
type Limits struct {
	Memory int64   `json:"memory"` // Bytes, swap included, memory file systems included.
	CPUs   float64 `json:"cpus"`   // Cores.
	Pids   int64   `json:"pids"`   //
	Tmpfs  int64   `json:"tmpfs"`  // Bytes of each memory file system.
}

// Apply tells how a changed file reaches a running service without a restart.
// Both command lines run by /bin/sh inside the node, after the new files are in
// place. When Check exits with anything but 0, the old files are put back, Reload
// is not run, and what Check printed is shown to the learner.
type Apply struct {
	Check  string `json:"check"`  // "haproxy -c -f /etc/haproxy/haproxy.cfg"; "" accepts everything.
	Reload string `json:"reload"` // Must return once the new configuration serves; "" restarts the service.
	Errors string `json:"errors"` // How to find lines in Check's output: "haproxy", "python", "nginx" or "".
}
