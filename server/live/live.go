// Package live reads what a node's software says of itself: the tables beside a
// lab's picture. Every figure is the software's own, asked for inside the node; none
// is guessed from outside.
package live

import (
	"context"
	"fmt"
	"net"
	"strings"

	"pattarai/sandbox/agent"
)

// maxAnswer bounds what one question may answer.
const maxAnswer = 1 << 20

// maxText bounds a text that a learner wrote, such as a query or a key.
const maxText = 120

// Node is what a reader needs of a node's agent.
type Node interface {
	DialPort(ctx context.Context, network, address string) (net.Conn, error)
	Exec(ctx context.Context, cmd agent.Command) (agent.Result, error)
}

// Report is what one node's software says of itself now. At most one of the parts is
// set; none is when Problem tells why nothing could be read.
type Report struct {
	Problem  string    `json:"problem,omitempty"`
	RabbitMQ *RabbitMQ `json:"rabbitmq,omitempty"`
	Postgres *Postgres `json:"postgres,omitempty"`
	Redis    *Redis    `json:"redis,omitempty"`
}

// Reader reads one node's software again and again. Not safe for concurrent use.
type Reader interface {
	// Read asks once. Its error is a sentence for the learner: the software is down,
	// still starting, or does not let us in.
	Read(ctx context.Context, node Node) (Report, error)
	// Close lets go of connections; the reader may be used again.
	Close()
}

// New returns a reader for a kind of software, and whether there is one.
func New(kind string) (r Reader, ok bool) {
	switch kind {
	case "rabbitmq":
		return &rabbitReader{}, true
	case "postgres":
		return postgresReader{}, true
	case "redis":
		return &redisReader{}, true
	}
	return nil, false
}

// lastLine is what a program said last.
func lastLine(output []byte) string {
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	return clip(strings.TrimSpace(lines[len(lines)-1]))
}

// clip shortens a text, at a character.
func clip(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "�")), " ")
	if letters := []rune(text); len(letters) > maxText {
		return string(letters[:maxText-1]) + "…"
	}
	return text
}

// tooLong is the error of an answer that is no longer read.
func tooLong(what string) error {
	return fmt.Errorf("%s has more to tell than %d KiB; the view shows nothing rather than a part", what, maxAnswer>>10)
}
