package compose

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"pattarai/sandbox"
	"pattarai/sandbox/internal/yamldoc"
)

// filesDir is the folder of a lesson whose content a topology may place in nodes.
const filesDir = "files"

// volumes reads the list of ./files/NAME:/path.
func (w *walker) volumes(v yamldoc.Value) []sandbox.File {
	items, ok := v.List()
	if !ok {
		return nil
	}
	var files []sandbox.File
	targets := map[string]int{}
	for _, item := range items {
		f, ok := w.volume(item)
		if !ok {
			continue
		}
		if line, twice := targets[f.Target]; twice {
			item.Problem("duplicate-target", fmt.Sprintf("%s is filled twice, first at line %d", f.Target, line), "a path may be filled once", "remove one of the two")
		}
		targets[f.Target] = item.Line()
		files = append(files, f)
	}
	return files
}

const volumeForm = "only ./files/NAME:/path or ./files/NAME:/path:ro is allowed"

func (w *walker) volume(item yamldoc.Value) (sandbox.File, bool) {
	if item.IsMap() {
		item.Problem("volume", "a volume written as a map", volumeForm, "write it on one line")
		return sandbox.File{}, false
	}
	text, ok := item.Text()
	if !ok {
		return sandbox.File{}, false
	}
	parts := strings.Split(text, ":")
	if len(parts) < 2 || len(parts) > 3 {
		item.Problem("volume", fmt.Sprintf("the volume %q", yamldoc.Shorten(text)), volumeForm, "write it like ./files/haproxy.cfg:/etc/haproxy/haproxy.cfg")
		return sandbox.File{}, false
	}
	if len(parts) == 3 && parts[2] != "ro" {
		item.Problem("volume", fmt.Sprintf("the volume option %q", yamldoc.Shorten(parts[2])), volumeForm, "remove the option, or write ro")
		return sandbox.File{}, false
	}
	source, ok := w.source(item, parts[0])
	return sandbox.File{Source: source.name, Target: parts[1], Folder: source.folder}, w.target(item, parts[1]) && ok
}

type source struct {
	name   string
	folder bool
}

// source refuses everything that is not a file or folder below files/.
func (w *walker) source(item yamldoc.Value, text string) (source, bool) {
	if r, refused := refusedSource(text); refused {
		item.Problem("volume", fmt.Sprintf("the volume of %q", yamldoc.Shorten(text)), r.why, r.fix)
		return source{}, false
	}
	name := strings.TrimPrefix(text, "./"+filesDir+"/")
	info, err := fs.Lstat(w.fsys, path.Join(filesDir, name))
	switch {
	case err != nil:
		item.Problem("file-missing", yamldoc.Shorten(text)+" does not exist", "files/ has: "+orNothing(w.starters()), yamldoc.Suggest(name, w.starters()))
		return source{}, false
	case !info.IsDir() && !info.Mode().IsRegular():
		item.Problem("volume", yamldoc.Shorten(text)+" is no regular file", "files and folders are allowed, links are not", "put a copy of the file there")
		return source{}, false
	}
	return source{name, info.IsDir()}, true
}

// refusedSource says why a source is not a path below ./files.
func refusedSource(text string) (reason, bool) {
	const fix = "copy what the lesson needs into files/ and write ./files/NAME"
	switch clean := path.Clean(text); {
	case strings.Contains(text, "docker.sock") || strings.Contains(text, "containerd.sock"):
		return reason{"the container engine itself would be handed over", hostFix}, true
	case path.IsAbs(text) || strings.HasPrefix(text, "~") || strings.Contains(text, "\\"):
		return reason{"paths of the host are refused; " + volumeForm, fix}, true
	case clean == ".." || strings.HasPrefix(clean, "../"):
		return reason{"paths outside the lesson are refused; " + volumeForm, fix}, true
	case !strings.HasPrefix(text, "."):
		return reason{"named volumes are refused, because nothing of a lab outlives it; " + volumeForm, fix}, true
	case "./"+clean != text || !strings.HasPrefix(clean, filesDir+"/"):
		return reason{volumeForm, fix}, true
	}
	return reason{}, false
}

// target refuses places that the agent or the kernel owns.
func (w *walker) target(item yamldoc.Value, text string) bool {
	if !cleanAbsolute(text) || text == "/" {
		item.Problem("path", fmt.Sprintf("the path %q in the node", yamldoc.Shorten(text)), "a plain absolute path is allowed", "write it like /etc/haproxy/haproxy.cfg")
		return false
	}
	switch top, _, _ := strings.Cut(text[1:], "/"); top {
	case "proc", "sys", "dev", "bin", "sbin", "lib", "lib64", "usr", "boot":
		item.Problem("path", fmt.Sprintf("the path %q in the node", yamldoc.Shorten(text)), "the node's system folders are read-only", "choose a path below /etc, /srv, /opt, /var or /home")
		return false
	}
	return true
}

// starters lists what files/ has.
func (w *walker) starters() []string {
	entries, err := fs.ReadDir(w.fsys, filesDir)
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}
