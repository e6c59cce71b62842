package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pattarai/sandbox/internal/yamldoc"
	"pattarai/sandbox/probe"
)

// The bounds of rows in an exercise, and of a table shown in a result.
const (
	maxRows      = 200
	maxCells     = 50
	maxCellWidth = 40
	maxTableRows = 30
	null         = "NULL"
)

// rowsWant are the rows that a result is expected to have.
type rowsWant struct {
	columns []string // With rows written as maps: which columns count. Nil: all, in their order.
	rows    [][]*string
	ordered bool
}

// readRows reads a list of rows, each a list of cells or a map by column.
func readRows(v yamldoc.Value) *rowsWant {
	items, ok := v.List()
	if !ok {
		return nil
	}
	if len(items) > maxRows {
		v.Problem("count", fmt.Sprintf("%d rows", len(items)), fmt.Sprintf("at most %d are allowed", maxRows), "aggregate them in the query")
		return nil
	}
	w := &rowsWant{}
	for i, item := range items {
		if item.IsMap() {
			w.named(item, i)
			continue
		}
		row := cells(item, maxCells, "cells")
		if i > 0 && (w.columns != nil || len(row) != len(w.rows[0])) {
			item.Problem("row", fmt.Sprintf("a row of %d cells", len(row)), "all rows have the same cells", "write it like the first row")
			return nil
		}
		w.rows = append(w.rows, row)
	}
	return w
}

// named reads a row written as a map; the first one says which columns count.
func (w *rowsWant) named(v yamldoc.Value, i int) {
	m, ok := v.AnyMap()
	if !ok {
		return
	}
	if i == 0 {
		for _, e := range m.Entries {
			w.columns = append(w.columns, e.Name())
		}
	}
	row := make([]*string, len(w.columns))
	known := 0
	for j, name := range w.columns {
		if m.Has(name) {
			known++
			row[j] = cell(m.Get(name))
		}
	}
	if known != len(m.Entries) || known != len(w.columns) {
		v.Problem("row", "a row with other columns than the first", "all rows have the same columns", "name each of "+strings.Join(w.columns, ", "))
	}
	w.rows = append(w.rows, row)
}

// cells reads a list of cells.
func cells(v yamldoc.Value, most int, what string) []*string {
	items, ok := v.List()
	if !ok {
		return nil
	}
	counted(v, len(items), most, what, "fewer will do")
	var row []*string
	for _, item := range items {
		row = append(row, cell(item))
	}
	return row
}

// cell reads a value; nothing (~) is NULL.
func cell(v yamldoc.Value) *string {
	if v.IsNull() {
		return nil
	}
	text, _ := v.Scalar()
	return &text
}

func (w *rowsWant) words() string {
	switch {
	case len(w.rows) == 0:
		return string(msgSQLRowsNone)
	case w.ordered:
		return say(msgSQLRowsOrder, len(w.rows))
	}
	return say(msgSQLRows, len(w.rows))
}

// judge compares the rows, and shows both tables as one with what is missing and
// what is too much.
func (w *rowsWant) judge(o *outcome, seen probe.SQLSeen) {
	got, columns, missing := w.pick(seen)
	if missing != "" {
		o.fail(say(msgSQLColumnOff, missing, strings.Join(seen.Columns, ", ")))
		return
	}
	if seen.Truncated && seen.Count > len(seen.Rows) {
		o.limit(LimitExceeded, say(msgSQLMany, seen.Count, len(seen.Rows)))
		return
	}
	kept, due, extra := match(w.rows, got)
	if len(due) > 0 {
		o.fail(say(msgSQLMissing, len(due)))
	}
	if len(extra) > 0 {
		o.fail(say(msgSQLExtra, len(extra)))
	}
	if w.ordered && len(due)+len(extra) == 0 {
		if at := misplaced(w.rows, got); at >= 0 {
			o.fail(say(msgSQLOrder, at+1))
			kept, due, extra = nil, w.rows, got
		}
	}
	row := Case{Name: string(msgSQLTable), OK: o.status == Passed}
	if !row.OK {
		row.Expected, row.Observed = table(columns, "", w.rows), table(columns, "", got)
		row.Diff = diffTable(columns, kept, due, extra)
	}
	o.cases = append(o.cases, row)
}

// pick takes the columns that count out of the result; missing names one that is
// not there.
func (w *rowsWant) pick(seen probe.SQLSeen) (rows [][]*string, columns []string, missing string) {
	if w.columns == nil {
		return seen.Rows, seen.Columns, ""
	}
	var at []int
	for _, name := range w.columns {
		i := slices.Index(seen.Columns, name)
		if i < 0 {
			return nil, nil, name
		}
		at = append(at, i)
	}
	for _, row := range seen.Rows {
		var picked []*string
		for _, i := range at {
			if i < len(row) {
				picked = append(picked, row[i])
			}
		}
		rows = append(rows, picked)
	}
	return rows, w.columns, ""
}

// match pairs rows whatever their order.
func match(want, got [][]*string) (kept, due, extra [][]*string) {
	left := slices.Clone(got)
	for _, row := range want {
		i := slices.IndexFunc(left, func(r []*string) bool { return sameRow(row, r) })
		if i < 0 {
			due = append(due, row)
			continue
		}
		kept = append(kept, left[i])
		left = slices.Delete(left, i, i+1)
	}
	return kept, due, left
}

// misplaced is the first row that is not in its place, or -1.
func misplaced(want, got [][]*string) int {
	for i := range want {
		if i >= len(got) || !sameRow(want[i], got[i]) {
			return i
		}
	}
	return -1
}

func sameRow(a, b []*string) bool {
	return slices.EqualFunc(a, b, sameCell)
}

// sameCell compares text, numbers by their value, and PostgreSQL's t and f.
func sameCell(want, got *string) bool {
	if want == nil || got == nil {
		return want == got
	}
	if *want == *got || *want == "true" && *got == "t" || *want == "false" && *got == "f" {
		return true
	}
	a, errA := strconv.ParseFloat(*want, 64)
	b, errB := strconv.ParseFloat(*got, 64)
	return errA == nil && errB == nil && a == b
}

// plainRows is a result as text: a line per row, cells parted by tabs.
func plainRows(seen probe.SQLSeen) string {
	var b strings.Builder
	for _, row := range seen.Rows {
		for i, c := range row {
			if i > 0 {
				b.WriteByte('\t')
			}
			b.WriteString(shown(c))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func shown(c *string) string {
	if c == nil {
		return null
	}
	return *c
}

// table draws rows under their columns, each line after a mark.
func table(columns []string, mark string, rows [][]*string) string {
	return drawTable(columns, []markedRows{{mark, rows}})
}

// diffTable draws what was there, what was due ("-") and what came ("+").
func diffTable(columns []string, kept, due, extra [][]*string) string {
	return drawTable(columns, []markedRows{{"  ", kept}, {"- ", due}, {"+ ", extra}})
}

// markedRows are rows with the mark before each.
type markedRows struct {
	mark string
	rows [][]*string
}

func drawTable(columns []string, parts []markedRows) string {
	widths := widths(columns, parts)
	var b strings.Builder
	head := make([]*string, len(columns))
	for i := range columns {
		head[i] = &columns[i]
	}
	blank := strings.Repeat(" ", len(parts[0].mark))
	drawRow(&b, blank, head, widths)
	for _, p := range parts {
		for i, row := range p.rows {
			if i == maxTableRows {
				fmt.Fprintf(&b, "%s… %d\n", p.mark, len(p.rows)-i)
				break
			}
			drawRow(&b, p.mark, row, widths)
		}
	}
	return b.String()
}

// widths are how wide each column is drawn.
func widths(columns []string, parts []markedRows) []int {
	var out []int
	wide := func(i int, text string) {
		for len(out) <= i {
			out = append(out, 0)
		}
		out[i] = min(max(out[i], len([]rune(oneLine(text)))), maxCellWidth)
	}
	for i, c := range columns {
		wide(i, c)
	}
	for _, p := range parts {
		for _, row := range p.rows {
			for i, c := range row {
				wide(i, shown(c))
			}
		}
	}
	return out
}

func drawRow(b *strings.Builder, mark string, row []*string, widths []int) {
	b.WriteString(mark)
	for i, c := range row {
		if i > 0 {
			b.WriteString(" | ")
		}
		text := []rune(oneLine(shown(c)))
		if len(text) > maxCellWidth {
			text = append(text[:maxCellWidth-1], '…')
		}
		b.WriteString(string(text))
		if i < len(row)-1 {
			b.WriteString(strings.Repeat(" ", max(widths[i]-len(text), 0)))
		}
	}
	b.WriteByte('\n')
}

// oneLine shows line ends inside a line.
func oneLine(s string) string { return strings.NewReplacer("\n", "⏎", "\t", "→").Replace(s) }
