package web

import (
	"net/http"
	"slices"
	"strings"

	"pattarai/server/account"
)

const (
	htmlType   = "text/html; charset=utf-8"
	langCookie = "lang"
)

// layout is what every page has in common. path is never taken from an address
// that does not belong to the page.
func (h *Handler) layout(lang string, languages []string, path, active string) Layout {
	return Layout{
		Lang: lang, Languages: languages, Path: path, Active: active, Site: h.Site, Title: h.Site,
		Static: h.Assets.Static,
		T:      func(key string) string { return h.Assets.Text(lang, key) },
	}
}

// language is the one that a request asks for: by its query, its cookie, its
// Accept-Language header, in this order; else the interface's first one.
func (h *Handler) language(r *http.Request) string {
	if r.URL.RawQuery != "" {
		if lang := r.URL.Query().Get(langCookie); slices.Contains(h.Assets.Languages, lang) {
			return lang
		}
	}
	if r.Header["Cookie"] != nil {
		if cookie, err := r.Cookie(langCookie); err == nil && slices.Contains(h.Assets.Languages, cookie.Value) {
			return cookie.Value
		}
	}
	for tag := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		primary, _, _ := strings.Cut(strings.TrimSpace(tag), ";")
		primary, _, _ = strings.Cut(primary, "-")
		if primary = strings.ToLower(primary); slices.Contains(h.Assets.Languages, primary) {
			return primary
		}
	}
	return h.Assets.Languages[0]
}

// rememberLanguage keeps the language that an address asked for.
func (h *Handler) rememberLanguage(w http.ResponseWriter, r *http.Request) {
	lang := r.URL.Query().Get(langCookie)
	if !slices.Contains(h.Assets.Languages, lang) {
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: langCookie, Value: lang, Path: "/", MaxAge: int(account.LoginLifetime.Seconds()),
		HttpOnly: true, Secure: h.BaseURL.Scheme == "https", SameSite: http.SameSiteLaxMode,
	})
}

// textOf is the text of m in lang, or in the first of languages.
func textOf(m map[string]string, lang string, languages []string) string {
	if text, ok := m[lang]; ok {
		return text
	}
	for _, l := range languages {
		if text, ok := m[l]; ok {
			return text
		}
	}
	return ""
}
