package check

import "strings"

// printable makes control characters of what learners' programs said visible, so
// that nobody's terminal obeys them: reports are read there, too.
func (r *Result) printable() {
	for _, text := range []*string{&r.Observed, &r.Output} {
		*text = pictured(*text)
	}
	for i := range r.Reasons {
		r.Reasons[i] = pictured(r.Reasons[i])
	}
	for i := range r.Cases {
		c := &r.Cases[i]
		c.Observed, c.Diff = pictured(c.Observed), pictured(c.Diff)
	}
}

// pictured replaces control characters by their pictures; line ends and tabs stay.
func pictured(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r < ' ':
			return '\u2400' + r
		case r == 0x7f:
			return '\u2421'
		case r > 0x7f && r < 0xa0:
			return '\uFFFD'
		}
		return r
	}, text)
}
