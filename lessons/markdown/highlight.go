package markdown

import (
	"crypto/sha256"
	"html"
	"strings"

	"github.com/alecthomas/chroma/v2"
	chromahtml "github.com/alecthomas/chroma/v2/formatters/html"
	"github.com/alecthomas/chroma/v2/lexers"
	"github.com/alecthomas/chroma/v2/styles"
)

// maxHighlight is the size above which a block is shown without colours.
const maxHighlight = 32 << 10

// highlighter writes code as spans with the class names that chroma's styles use.
type highlighter struct {
	haproxy chroma.Lexer
}

func newHighlighter() *highlighter {
	return &highlighter{haproxy: chroma.Coalesce(haproxyLexer())}
}

// write writes escaped, highlighted code; without colours when the language is
// not known. It looks into the cache first, if there is one.
func (h *highlighter) write(out *strings.Builder, lang, source string, cache Cache) {
	if cache == nil || h.plain(lang) || len(source) > maxHighlight {
		h.highlight(out, lang, source)
		return
	}
	sum := sha256.Sum256([]byte(lang + "\x00" + source))
	key := string(sum[:])
	made, ok := cache.Get(key)
	if !ok {
		var fresh strings.Builder
		h.highlight(&fresh, lang, source)
		made = fresh.String()
		cache.Put(key, made)
	}
	out.WriteString(made)
}

// plain tells of languages that have no colours.
func (h *highlighter) plain(lang string) bool {
	return lang == "text" || lang == "output" || lang == "console" || lang == ""
}

func (h *highlighter) highlight(out *strings.Builder, lang, source string) {
	lexer := h.lexer(lang)
	if lexer == nil || len(source) > maxHighlight {
		out.WriteString(html.EscapeString(source))
		return
	}
	tokens, err := lexer.Tokenise(nil, source)
	if err != nil {
		out.WriteString(html.EscapeString(source))
		return
	}
	left := len(source) // Some lexers add a line end.
	for token := tokens(); token != chroma.EOF && left > 0; token = tokens() {
		token.Value = token.Value[:min(left, len(token.Value))]
		left -= len(token.Value)
		writeToken(out, token)
	}
}

func writeToken(out *strings.Builder, token chroma.Token) {
	class := chroma.StandardTypes[token.Type]
	if class == "" || strings.TrimSpace(token.Value) == "" {
		out.WriteString(html.EscapeString(token.Value))
		return
	}
	out.WriteString(`<span class="` + class + `">` + html.EscapeString(token.Value) + "</span>")
}

func (h *highlighter) lexer(lang string) chroma.Lexer {
	if h.plain(lang) {
		return nil
	}
	switch lang {
	case "cfg", "haproxy":
		return h.haproxy
	case "conf":
		lang = "ini"
	}
	lexer := lexers.Get(lang)
	if lexer == nil {
		return nil
	}
	return chroma.Coalesce(lexer)
}

// haproxyLexer colours haproxy.cfg, for which chroma has no lexer: sections,
// the word that begins a line, strings, numbers with units, comments.
func haproxyLexer() chroma.Lexer {
	return chroma.MustNewLexer(&chroma.Config{Name: "haproxy", Aliases: []string{"haproxy", "cfg"}, EnsureNL: false},
		func() chroma.Rules {
			return chroma.Rules{
				"root": {
					{Pattern: `#[^\n]*`, Type: chroma.CommentSingle},
					{Pattern: `^(global|defaults|frontend|backend|listen|userlist|peers|resolvers|cache|program|ring|mailers|http-errors)\b([^\n#]*)`, Type: chroma.ByGroups(chroma.KeywordNamespace, chroma.NameClass)},
					{Pattern: `^([ \t]+)(no[ \t]+)?([a-z][a-z0-9_.-]*)`, Type: chroma.ByGroups(chroma.TextWhitespace, chroma.Keyword, chroma.Keyword)},
					{Pattern: `"(?:\\.|[^"\\\n])*"|'[^'\n]*'`, Type: chroma.LiteralString},
					{Pattern: `\b\d+(?:us|ms|s|m|h|d|k|g)?\b`, Type: chroma.LiteralNumber},
					{Pattern: `%\[[^\]\n]*\]|\$\{?[A-Za-z_]\w*\}?`, Type: chroma.NameVariable},
					{Pattern: `[A-Za-z_][\w.-]*`, Type: chroma.Text},
					{Pattern: `\n|[ \t]+`, Type: chroma.TextWhitespace},
					{Pattern: `.`, Type: chroma.Text},
				},
			}
		})
}

// Stylesheet is the CSS of highlighted code: light colours, and dark ones where
// the reader's system or the page's data-theme asks for them.
func Stylesheet() string {
	dark := styleRules("github-dark")
	return "/* Colours of code. Generated from chroma's styles github and github-dark. */\n" +
		styleRules("github") +
		"@media (prefers-color-scheme: dark) {\n" + scoped(dark, `:root:not([data-theme="light"]) `) + "}\n" +
		scoped(dark, `:root[data-theme="dark"] `)
}

func styleRules(name string) string {
	var out strings.Builder
	formatter := chromahtml.New(chromahtml.WithClasses(true))
	if err := formatter.WriteCSS(&out, styles.Get(name)); err != nil {
		return "" // A strings.Builder does not fail.
	}
	return out.String()
}

// scoped puts a selector before every rule.
func scoped(rules, scope string) string {
	var out strings.Builder
	for line := range strings.SplitSeq(strings.TrimSpace(rules), "\n") {
		comment, rule, found := strings.Cut(line, "*/ ")
		if !found {
			rule, comment = line, ""
		}
		if comment != "" {
			comment += "*/ "
		}
		out.WriteString(comment + scope + rule + "\n")
	}
	return out.String()
}
