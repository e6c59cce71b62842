// Package docker runs labs on a Docker engine. It is the only package that knows
// testcontainers-go and the engine's client; docs/adr/0003 tells which does what.
//
// A lab is one internal bridge network and one hardened container per node, all
// found again by their names and labels: the package keeps nothing that it could
// not read from the engine. Sets of containers may be made ahead of their lab, see
// [Engine.Prepare] and docs/adr/0008.
package docker
