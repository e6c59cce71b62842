package check

import (
	"strings"

	"pattarai/sandbox/internal/yamldoc"
	"pattarai/sandbox/probe"
)

// texts reads a list of texts that may be empty.
func texts(v yamldoc.Value) []string {
	var out []string
	for _, item := range v.OneOrMore() {
		if text, ok := item.Text(); ok {
			out = append(out, text)
		}
	}
	return out
}

func (w httpWant) redirectWords() string {
	if len(w.redirects) == 0 {
		return string(msgRedirectsNone)
	}
	return say(msgRedirects, strings.Join(w.redirects, ", "))
}

// redirectsUnmet compares the chain of redirects with the one that is expected:
// each Location as it was sent.
func (w httpWant) redirectsUnmet(a probe.HTTPAnswer) []string {
	same := len(a.Hops) == len(w.redirects)
	for i := 0; same && i < len(a.Hops); i++ {
		same = a.Hops[i].Location == w.redirects[i]
	}
	if same {
		return nil
	}
	due := string(msgNowhere)
	if len(w.redirects) > 0 {
		due = strings.Join(w.redirects, ", ")
	}
	return []string{say(msgRedirectsOff, chain(a.Hops), due)}
}

// chain is where redirects led.
func chain(hops []probe.Hop) string {
	if len(hops) == 0 {
		return string(msgNowhere)
	}
	var out []string
	for _, h := range hops {
		out = append(out, say(msgRedirectHop, h.URL, h.Status, h.Location))
	}
	return strings.Join(out, "; ")
}
