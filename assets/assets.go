// Package assets holds what a browser is given: templates, styles, scripts, fonts
// and the texts of the interface. The scripts and styles below static/ are built
// from src/ and styles/ and committed, so that Go alone builds the server.
package assets

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"sync"
)

//go:embed templates static texts
var files embed.FS

// FS returns the embedded files: templates/*.html and static/.
func FS() fs.FS { return files }

// Static returns the URL of a file below static/, "/static/<hash>/app.css". The hash
// covers every static file, so scripts and styles may name each other relatively and
// the URL may be cached for ever. It does not look whether name exists.
func Static(name string) string { return "/static/" + hash() + "/" + name }

// Hash returns the <hash> of [Static]: what a server compares a request's path with.
func Hash() string { return hash() }

// Text returns the interface's text for key in lang, in English when lang has none,
// and key itself when nobody has one.
func Text(lang, key string) string {
	for _, l := range []string{lang, "en"} {
		if text, ok := texts()[l][key]; ok {
			return text
		}
	}
	return key
}

// Languages returns the languages that the interface speaks, English first.
func Languages() []string { return []string{"en", "ta"} }

var hash = sync.OnceValue(func() string {
	sum := sha256.New()
	err := fs.WalkDir(files, "static", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := files.ReadFile(path)
		fmt.Fprintf(sum, "%s %d\n", path, len(content))
		sum.Write(content)
		return err
	})
	if err != nil {
		panic("assets: embedded files are unreadable: " + err.Error())
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
})

var texts = sync.OnceValue(func() map[string]map[string]string {
	all := make(map[string]map[string]string)
	for _, lang := range Languages() {
		content, err := files.ReadFile("texts/" + lang + ".json")
		if err == nil {
			var table map[string]string
			err = json.Unmarshal(content, &table)
			all[lang] = table
		}
		if err != nil {
			panic("assets: texts of " + lang + ": " + err.Error())
		}
	}
	return all
})
