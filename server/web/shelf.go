package web

import (
	"context"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"pattarai/server/catalog"
	"pattarai/server/fault"
)

// shelf holds what is the same for everybody (pages by language, static files),
// ready to be sent: rendered and compressed when first asked for, and thrown away
// with the content snapshot it was made from.
type shelf struct {
	h         *Handler
	templates templates
	static    map[string]*item // By path. Never changes.
	current   atomic.Pointer[edition]
	rebuild   sync.Mutex
	notice    atomic.Pointer[Notice]
	press     *press
	stop      context.CancelFunc
}

// edition is the shelf's pages for one snapshot and one notice.
type edition struct {
	snapshot *catalog.Snapshot
	notice   *Notice
	pages    map[string]map[string]*item // By path, then language.
}

func newShelf(h *Handler, t templates) (*shelf, error) {
	ctx, stop := context.WithCancel(context.Background())
	s := &shelf{h: h, templates: t, press: newPress(), stop: stop}
	s.notice.Store(new(Notice))
	var err error
	if s.static, err = staticItems(h.Assets); err != nil {
		stop()
		return nil, err
	}
	s.press.start(ctx)
	s.press.wait.Go(func() { s.watchLabs(ctx) })
	return s, nil
}

func (s *shelf) close() {
	s.stop()
	s.press.wait.Wait()
}

func staticItems(a Assets) (map[string]*item, error) {
	items := make(map[string]*item)
	root, err := fs.Sub(a.FS, "static")
	if err != nil {
		return nil, err
	}
	err = fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		items[a.Static(name)] = newItem(contentType(name), "public, max-age=31536000, immutable", func() ([]byte, error) { return content, nil })
		return nil
	})
	return items, err
}

// labsPollEvery is how long the catalogue may say something old about labs.
const labsPollEvery = 10 * time.Second

// watchLabs keeps the catalogue's notice about labs true.
func (s *shelf) watchLabs(ctx context.Context) {
	tick := time.NewTicker(labsPollEvery)
	defer tick.Stop()
	for {
		if n := s.h.labsNotice(ctx); *s.notice.Load() != n {
			s.notice.Store(&n)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (h *Handler) labsNotice(ctx context.Context) Notice {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	err := h.Labs.Available(ctx)
	if err == nil || ctx.Err() != nil {
		return Notice{}
	}
	f := fault.Of(err)
	return Notice{f.Message, f.Fix}
}

// edition is the present one, made anew when the content or the notice changed.
func (s *shelf) edition() *edition {
	snapshot, notice := s.h.Catalog.Current(), s.notice.Load()
	if e := s.current.Load(); e != nil && e.snapshot == snapshot && e.notice == notice {
		return e
	}
	s.rebuild.Lock()
	defer s.rebuild.Unlock()
	if e := s.current.Load(); e != nil && e.snapshot == snapshot && e.notice == notice {
		return e
	}
	e := &edition{snapshot, notice, s.pages(snapshot, *notice)}
	s.current.Store(e)
	return e
}

// pages lists every shared page of a snapshot. Nothing is rendered yet.
func (s *shelf) pages(snapshot *catalog.Snapshot, notice Notice) map[string]map[string]*item {
	pages := make(map[string]map[string]*item)
	add := func(path, name string, page func(lang string) any) {
		pages[path] = make(map[string]*item)
		for _, lang := range s.h.Assets.Languages {
			pages[path][lang] = newItem(htmlType, "private, no-cache", func() ([]byte, error) { return s.templates.render(name, page(lang)) })
		}
	}
	add("/", "home", func(lang string) any { return s.h.homePage(snapshot, lang, notice) })
	for _, course := range snapshot.Courses {
		add(courseURL(course.Slug), "course", func(lang string) any { return s.h.coursePage(snapshot, course, lang) })
		for i := range course.Lessons {
			add(lessonURL(course.Lessons[i].ID()), "lesson", func(lang string) any { return s.h.lessonPage(snapshot, course, i, lang) })
		}
	}
	return pages
}

// find looks a path up; nil when it is not on the shelf.
func (s *shelf) find(r *http.Request) *item {
	if strings.HasPrefix(r.URL.Path, "/static/") {
		return s.static[r.URL.Path]
	}
	if byLang := s.edition().pages[r.URL.Path]; byLang != nil {
		return byLang[s.h.language(r)]
	}
	return nil
}

// serve answers a plain GET or HEAD of something on the shelf. It leaves everything
// else, and everything that fails, to the router.
func (s *shelf) serve(w http.ResponseWriter, r *http.Request, started time.Time) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead || r.URL.RawQuery != "" || r.ContentLength != 0 {
		return false
	}
	found := s.find(r)
	if found == nil || found.prepare() != nil {
		return false
	}
	info := requestInfo{id: s.h.ids.next(), route: "shelf"}
	s.h.headers.set(w.Header(), info.id)
	status := found.write(w, r, s.press)
	s.h.logRequest(r, &info, status, started)
	return true
}

// send answers a request that came through the router with a page of the shelf.
func (s *shelf) send(w http.ResponseWriter, r *http.Request) error {
	found := s.find(r)
	if found == nil {
		return errNoPage()
	}
	if err := found.prepare(); err != nil {
		return err
	}
	s.h.rememberLanguage(w, r)
	found.write(w, r, s.press)
	return nil
}

// contentType knows what we serve; the system's own table differs from host to host.
func contentType(name string) string {
	known := map[string]string{
		".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
		".json": "application/json", ".map": "application/json", ".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg",
		".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp", ".avif": "image/avif", ".ico": "image/x-icon",
		".woff2": "font/woff2", ".woff": "font/woff", ".txt": "text/plain; charset=utf-8", ".wasm": "application/wasm",
		".webmanifest": "application/manifest+json", ".pdf": "application/pdf",
	}
	if kind, ok := known[strings.ToLower(path.Ext(name))]; ok {
		return kind
	}
	return "application/octet-stream"
}
