package docker

import (
	"encoding/json"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"pattarai/sandbox"
)

// Labels of everything this package makes. The engine is the only place where
// labs are written down, so they carry all that [Engine.List] tells.
const (
	labelInstallation = "pattarai.installation"
	labelLab          = "pattarai.lab"
	labelOwner        = "pattarai.owner"
	labelNode         = "pattarai.node"
	labelRole         = "pattarai.role"
	labelSpec         = "pattarai.spec"     // Hash of everything that shapes the container.
	labelTopology     = "pattarai.topology" // Topology.Hash.
	labelCreated      = "pattarai.created"  // RFC 3339.
	labelVersion      = "pattarai.version"  // Of the program that made it.
	labelNetwork      = "pattarai.network"  // Name of the lab's network.
	labelAddress      = "pattarai.address"  // IPv4 of the node.
	labelCommand      = "pattarai.command"  // JSON; the image's own command.
	labelMemory       = "pattarai.memory"   // Limit in bytes.
)

// version names the running program on what it makes.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return info.Main.Version
}

// ours filters the engine's lists by labels of this installation.
func (e *Engine) ours(more ...string) client.Filters {
	f := client.Filters{}.Add("label", labelInstallation+"="+e.config.Installation)
	return f.Add("label", more...)
}

// labNode reads a node back from its container.
func labNode(c container.Summary) sandbox.LabNode {
	n := sandbox.LabNode{
		Name:    c.Labels[labelNode],
		Running: c.State == container.StateRunning || c.State == container.StatePaused,
		Paused:  c.State == container.StatePaused,
		Address: c.Labels[labelAddress],
		Image:   c.ImageID,
	}
	// A label that was tampered with leaves the field empty.
	_ = json.Unmarshal([]byte(c.Labels[labelCommand]), &n.Command)
	n.Memory, _ = strconv.ParseInt(c.Labels[labelMemory], 10, 64)
	return n
}

// addTo puts the container's node into the lab it belongs to.
func addTo(lab *sandbox.Lab, c container.Summary) {
	lab.ID, lab.Owner, lab.Hash = c.Labels[labelLab], c.Labels[labelOwner], c.Labels[labelTopology]
	if at, err := time.Parse(time.RFC3339Nano, c.Labels[labelCreated]); err == nil {
		lab.Created = at
	}
	lab.Nodes = append(lab.Nodes, labNode(c))
}
