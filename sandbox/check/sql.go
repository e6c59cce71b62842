package check

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"pattarai/sandbox/internal/yamldoc"
	"pattarai/sandbox/probe"
)

// The bounds of SQL.
const (
	portPostgres  = 5432
	maxStatements = 20
	maxQuery      = 16 << 10
	maxParams     = 50
)

// sqlProbe asks PostgreSQL something.
type sqlProbe struct {
	spec probe.SQLSpec
	want sqlWant
}

// sqlWant is what is expected of the answer. Nil parts claim nothing.
type sqlWant struct {
	columns []string
	rows    *rowsWant
	count   *bound
	changed *bound
	err     *errorWant
	plan    *textWant
	elapsed *bound
}

// errorWant is the refusal that is expected.
type errorWant struct {
	code    string // SQLSTATE, five characters; or its class, two.
	message textWant
}

func sqlKind() kind {
	return kind{
		name:   "sql",
		keys:   []string{"address", "user", "password", "database", "before", "query", "params", "rollback", "timeout"},
		expect: []string{"columns", "rows", "ordered", "count", "affected", "error", "plan", "elapsed"},
		parse:  parseSQL,
	}
}

func parseSQL(p *parser, m, expect yamldoc.Map) prober {
	q := sqlProbe{spec: probe.SQLSpec{User: "postgres", Timeout: serviceTimeout(m)}}
	q.spec.Address = p.service(m, portPostgres)
	optional(m, "user", func(v yamldoc.Value) { q.spec.User, _ = v.Text() })
	q.spec.Database = q.spec.User
	optional(m, "password", func(v yamldoc.Value) { q.spec.Password, _ = v.Text() })
	optional(m, "database", func(v yamldoc.Value) { q.spec.Database, _ = v.Text() })
	optional(m, "before", func(v yamldoc.Value) {
		for _, item := range v.OneOrMore() {
			q.spec.Before = append(q.spec.Before, statement(item))
		}
		counted(v, len(q.spec.Before), maxStatements, "statements", "join them with semicolons")
	})
	if v, ok := m.Require("query", "add \"query: SELECT …\""); ok {
		q.spec.Query = statement(v)
	}
	optional(m, "params", func(v yamldoc.Value) { q.spec.Params = cells(v, maxParams, "params") })
	optional(m, "rollback", func(v yamldoc.Value) { q.spec.Rollback, _ = v.Bool() })
	q.want = readSQLWant(expect)
	q.spec.Plan = q.want.plan != nil
	return q
}

// statement reads SQL.
func statement(v yamldoc.Value) string {
	text, ok := v.Text()
	if ok && len(text) > maxQuery {
		v.Problem("too-long", fmt.Sprintf("a statement of %d bytes", len(text)), fmt.Sprintf("at most %d are allowed", maxQuery), "shorten it")
	}
	return strings.TrimSpace(text)
}

func readSQLWant(m yamldoc.Map) sqlWant {
	var w sqlWant
	optional(m, "columns", func(v yamldoc.Value) { w.columns, _ = v.Texts() })
	optional(m, "rows", func(v yamldoc.Value) { w.rows = readRows(v) })
	optional(m, "ordered", func(v yamldoc.Value) {
		ordered, _ := v.Bool()
		if w.rows == nil {
			m.Key("ordered").Problem("forbidden-pair", "\"ordered\" without \"rows\"", "it tells whether the order of rows matters", "add rows")
			return
		}
		w.rows.ordered = ordered
	})
	optional(m, "count", func(v yamldoc.Value) { w.count = optionalNumber(v) })
	optional(m, "affected", func(v yamldoc.Value) { w.changed = optionalNumber(v) })
	optional(m, "error", func(v yamldoc.Value) { w.err = readErrorWant(v) })
	optional(m, "plan", func(v yamldoc.Value) {
		plan := textExpectation(v, string(msgSQLPlan))
		w.plan = &plan
	})
	optional(m, "elapsed", func(v yamldoc.Value) { w.elapsed = optionalDuration(v) })
	if w.err != nil {
		for _, key := range []string{"columns", "rows", "count", "affected", "plan"} {
			if m.Has(key) {
				m.Key(key).Problem("forbidden-pair", fmt.Sprintf("%q beside \"error\"", key), "what is refused has no result", "remove one of the two")
			}
		}
	}
	return w
}

func optionalNumber(v yamldoc.Value) *bound {
	b, ok := numberBound(v)
	if !ok {
		return nil
	}
	return &b
}

// readErrorWant reads an SQLSTATE, or a map with the message as well.
func readErrorWant(v yamldoc.Value) *errorWant {
	w := &errorWant{message: textWant{name: string(msgSQLMessage)}}
	if !v.IsMap() {
		w.code = sqlState(v)
		return w
	}
	m, ok := v.Map("code", "message")
	if !ok {
		return nil
	}
	if code, ok := m.Require("code", "add \"code: 23505\""); ok {
		w.code = sqlState(code)
	}
	optional(m, "message", func(v yamldoc.Value) { w.message = textExpectation(v, string(msgSQLMessage)) })
	return w
}

func sqlState(v yamldoc.Value) string {
	text, ok := v.Scalar()
	letter := func(r rune) bool { return (r < '0' || r > '9') && (r < 'A' || r > 'Z') }
	if ok && (len(text) != 5 && len(text) != 2 || strings.ContainsFunc(text, letter)) {
		v.Problem("sqlstate", "the error code "+v.Words(), "five capital letters or digits, or the first two for a whole class", "write it like \"23505\" (unique_violation)")
	}
	return text
}

func (q sqlProbe) expected() string {
	w := q.want
	var claims []string
	if len(w.columns) > 0 {
		claims = append(claims, say(msgSQLColumns, strings.Join(w.columns, ", ")))
	}
	if w.rows != nil {
		claims = append(claims, w.rows.words())
	}
	if w.count != nil {
		claims = append(claims, say(msgSQLCount, *w.count))
	}
	if w.changed != nil {
		claims = append(claims, say(msgSQLChanged, *w.changed))
	}
	if w.err != nil {
		claims = append(append(claims, say(msgSQLError, w.err.code)), w.err.message.words()...)
	}
	if w.plan != nil {
		claims = append(claims, w.plan.words()...)
	}
	if w.elapsed != nil {
		claims = append(claims, say(msgDuration, "elapsed", *w.elapsed))
	}
	if len(claims) == 0 {
		return string(msgSQLDefault)
	}
	return strings.Join(claims, "; ")
}

func (q sqlProbe) try(shell string) string {
	if shell == "" || len(q.spec.Params) > 0 {
		return ""
	}
	query := q.spec.Query
	if q.spec.Plan {
		query = "EXPLAIN " + query
	}
	address := "postgresql://" + q.spec.User + "@" + short(q.spec.Address, portPostgres) + "/" + q.spec.Database
	return "psql " + quoteWord(address) + " -c " + quoteWord(query)
}

func (q sqlProbe) look(ctx context.Context, e *env) outcome {
	name := short(q.spec.Address, portPostgres)
	var seen probe.SQLSeen
	if failed := e.ask(ctx, probe.KindSQL, name, q.spec, q.spec.Timeout, &seen); failed != nil {
		return *failed
	}
	if o := silence(name, seen.Error, seen.Connected, q.spec.Timeout); o != nil {
		o.reasons = append(o.reasons, e.othersDown()...)
		return *o
	}
	o := outcome{status: Passed, text: plainRows(seen), truncated: seen.Truncated}
	q.want.judge(&o, seen)
	return o
}

// judge compares the answer with every claim.
func (w sqlWant) judge(o *outcome, seen probe.SQLSeen) {
	o.observed = say(msgSQLSeen, firstOf(seen.Tag, "-"), seen.Count, span(seen.Elapsed))
	if seen.Code != "" {
		o.observed = say(msgSQLFailed, seen.Code, seen.Message)
	}
	if w.refused(o, seen) {
		return
	}
	if len(w.columns) > 0 && !slices.Equal(w.columns, seen.Columns) {
		o.fail(say(msgSQLColumnsOff, strings.Join(seen.Columns, ", "), strings.Join(w.columns, ", ")))
	}
	if w.rows != nil {
		w.rows.judge(o, seen)
	}
	if w.count != nil && !w.count.holds(float64(seen.Count)) {
		o.fail(say(msgSQLCountOff, seen.Count, *w.count))
	}
	if w.changed != nil && !w.changed.holds(float64(seen.Affected)) {
		o.fail(say(msgSQLChangedOff, seen.Affected, *w.changed))
	}
	if w.plan != nil {
		o.output = clipped(seen.Plan)
		o.fail(w.plan.unmet(seen.Plan)...)
	}
	if w.elapsed != nil && !w.elapsed.holds(float64(seen.Elapsed)) {
		o.fail(say(msgDurationOff, "elapsed", span(seen.Elapsed), *w.elapsed))
	}
}

// refused judges a refusal, expected or not, and tells whether that was all.
func (w sqlWant) refused(o *outcome, seen probe.SQLSeen) bool {
	switch {
	case w.err == nil && seen.Code == "":
		return false
	case w.err == nil:
		o.fail(o.observed)
	case seen.Code == "":
		o.fail(say(msgSQLErrorNone, w.err.code))
	case !strings.HasPrefix(seen.Code, w.err.code):
		o.fail(say(msgSQLErrorOff, seen.Code, seen.Message, w.err.code))
	default:
		o.fail(w.err.message.unmet(seen.Message)...)
	}
	return true
}

// clipped is text as a result shows it.
func clipped(text string) string {
	if len(text) <= maxShownOutput {
		return text
	}
	return strings.ToValidUTF8(text[:maxShownOutput], "")
}
