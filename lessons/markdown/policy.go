package markdown

import (
	"regexp"

	"github.com/microcosm-cc/bluemonday"
)

// newPolicy keeps exactly what this package writes, so that a fault in a renderer
// or a parser cannot become a script in a reader's browser.
func newPolicy() *bluemonday.Policy {
	var (
		words  = regexp.MustCompile(`^[A-Za-z0-9_ -]{0,200}$`)
		id     = regexp.MustCompile(`^[\p{L}\p{M}\p{N}_:-]+$`)
		number = regexp.MustCompile(`^-?\d{1,4}$`)
		short  = regexp.MustCompile(`^[^<>"]{0,200}$`)
	)
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "strong", "em", "del", "code", "pre", "blockquote",
		"ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td", "sup", "sub", "kbd", "span", "div", "section",
		"aside", "figure", "figcaption", "details", "summary", "form", "fieldset", "legend", "label", "button", "select",
		"option", "textarea", "input", "img", "a")
	p.AllowNoAttrs().OnElements("span", "a", "form", "select", "option", "textarea", "input", "label", "button", "fieldset")
	p.AllowAttrs("class").Matching(words).Globally()
	p.AllowAttrs("id").Matching(id).Globally()
	p.AllowAttrs("role").Matching(regexp.MustCompile(`^(doc-noteref|doc-endnotes|doc-backlink|status)$`)).Globally()
	p.AllowAttrs("aria-label").Matching(short).OnElements("aside", "input", "form")
	p.AllowAttrs("tabindex").Matching(regexp.MustCompile(`^0$`)).OnElements("pre")
	p.AllowAttrs("data-i18n").Matching(regexp.MustCompile(`^[a-z.]+$`)).OnElements("button", "span", "option", "a")
	p.AllowAttrs("aria-labelledby").Matching(id).OnElements("input")
	p.AllowAttrs("data-step").Matching(id).OnElements("section")
	p.AllowAttrs("data-run", "data-node", "data-output-of").Matching(regexp.MustCompile(`^[a-z0-9-]+$`)).OnElements("figure")
	p.AllowAttrs("data-lang").Matching(langName).OnElements("figure")
	p.AllowAttrs("data-file").Matching(short).OnElements("figure")
	p.AllowAttrs("data-check", "data-quiz", "data-kind").Matching(regexp.MustCompile(`^[a-z0-9_-]+$`)).OnElements("div")
	p.AllowAttrs("data-locked").Matching(id).OnElements("div")
	p.AllowAttrs("data-option", "data-target").Matching(regexp.MustCompile(`^[a-z0-9]+$`)).OnElements("label", "li")
	p.AllowAttrs("open").Matching(regexp.MustCompile(`^$`)).OnElements("details")
	p.AllowAttrs("align").Matching(regexp.MustCompile(`^(left|right|center)$`)).OnElements("th", "td")
	p.AllowAttrs("start").Matching(number).OnElements("ol")
	policyForms(p, number)
	policyFormulas(p)
	policyLinks(p, short)
	return p
}

func policyForms(p *bluemonday.Policy, number *regexp.Regexp) {
	empty := regexp.MustCompile(`^$`)
	p.AllowAttrs("method").Matching(regexp.MustCompile(`^post$`)).OnElements("form")
	p.AllowAttrs("action").Matching(regexp.MustCompile(`^/lessons/[a-z0-9/-]+$`)).OnElements("form")
	p.AllowAttrs("type").Matching(regexp.MustCompile(`^(radio|checkbox|text|hidden|number)$`)).OnElements("input")
	p.AllowAttrs("min", "max").Matching(number).OnElements("input")
	p.AllowAttrs("type").Matching(regexp.MustCompile(`^(submit|button)$`)).OnElements("button")
	p.AllowAttrs("name").Matching(regexp.MustCompile(`^(value|place-[a-z0-9]+)$`)).OnElements("input", "select", "textarea")
	p.AllowAttrs("value").Matching(regexp.MustCompile(`^[a-z0-9]*$`)).OnElements("input", "option")
	p.AllowAttrs("checked", "disabled", "required").Matching(empty).OnElements("input", "textarea")
	p.AllowAttrs("autocomplete").Matching(regexp.MustCompile(`^off$`)).OnElements("input")
	p.AllowAttrs("inputmode").Matching(regexp.MustCompile(`^decimal$`)).OnElements("input")
	p.AllowAttrs("size").Matching(number).OnElements("input")
	p.AllowAttrs("rows").Matching(number).OnElements("textarea")
}

// policyFormulas keeps MathML as far as it only shows.
func policyFormulas(p *bluemonday.Policy) {
	elements := []string{"math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "mfrac", "msqrt", "mroot", "mstyle", "msub",
		"msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts", "mprescripts", "mtable", "mtr", "mtd", "mpadded", "mphantom", "menclose"}
	p.AllowElements(elements...)
	p.AllowNoAttrs().OnElements(elements...)
	p.AllowAttrs("display").Matching(regexp.MustCompile(`^(block|inline)$`)).OnElements("math")
	p.AllowAttrs("mathvariant", "displaystyle", "scriptlevel", "stretchy", "fence", "separator", "form", "largeop", "movablelimits", "symmetric",
		"accent", "accentunder", "linethickness", "lspace", "rspace", "width", "height", "depth", "voffset", "minsize", "maxsize",
		"columnalign", "columnspacing", "rowspacing", "columnlines", "rowlines", "notation", "dir").
		Matching(regexp.MustCompile(`^[A-Za-z0-9 .%+-]{0,60}$`)).OnElements(elements...)
}

func policyLinks(p *bluemonday.Policy, short *regexp.Regexp) {
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("title").Matching(short).OnElements("a", "img")
	p.AllowAttrs("src").Matching(regexp.MustCompile(`^/lessons/[^"<>\\]*/assets/[^"<>\\]+$`)).OnElements("img")
	p.AllowAttrs("alt").OnElements("img")
	p.AllowAttrs("loading").Matching(regexp.MustCompile(`^lazy$`)).OnElements("img")
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowRelativeURLs(true)
	p.RequireParseableURLs(true)
	p.RequireNoReferrerOnFullyQualifiedLinks(true)
}
