package markdown

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// ids are the heading ids in use. The value counts the headings of the same text.
type ids map[string]int

// take makes a free id of a heading's text. Letters, marks and digits of every
// script are kept, so that a Tamil heading stays readable in the address bar.
func (used ids) take(title string) string {
	base := slug(title)
	id := base
	for used[id] > 0 {
		id = base + "-" + strconv.Itoa(used[base])
		used[base]++
	}
	used[id]++
	return id
}

// slug is the id a repository's page gives the heading too: small letters, spaces
// as hyphens, everything else left out.
func slug(title string) string {
	const most = 80 // Runes.
	var out []rune
	for _, r := range strings.ToLower(norm.NFC.String(title)) {
		switch {
		case unicode.IsLetter(r), unicode.IsMark(r), unicode.IsDigit(r), r == '_', r == '-':
			out = append(out, r)
		case unicode.IsSpace(r):
			out = append(out, '-')
		}
	}
	for end := most; len(out) > most; end-- {
		if !unicode.IsMark(out[end]) || end <= most/2 { // No letter loses its signs.
			out = out[:end]
			break
		}
	}
	if len(strings.Trim(string(out), "-")) == 0 {
		return "section"
	}
	return string(out)
}
