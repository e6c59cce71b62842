// Package agent is the first process of every lab container and the protocol the
// server speaks with it.
//
// The agent supervises the node's service, keeps terminals with their scrollback,
// runs commands, moves files, connects to ports, reports load and health, and (in
// the probe node) makes the requests that checks and traffic need. It replaces
// "docker exec", which costs twenty times as much and cannot survive a restart.
package agent
