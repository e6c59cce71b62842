// Package scaffold makes the beginning of a course or a lesson: small, whole, and
// proved, so that an author changes something that works.
package scaffold

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

//go:embed all:kinds
var kinds embed.FS

// Kinds are the kinds of lessons there are, in the order of the alphabet.
func Kinds() []string {
	entries, err := kinds.ReadDir("kinds")
	if err != nil {
		return nil // It is embedded: never.
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// The names that courses and lessons may have; see package lessons.
var (
	plainName = regexp.MustCompile(`^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$`)
	numbered  = regexp.MustCompile(`^(\d{2,3})-(.+)$`)
)

const (
	maxSlug   = 57 // A lesson's folder has at most 60, with its number.
	maxNumber = 999
	course    = "# yaml-language-server: $schema=../.schema/course.json\ntitle: %q\nsummary: What somebody knows after this course, in one sentence.\nlanguages: [en]\n"
)

// Course makes a folder with a course.yaml. It is an error when the folder exists
// already.
func Course(dir string) error {
	name := filepath.Base(filepath.Clean(dir))
	if !plainName.MatchString(name) || len(name) > maxSlug {
		return badName("course", name)
	}
	return create(dir, map[string][]byte{"course.yaml": fmt.Appendf(nil, course, title(name))})
}

// Lesson makes a lesson of a kind and tells its folder. dir is the course's folder
// and the lesson's name in it; without a number it becomes the course's last. It
// is an error when the course is missing or the lesson is there already.
func Lesson(dir, kind string) (string, error) {
	parent, name := filepath.Split(filepath.Clean(dir))
	parent = filepath.Clean(parent)
	number := ""
	if m := numbered.FindStringSubmatch(name); m != nil {
		number, name = m[1], m[2]
	}
	if !plainName.MatchString(name) || len(name) > maxSlug {
		return "", badName("lesson", name)
	}
	last, err := lastNumber(parent, name)
	if err != nil {
		return "", err
	}
	if number == "" {
		number = fmt.Sprintf("%02d", last+1)
	}
	files, err := filled(kind, name)
	if err != nil {
		return "", err
	}
	into := filepath.Join(parent, number+"-"+name)
	return into, create(into, files)
}

func badName(what, name string) error {
	return fmt.Errorf("the %s is called %q; a name has small letters, digits and single hyphens, begins with a letter and has at most %d characters, for example first-steps", what, name, maxSlug)
}

// lastNumber is the highest number of a course's lessons, none of which may be
// called name.
func lastNumber(course, name string) (int, error) {
	if _, err := os.Stat(filepath.Join(course, "course.yaml")); err != nil {
		return 0, fmt.Errorf("%s is not a course: it has no course.yaml; make it with: pattarai new course %s", course, course)
	}
	entries, err := os.ReadDir(course)
	if err != nil {
		return 0, err
	}
	last := 0
	for _, entry := range entries {
		m := numbered.FindStringSubmatch(entry.Name())
		if m == nil {
			continue
		}
		if m[2] == name {
			return 0, fmt.Errorf("there is a lesson %s already: %s; choose another name", name, filepath.Join(course, entry.Name()))
		}
		n, _ := strconv.Atoi(m[1]) // The pattern has digits only.
		last = max(last, n)
	}
	if last >= maxNumber {
		return 0, fmt.Errorf("the course's last lesson has the number %d, and no higher one is allowed; give the new lesson a free number", last)
	}
	return last, nil
}

// filled are the files of a kind with the lesson's name and title filled in.
func filled(kind, name string) (map[string][]byte, error) {
	if !slices.Contains(Kinds(), kind) {
		return nil, fmt.Errorf("there is no kind of lesson called %q; there are: %s", kind, strings.Join(Kinds(), ", "))
	}
	root := path.Join("kinds", kind)
	files := map[string][]byte{}
	err := fs.WalkDir(kinds, root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := kinds.ReadFile(name)
		files[strings.TrimPrefix(name, root+"/")] = data
		return err
	})
	for file, data := range files {
		data = bytes.ReplaceAll(data, []byte("@TITLE@"), []byte(title(name)))
		data = bytes.ReplaceAll(data, []byte("@SLUG@"), []byte(name))
		if schema := schemaOf(path.Base(file)); schema != "" {
			up := strings.Repeat("../", strings.Count(file, "/")+2)
			data = append(fmt.Appendf(nil, "# yaml-language-server: $schema=%s.schema/%s.json\n", up, schema), data...)
		}
		files[file] = data
	}
	return files, err
}

// schemaOf is the JSON Schema that describes a file; "" when none does.
func schemaOf(file string) string {
	switch file {
	case "compose.yaml", "exercise.yaml", "solution.yaml":
		return strings.TrimSuffix(file, ".yaml")
	}
	return ""
}

// title makes "First steps" of first-steps.
func title(name string) string {
	runes := []rune(strings.ReplaceAll(name, "-", " "))
	runes[0] = unicode.ToUpper(runes[0])
	return string(runes)
}

// create writes files into a folder that does not exist yet. When that fails
// nothing stays behind.
func create(dir string, files map[string][]byte) error {
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s exists already; choose another name, or remove it first", dir)
	}
	for name, data := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		err := os.MkdirAll(filepath.Dir(file), 0o755)
		if err == nil {
			err = os.WriteFile(file, data, 0o644) //nolint:gosec // Content is for everybody to read.
		}
		if err != nil {
			return errors.Join(err, os.RemoveAll(dir))
		}
	}
	return nil
}
