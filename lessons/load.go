package lessons

import (
	"cmp"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"pattarai/lessons/markdown"
	"pattarai/lessons/problem"
)

// Load reads every course below fsys. A lesson with errors is left out and its
// problems are listed; the error is only for a content root that cannot be read.
// Validate may be nil.
func Load(fsys fs.FS, validate Validate) (*Catalog, error) {
	return Reload(fsys, validate, nil)
}

// Reload is [Load] that takes over every lesson whose folder has not changed
// since previous was loaded from the same fsys with the same validate. Lessons may
// also need and link to the lesson folders in elsewhere, which are those of other
// content roots (see [Catalog.Folders]).
func Reload(fsys fs.FS, validate Validate, previous *Catalog, elsewhere ...string) (*Catalog, error) {
	return Refresh(fsys, Options{Validate: validate, Previous: previous, Elsewhere: elsewhere})
}

// Options say how to read a content root. All of them may be left out.
type Options struct {
	Validate  Validate              // Checks what this package does not understand.
	Code      markdown.Cache        // Highlighted code from earlier.
	Previous  *Catalog              // Of the same root: what has not changed is taken over.
	Changed   func(dir string) bool // Which lesson folders may have; any of them without.
	Elsewhere []string              // Folders of other content roots that lessons may refer to.
}

// Refresh reads a content root. See [Load] and [Reload].
func Refresh(fsys fs.FS, o Options) (*Catalog, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("reading the content root: %w", err)
	}
	l := &loader{fsys: fsys, Options: o, catalog: &Catalog{folders: map[string]*folder{}}}
	for _, entry := range entries {
		l.courseFolder(entry)
	}
	l.readAll()
	l.join()
	l.catalog.Problems.Sort()
	return l.catalog, nil
}

// Parsed are the lessons without errors of their own, also those that are in no
// course because what they need is missing. A [Reload] may take over any of them.
func (c *Catalog) Parsed() iter.Seq[*Lesson] {
	return func(yield func(*Lesson) bool) {
		for _, f := range c.folders {
			if f.lesson != nil && !yield(f.lesson) {
				return
			}
		}
	}
}

// Folders are all lesson folders, also of lessons with errors: "haproxy/05-round-robin".
func (c *Catalog) Folders() []string {
	return slices.Sorted(maps.Keys(c.folders))
}

// loader is one run of [Reload].
type loader struct {
	Options
	fsys    fs.FS
	catalog *Catalog
	work    []*folder // One for every lesson folder, in order.
}

// folder is what came of one lesson's folder.
type folder struct {
	course    *Course
	dir       string
	signature signature
	hash      string
	lesson    *Lesson // Nil when it has errors.
	links     []link  // To other lessons.
	problems  problem.List
}

// link is a place that names another lesson.
type link struct {
	file      string
	line, col int
	to        string // "course/slug" for needs, "course/NN-slug" for links.
	needs     bool
}

var (
	courseSlug   = regexp.MustCompile(`^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$`)
	lessonFolder = regexp.MustCompile(`^(\d{2,3})-([a-z0-9]+(?:-[a-z0-9]+)*)$`)
)

const maxSlug = 60

func (l *loader) problem(p problem.Problem) {
	if p.Severity == "" {
		p.Severity = problem.Error
	}
	l.catalog.Problems = append(l.catalog.Problems, p)
}

// ignored tells of entries that are never content.
func ignored(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
}

func (l *loader) courseFolder(entry fs.DirEntry) {
	slug := entry.Name()
	if ignored(slug) || !entry.IsDir() {
		return
	}
	if _, err := fs.Stat(l.fsys, path.Join(slug, courseFile)); err != nil {
		return // Not a course: pictures, notes.
	}
	if !courseSlug.MatchString(slug) || len(slug) > maxSlug {
		l.problem(problem.Problem{File: slug, Code: "bad-slug", Found: fmt.Sprintf("the course folder %q", clip(slug)),
			Allowed: fmt.Sprintf("a name has small letters, digits and single hyphens, at most %d", maxSlug), Fix: "rename the folder"})
		return
	}
	course, problems := readCourse(l.fsys, slug)
	l.catalog.Problems = append(l.catalog.Problems, problems...)
	if problems.HasErrors() {
		return
	}
	l.catalog.Courses = append(l.catalog.Courses, course)
	l.lessonFolders(course)
}

func (l *loader) lessonFolders(course *Course) {
	entries, err := fs.ReadDir(l.fsys, course.Slug)
	if err != nil {
		l.problem(problem.Problem{File: course.Slug, Code: "unreadable", Found: err.Error(), Fix: "check the folder's permissions"})
		return
	}
	slugs := map[string]string{}
	for _, entry := range entries {
		name, dir := entry.Name(), path.Join(course.Slug, entry.Name())
		if ignored(name) || name == courseFile {
			continue
		}
		if entry.Type()&fs.ModeSymlink != 0 {
			l.problem(symlink(dir))
			continue
		}
		m := lessonFolder.FindStringSubmatch(name)
		if !entry.IsDir() {
			continue
		}
		if m == nil || len(name) > maxSlug {
			l.problem(problem.Problem{File: dir, Code: "bad-slug", Found: fmt.Sprintf("the lesson folder %q", clip(name)),
				Allowed: fmt.Sprintf("a lesson folder is called NN-name: two digits, then small letters, digits and single hyphens, at most %d", maxSlug),
				Fix:     "rename the folder, for example 09-weighted-round-robin"})
			continue
		}
		if first, twice := slugs[m[2]]; twice {
			l.problem(problem.Problem{File: dir, Code: "slug-twice", Found: fmt.Sprintf("%s and %s are both the lesson %q", first, dir, m[2]),
				Allowed: "a name is used once in a course", Fix: "rename one of the folders"})
			continue
		}
		slugs[m[2]] = dir
		l.work = append(l.work, &folder{course: course, dir: dir})
	}
}

func symlink(file string) problem.Problem {
	return problem.Problem{File: file, Code: "symlink", Severity: problem.Error, Found: "a symbolic link",
		Allowed: "content is files and folders", Fix: "replace the link by what it points to"}
}

// readAll reads the lesson folders on all processors.
func (l *loader) readAll() {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, work := range l.work {
		group.Go(func() error {
			l.work[i] = l.read(work)
			return nil
		})
	}
	_ = group.Wait() // No function returns an error.
}

func (l *loader) read(work *folder) *folder {
	old := l.before(work)
	if old != nil && l.Changed != nil && !l.Changed(work.dir) {
		return old.taken(work.course, old.signature)
	}
	r := newReader(l.fsys, work, l.Options)
	r.walk()
	if old != nil && r.unchanged(old) {
		return old.taken(work.course, r.folder.signature)
	}
	r.read()
	return r.folder
}

// before is what the folder was in the previous catalogue, unless its course has
// other languages now.
func (l *loader) before(work *folder) *folder {
	if l.Previous == nil {
		return nil
	}
	old := l.Previous.folders[work.dir]
	if old == nil || !slices.Equal(old.course.Languages, work.course.Languages) {
		return nil
	}
	return old
}

// taken is the folder as part of the course that was read anew.
func (f *folder) taken(course *Course, now signature) *folder {
	taken := *f
	taken.course, taken.signature = course, now
	return &taken
}

// join puts lessons into their courses and checks what they say of each other.
func (l *loader) join() {
	for _, f := range l.work {
		l.catalog.folders[f.dir] = f
		l.catalog.Problems = append(l.catalog.Problems, f.problems...)
		if f.lesson != nil {
			f.course.Lessons = append(f.course.Lessons, f.lesson)
		}
	}
	slices.SortStableFunc(l.catalog.Courses, func(a, b *Course) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Slug, b.Slug))
	})
	l.references()
}
