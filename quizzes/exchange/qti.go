package exchange

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"pattarai/quizzes"
)

const maxDepth = 200 // Of the elements of a QTI file.

// node is an element of QTI, whose exporters nest them each in their own way.
type node struct {
	name  string
	attrs map[string]string
	text  string // Its own text.
	kids  []*node
	line  int
}

// tree reads XML into nodes.
func tree(source []byte) (*node, int, error) {
	decoder := xml.NewDecoder(bytes.NewReader(source))
	decoder.CharsetReader = utf8Only
	root := &node{}
	open := []*node{root}
	for {
		line, _ := decoder.InputPos()
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return root, line, nil
		}
		if err != nil {
			return nil, line, err
		}
		last := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			if len(open) > maxDepth {
				return nil, line, fmt.Errorf("elements are nested more than %d deep", maxDepth)
			}
			n := &node{name: t.Name.Local, attrs: map[string]string{}, line: line}
			for _, a := range t.Attr {
				n.attrs[a.Name.Local] = a.Value
			}
			last.kids, open = append(last.kids, n), append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			last.text += string(t)
		}
	}
}

// each calls visit for every element of a name below n, but not within one of them.
func (n *node) each(name string, visit func(*node)) {
	for _, kid := range n.kids {
		if kid.name == name {
			visit(kid)
		} else {
			kid.each(name, visit)
		}
	}
}

func (n *node) all(name string) (found []*node) {
	n.each(name, func(m *node) { found = append(found, m) })
	return found
}

// words is the text of the materials directly about n, in Markdown: not those of the
// responses below it.
func (n *node) words() string {
	var parts []string
	for _, kid := range n.kids {
		switch {
		case kid.name == "mattext":
			text := strings.TrimSpace(kid.text)
			if kid.attrs["texttype"] != "text/plain" {
				text = fromHTML(text)
			}
			parts = append(parts, text)
		case strings.HasPrefix(kid.name, "response_") || strings.HasPrefix(kid.name, "render_"):
		default:
			if text := kid.words(); text != "" {
				parts = append(parts, text)
			}
		}
	}
	return strings.TrimSpace(strings.Join(parts, "\n\n"))
}

// qti reads every <item> of a <questestinterop>.
func (r *reader) qti(source []byte) {
	root, line, err := tree(source)
	if err != nil {
		r.notXML(line, err)
		return
	}
	if len(root.all("questestinterop")) == 0 {
		r.refuse(0, "exchange-syntax", "there is no <questestinterop>", "QTI 1.2; QTI 2 and 3 have other elements", "export the questions as QTI 1.2")
		return
	}
	root.each("item", r.qtiItem)
}

func (r *reader) qtiItem(n *node) {
	item := Item{Line: n.line, ID: n.attrs["ident"], Title: n.attrs["title"]}
	meta := map[string]string{}
	n.each("qtimetadatafield", func(f *node) {
		label, entry := "", ""
		f.each("fieldlabel", func(l *node) { label = strings.TrimSpace(l.text) })
		f.each("fieldentry", func(e *node) { entry = strings.TrimSpace(e.text) })
		meta[label] = entry
	})
	item.Points, _ = strconv.ParseFloat(meta["points_possible"], 64) // None is one point.
	if item.Points > quizzes.MaxPoints || item.Points < 0 {
		item.Points = 0
	}
	name := giftName(item.Title, item.ID)
	presentations := n.all("presentation")
	if len(presentations) != 1 {
		r.unsupported(n.line, name, fmt.Sprintf("%d presentations", len(presentations)))
		return
	}
	p := presentations[0]
	item.Prompt = p.words()
	for _, media := range []string{"matimage", "mataudio", "matvideo", "matapplet"} {
		if len(p.all(media)) > 0 {
			r.lost(n.line, name, "<"+media+">")
		}
	}
	r.qtiResponses(item, name, n, p, meta["question_type"])
}

// qtiResponses decides the kind by what answers an item.
func (r *reader) qtiResponses(item Item, name string, n, p *node, kind string) {
	lids, strs := p.all("response_lid"), p.all("response_str")
	for _, other := range []string{"response_xy", "response_grp"} {
		if len(p.all(other)) > 0 {
			r.unsupported(item.Line, name, "<"+other+">")
			return
		}
	}
	strs = append(strs, p.all("response_num")...)
	switch {
	case len(lids) == 1 && len(strs) == 0 && lids[0].attrs["rcardinality"] == "Ordered":
		r.unsupported(item.Line, name, "an order of choices")
	case len(lids) == 1 && len(strs) == 0:
		r.qtiChoice(item, name, n, lids[0])
	case len(lids) > 1 && len(strs) == 0:
		r.qtiMatch(item, name, n, lids)
	case len(strs) == 1 && len(lids) == 0:
		r.qtiText(item, name, n, strs[0], kind)
	default:
		r.unsupported(item.Line, name, fmt.Sprintf("%d choices and %d texts to answer (%s)", len(lids), len(strs), clip(kind)))
	}
}

// condition is one way to answer with what it gives.
type condition struct {
	equal    [][2]string // Response and value that must be equal.
	unequal  [][2]string
	low      string
	high     string
	score    float64
	feedback []string
}

// conditions of the response processing, in their order.
func conditions(n *node) []condition {
	var out []condition
	n.each("respcondition", func(rc *node) {
		var c condition
		rc.each("conditionvar", func(v *node) { c.read(v, false) })
		rc.each("setvar", func(s *node) {
			value, _ := strconv.ParseFloat(strings.TrimSpace(s.text), 64) // Else it gives nothing.
			c.score += value
		})
		rc.each("displayfeedback", func(d *node) { c.feedback = append(c.feedback, d.attrs["linkrefid"]) })
		out = append(out, c)
	})
	return out
}

func (c *condition) read(v *node, not bool) {
	for _, kid := range v.kids {
		text := strings.TrimSpace(kid.text)
		switch kid.name {
		case "not":
			c.read(kid, !not)
		case "and", "or":
			c.read(kid, not)
		case "varequal":
			pair := [2]string{kid.attrs["respident"], text}
			if not {
				c.unequal = append(c.unequal, pair)
			} else {
				c.equal = append(c.equal, pair)
			}
		case "vargte", "vargt":
			c.low = text
		case "varlte", "varlt":
			c.high = text
		}
	}
}

// feedbacks are the texts of an item's feedback by their idents.
func feedbacks(n *node) map[string]string {
	out := map[string]string{}
	n.each("itemfeedback", func(f *node) { out[f.attrs["ident"]] = f.words() })
	return out
}

// why is the feedback that the conditions show for a value alone.
func why(all []condition, texts map[string]string, value string) string {
	var out []string
	for _, c := range all {
		if len(c.equal) != 1 || c.equal[0][1] != value || len(c.unequal) > 0 {
			continue
		}
		for _, id := range c.feedback {
			if text := texts[id]; text != "" && !slices.Contains(out, text) {
				out = append(out, text)
			}
		}
	}
	return strings.Join(out, "\n\n")
}

func (r *reader) qtiChoice(item Item, name string, n, lid *node) {
	all, texts := conditions(n), feedbacks(n)
	right := map[string]bool{}
	multi := lid.attrs["rcardinality"] == "Multiple"
	for _, c := range all {
		if c.score <= 0 {
			continue
		}
		for _, e := range c.equal {
			right[e[1]] = true
		}
	}
	item.Kind = quizzes.Single
	if multi {
		item.Kind = quizzes.Multi
	}
	lid.each("render_choice", func(rc *node) { item.Fixed = item.Fixed || strings.EqualFold(rc.attrs["shuffle"], "no") })
	count := 0
	lid.each("response_label", func(l *node) {
		id := l.attrs["ident"]
		if right[id] {
			count++
		}
		item.Entries = append(item.Entries, Entry{Right: right[id], Text: l.words(), Why: why(all, texts, id)})
	})
	item.Why = texts["general_fb"]
	if count == 0 || !multi && count > 1 {
		r.unsupported(item.Line, name, fmt.Sprintf("%d right choices", count))
		return
	}
	r.add(item, name)
}

// qtiMatch reads several choices from the same list.
func (r *reader) qtiMatch(item Item, name string, n *node, lids []*node) {
	item.Kind = quizzes.Match
	all := conditions(n)
	used := map[string]bool{}
	labels := map[string]string{}
	var order []string
	for _, lid := range lids {
		lid.each("response_label", func(l *node) {
			if _, known := labels[l.attrs["ident"]]; !known {
				order = append(order, l.attrs["ident"])
			}
			labels[l.attrs["ident"]] = oneLine(l.words())
		})
		target := ""
		for _, c := range all {
			for _, e := range c.equal {
				if e[0] == lid.attrs["ident"] && c.score > 0 {
					target = e[1]
				}
			}
		}
		if labels[target] == "" {
			r.unsupported(item.Line, name, "a part without a right choice")
			return
		}
		used[labels[target]] = true
		item.Entries = append(item.Entries, Entry{Right: true, Text: lid.words(), Pair: labels[target]})
	}
	for _, id := range order {
		if !used[labels[id]] {
			item.Entries = append(item.Entries, Entry{Right: true, Pair: labels[id]})
		}
	}
	item.Why = feedbacks(n)["general_fb"]
	r.add(item, name)
}

func (r *reader) qtiText(item Item, name string, n, str *node, kind string) {
	all, texts := conditions(n), feedbacks(n)
	item.Kind, item.Why = quizzes.Text, texts["general_fb"]
	number := kind == "numerical_question" || str.name == "response_num"
	str.each("render_fib", func(fib *node) {
		number = number || fib.attrs["fibtype"] == "Decimal" || fib.attrs["fibtype"] == "Integer"
	})
	if number {
		r.qtiNumber(item, name, all, texts)
		return
	}
	for _, c := range all {
		if c.score <= 0 {
			continue
		}
		for _, e := range c.equal {
			item.Entries = append(item.Entries, Entry{Right: true, Text: e[1], Why: why(all, texts, e[1])})
		}
	}
	if len(item.Entries) == 0 {
		r.unsupported(item.Line, name, "a text without a right answer, as an essay")
		return
	}
	r.add(item, name)
}

func (r *reader) qtiNumber(item Item, name string, all []condition, texts map[string]string) {
	item.Kind = quizzes.Number
	for _, c := range all {
		if c.score <= 0 {
			continue
		}
		source := c.low + ".." + c.high
		if c.low == "" || c.high == "" {
			if len(c.equal) == 0 {
				continue
			}
			source = c.equal[0][1]
		}
		text, ok := numberEntry(source)
		if !ok {
			r.refuse(item.Line, "exchange-syntax", fmt.Sprintf("%s: %q is no number", name, clip(source)), "a number or two bounds", "correct it")
			return
		}
		reason := ""
		if len(c.equal) == 1 {
			reason = why(all, texts, c.equal[0][1])
		}
		item.Entries = append(item.Entries, Entry{Right: true, Text: text, Why: reason})
	}
	r.addNumber(&item, name)
}
