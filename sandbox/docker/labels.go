package docker

import (
	"encoding/json"
	"runtime/debug"
	"strconv"
	"strings"
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
	labelSet          = "pattarai.set"      // Of containers made ahead of their lab, and of the lab's deed.
	labelSkeleton     = "pattarai.skeleton" // Of holders, and of the nodes that use their networks.
	labelLinksOf      = "pattarai.links-of" // Of containers that spoil links; the name of the node whose links they are.
	labelLinks        = "pattarai.links"    // JSON; what those links suffer.
	labelHolder       = "pattarai.holder"   // Only holders have it; the name of the node it is for.
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

// labOf tells from a container's name which lab it belongs to: labels cannot
// change, and the containers of a set are made before their lab has an id. The lab
// of a set without a lab is the set itself.
func (e *Engine) labOf(container string) string {
	rest, _ := strings.CutPrefix(strings.TrimPrefix(container, "/"), e.name(""))
	lab, _, _ := strings.Cut(rest, "-")
	return lab
}

// nameOf is the container's name.
func nameOf(c container.Summary) string {
	if len(c.Names) == 0 {
		return "" // It is being removed.
	}
	return c.Names[0]
}

// isSpare tells whether a container belongs to a set that no lab has taken.
func isSpare(labels map[string]string, lab string) bool {
	return labels[labelLab] == "" && labels[labelSet] == lab
}

// addTo puts what the container tells into the lab it belongs to: a node, or who
// has the lab, or both.
func addTo(lab *sandbox.Lab, c container.Summary) {
	if c.Labels[labelLab] != "" {
		lab.Owner, lab.Hash = c.Labels[labelOwner], c.Labels[labelTopology]
		if at, err := time.Parse(time.RFC3339Nano, c.Labels[labelCreated]); err == nil {
			lab.Created = at
		}
	}
	if c.Labels[labelLinksOf] != "" {
		addLinks(lab, c)
	}
	if c.Labels[labelNode] != "" {
		lab.Nodes = append(lab.Nodes, labNode(c))
	}
}
