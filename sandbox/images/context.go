package images

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// agentName is the agent's file name, in the context as beside the executable.
const agentName = "pattarai-agent"

// maxAgent bounds what is read as an agent.
const maxAgent = 128 << 20

// fingerprint names a build context by its content.
func fingerprint(context []byte) string {
	sum := sha256.Sum256(context)
	return hex.EncodeToString(sum[:6])
}

// writeContext tars folder name of files and the agent. The same input gives the
// same bytes: no times, no owners.
func writeContext(w io.Writer, files fs.FS, name string, agent []byte) error {
	tw := tar.NewWriter(w)
	entries, err := fs.ReadDir(files, name)
	if err != nil {
		return err
	}
	for _, e := range entries {
		data, err := fs.ReadFile(files, path.Join(name, e.Name()))
		if err != nil {
			return err
		}
		if err := writeEntry(tw, e.Name(), data); err != nil {
			return err
		}
	}
	if err := writeEntry(tw, agentName, agent); err != nil {
		return err
	}
	return tw.Close()
}

// writeEntry adds one file. Embedded files lose their mode, so what starts like a
// program is made executable.
func writeEntry(tw *tar.Writer, name string, data []byte) error {
	mode := int64(0o644)
	if bytes.HasPrefix(data, []byte("#!")) || bytes.HasPrefix(data, []byte(elf.ELFMAG)) {
		mode = 0o755
	}
	h := &tar.Header{Name: name, Mode: mode, Size: int64(len(data)), ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
	if err := tw.WriteHeader(h); err != nil {
		return err
	}
	_, err := tw.Write(data)
	return err
}

// agentBinary returns the agent, read once. A failure is looked into again on the
// next call, so that building the agent helps at once.
func (s *Set) agentBinary() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.agent != nil {
		return s.agent, nil
	}
	p, err := s.agentPath()
	if err != nil {
		return nil, err
	}
	data, err := readAgent(p)
	if err != nil {
		return nil, err
	}
	s.agent = data
	return data, nil
}

func (s *Set) agentPath() (string, error) {
	if s.path != "" {
		return s.path, nil
	}
	exe, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding the running executable: %w", err)
	}
	return filepath.Join(filepath.Dir(exe), agentName), nil
}

func readAgent(p string) ([]byte, error) {
	f, err := os.Open(p)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the agent's binary %s is missing; make it with `make build`", p)
	}
	if err != nil {
		return nil, fmt.Errorf("the agent's binary: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxAgent+1))
	if err != nil {
		return nil, fmt.Errorf("the agent's binary: %w", err)
	}
	if len(data) > maxAgent {
		return nil, fmt.Errorf("the agent's binary %s is larger than %d MiB; make it with `make build`", p, maxAgent>>20)
	}
	if why := notStatic(data); why != "" {
		return nil, fmt.Errorf("the agent's binary %s %s, so it cannot start in an empty image; make it with `make build`", p, why)
	}
	return data, nil
}

// notStatic says what keeps a file from being a static Linux program, "" if nothing.
func notStatic(data []byte) string {
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return "is no Linux program (" + strings.TrimSpace(err.Error()) + ")"
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return "is linked dynamically"
		}
	}
	return ""
}
