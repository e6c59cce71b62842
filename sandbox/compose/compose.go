// Package compose reads a lesson's compose.yaml into a [sandbox.Topology]. The
// Compose Specification is parsed by compose-go, and only here; what of it a
// lesson may use is an allow-list, and everything else is refused by name.
//
// Reading has two passes. The first walks the YAML tree, where every value has a
// line and column, and refuses whatever is not in the subset that
// docs/topology.md describes. Only a file that passes reaches compose-go, which
// then gives its values their meaning.
package compose

import (
	"io/fs"

	"pattarai/lessons/problem"
	"pattarai/sandbox"
	"pattarai/sandbox/internal/yamldoc"
)

// The bounds of a topology.
const (
	MaxServices   = 12
	MaxMemory     = 2 << 30   // Bytes of all nodes together.
	DefaultMemory = 128 << 20 // What a node without mem_limit counts towards MaxMemory.
)

// Parse reads the compose file called file in fsys (the lesson's folder). name
// becomes the topology's name, images the lab images that exist. All problems are
// returned with line and column, not only the first; with errors among them the
// topology is empty.
func Parse(fsys fs.FS, file, name string, images []string) (sandbox.Topology, problem.List) {
	doc, root, ok := yamldoc.Read(fsys, file)
	if !ok {
		return sandbox.Topology{}, doc.Problems
	}
	w := walker{doc: doc, fsys: fsys, images: images}
	least, services := w.file(root)
	if doc.Problems.HasErrors() {
		doc.Problems.Sort()
		return sandbox.Topology{}, doc.Problems
	}
	project, err := load(fsys, file)
	if err != nil {
		doc.Add(1, 0, "compose", "the Compose Specification does not allow this: "+oneLine(err), "", "run \"docker compose config\" beside the file and correct what it names")
		return sandbox.Topology{}, doc.Problems
	}
	topology := convert(name, project, least, services)
	doc.Problems.Sort()
	return topology, doc.Problems
}
