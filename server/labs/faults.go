package labs

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"pattarai/sandbox"
	"pattarai/sandbox/pool"
	"pattarai/server/catalog"
	"pattarai/server/fault"
)

// lesson returns a lesson that has a lab.
func (s *Service) lesson(id string) (*catalog.Lesson, error) {
	l, ok := s.lookup(id)
	if !ok {
		return nil, fault.New(fault.NotFound, "no_lesson", fmt.Sprintf("There is no lesson %q.", id), "Choose one from the list of courses.")
	}
	if !l.HasLab() {
		return nil, fault.New(fault.NotFound, "no_lab", "This lesson has no lab.", "Read on; the lab comes with a later lesson.")
	}
	return l, nil
}

func notRunning() error {
	return fault.New(fault.Unavailable, "lab_not_running", "The lab is not running.", "Start the lab first.")
}

func closing() error {
	return fault.New(fault.Unavailable, "server_stopping", "The server is being restarted.", "Try again in a few seconds; labs and files stay.")
}

func unknownNode(node string, topology sandbox.Topology) error {
	names := make([]string, 0, len(topology.Nodes))
	for _, n := range topology.Nodes {
		names = append(names, n.Name)
	}
	return fault.New(fault.NotFound, "no_node", fmt.Sprintf("This lab has no node %q.", node), "Its nodes are "+list(names)+".")
}

// trouble puts what a session or an engine said into words for the learner.
func trouble(err error) error {
	var bad *sandbox.StartError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &bad):
		return fault.Wrap(err, fault.Conflict, "node_unhealthy", bad.Node+" did not start: "+ended(bad.Reason), "Read its last lines, correct your files, and start it again.")
	case errors.Is(err, sandbox.ErrNoImpair):
		return fault.Wrap(err, fault.Conflict, "cannot_break", sentence(err.Error())+".", "Try another fault; kill, stop and pause always work.")
	case errors.Is(err, sandbox.ErrNotRunning):
		return fault.Wrap(err, fault.Conflict, "node_not_running", "That node does not run now.", "Start the node first.")
	case errors.Is(err, sandbox.ErrNoLab):
		return fault.Wrap(err, fault.Unavailable, "lab_gone", "The lab's containers are gone.", "Restart the lab; your files are safe.")
	case errors.Is(err, sandbox.ErrEngine):
		return fault.Wrap(err, fault.Unavailable, "engine_down", "The container engine does not answer.", "Try again in a moment; your files are safe.")
	}
	return err
}

// failure is why a lab could not start, for its learner.
type failure struct{ reason, fix, log string }

// explain turns an error of a start into a failure.
func explain(err error) failure {
	var (
		bad    *sandbox.StartError
		full   *pool.FullError
		tooBig *pool.TooBigError
	)
	switch {
	case errors.As(err, &bad):
		return failure{bad.Node + " did not start: " + ended(bad.Reason), "Read its last lines, correct your files and start the lab again, or reset it to the lesson's own files.", bad.Log}
	case errors.As(err, &full):
		return failure{sentence(full.Error()), "Try again in a few minutes.", ""}
	case errors.As(err, &tooBig):
		return failure{sentence(tooBig.Error()), "Tell whoever runs this server.", ""}
	case errors.Is(err, sandbox.ErrNoImage):
		return failure{"An image that this lab needs is missing here: " + sentence(err.Error()), "Whoever runs this server can build it with: pattarai images build", ""}
	case errors.Is(err, sandbox.ErrEngine):
		return failure{"The container engine does not answer, so the lab could not start.", "Your files are safe. Start the lab again in a moment; if it stays, tell whoever runs this server.", ""}
	}
	return failure{"The lab could not start because something of ours failed; it is in our log.", "Your files are safe. Start the lab again.", ""}
}

// said is what an error tells people: a fault's message without its code.
func said(err error) string {
	var known *fault.Error
	if errors.As(err, &known) {
		return known.Message
	}
	return err.Error()
}

// sentence makes text begin with a capital and end with a full stop.
func sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(text)
	return ended(string(unicode.ToUpper(first)) + text[size:])
}

// ended makes text end with a full stop.
func ended(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	if strings.ContainsAny(text[len(text)-1:], ".!?") {
		return text
	}
	return text + "."
}

// list words names: "a, b and c".
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
