package exchange

import (
	"regexp"
	"strings"

	"pattarai/quizzes"
)

var (
	clozeGap    = regexp.MustCompile(`\{(\d*):([A-Z_]+):((?:\\[^\n]|[^}\\])*)\}`)
	clozeAnswer = regexp.MustCompile(`^(?:=|%(-?\d+(?:\.\d+)?)%)`)
)

// clozeTypes are the embedded questions whose answer is a text, and whether it was
// chosen from a list there.
var clozeTypes = map[string]bool{
	"SHORTANSWER": false, "SA": false, "MW": false, "SHORTANSWER_C": false, "SAC": false, "MWC": false, "NUMERICAL": false, "NM": false,
	"MULTICHOICE": true, "MC": true, "MULTICHOICE_S": true, "MCS": true, "MULTICHOICE_V": true, "MCV": true, "MULTICHOICE_H": true, "MCH": true,
}

// moodleCloze turns embedded questions into blanks.
func (r *reader) moodleCloze(item Item, name string) {
	item.Kind = quizzes.Cloze
	var refused string
	// Converting HTML escapes what looks like Markdown; within braces it is Moodle's own.
	item.Prompt = clozeGap.ReplaceAllStringFunc(strings.ReplaceAll(item.Prompt, `\_`, "_"), func(gap string) string {
		m := clozeGap.FindStringSubmatch(gap)
		entry, chosen, why := clozeEntry(m[2], m[3])
		if why != "" {
			refused = why
			return gap
		}
		if chosen {
			r.lost(item.Line, name, "the choices of a blank, which becomes a text")
		}
		if m[1] != "" && m[1] != "1" {
			r.lost(item.Line, name, "the weight of a blank; here all count alike")
		}
		item.Entries = append(item.Entries, entry)
		return "____"
	})
	switch {
	case refused != "":
		r.unsupported(item.Line, name, refused)
	case len(item.Entries) == 0:
		r.unsupported(item.Line, name, "a cloze without blanks")
	default:
		r.add(item, name)
	}
}

// clozeEntry reads the answers of a blank; refused says why it cannot be one here.
func clozeEntry(kind, source string) (entry Entry, chosen bool, refused string) {
	chosen, known := clozeTypes[kind]
	if !known {
		return Entry{}, false, "the embedded type " + clip(kind)
	}
	var forms []string
	for _, answer := range strings.Split(hideCloze(source), "~") {
		m := clozeAnswer.FindStringSubmatch(answer)
		if m == nil || m[1] != "" && m[1] != "100" {
			continue // Wrong ones and parts of an answer.
		}
		text, why, _ := strings.Cut(answer[len(m[0]):], "#")
		text = show(text)
		if strings.HasPrefix(kind, "N") {
			value, tolerance, ok := strings.Cut(text, ":")
			if ok && strings.Trim(tolerance, " 0.") != "" {
				return Entry{}, false, "a tolerance in a blank"
			}
			text = value
		}
		if strings.Contains(text, "|") {
			return Entry{}, false, "a | in a blank"
		}
		forms = append(forms, strings.TrimSpace(text))
		entry.Why = strings.TrimSpace(entry.Why + "\n\n" + show(why))
	}
	if len(forms) == 0 || forms[0] == "" {
		return Entry{}, false, "a blank without a right answer"
	}
	entry.Right, entry.Text = true, strings.Join(forms, " | ")
	return entry, chosen, ""
}

// hideCloze puts marks in place of what is escaped, as in GIFT.
func hideCloze(s string) string { return hide(s) }

// clozeWrite puts embedded questions where a prompt has blanks.
func clozeWrite(item Item) (prompt string, ok bool) {
	gaps := gapPattern.FindAllStringIndex(item.Prompt, -1)
	if len(gaps) != len(item.Entries) {
		return "", false
	}
	var out strings.Builder
	at := 0
	for i, gap := range gaps {
		var answers []string
		for n, form := range blankForms(item.Entries[i].Text) {
			answer := "=" + clozeEscape(form.Text)
			if n == 0 && item.Entries[i].Why != "" {
				answer += "#" + clozeEscape(oneLine(item.Entries[i].Why))
			}
			answers = append(answers, answer)
		}
		out.WriteString(item.Prompt[at:gap[0]] + "{1:SHORTANSWER:" + strings.Join(answers, "~") + "}")
		at = gap[1]
	}
	return out.String() + item.Prompt[at:], true
}

func clozeEscape(s string) string {
	return strings.NewReplacer(`\`, `\\`, "}", `\}`, "{", `\{`, "#", `\#`, "~", `\~`, "=", `\=`).Replace(s)
}
