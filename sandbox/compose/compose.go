// Package compose reads a lesson's compose.yaml into a [sandbox.Topology]. The
// Compose Specification is parsed by compose-go, and only here; what of it a
// lesson may use is an allow-list, and everything else is refused by name.
package compose

import (
	"io/fs"

	"pattarai/lessons/problem"
	"pattarai/sandbox"
)

// Parse reads the compose file called file in fsys (the lesson's folder). name
// becomes the topology's name, images the lab images that exist. All problems are
// returned with line and column, not only the first.
func Parse(fsys fs.FS, file, name string, images []string) (sandbox.Topology, problem.List) {
	panic("contract")
}
