package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/oklog/ulid/v2"
)

const secretSize = 32

// openData makes the data folder this server's own and returns the installation's secret.
func (s *Server) openData() ([]byte, error) {
	if err := os.MkdirAll(s.cfg.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data: the folder %s cannot be made: %w; name another one with --data", s.cfg.Data, err)
	}
	lock, err := lockFolder(s.cfg.Data)
	if err != nil {
		return nil, err
	}
	s.opened("data folder", func(context.Context) error { return lock.Close() })
	return secretIn(filepath.Join(s.cfg.Data, "secret"))
}

// lockFolder keeps other servers out of a folder until the file is closed. The
// kernel lets go of it when the process ends, however it ends.
func lockFolder(dir string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data: the folder %s cannot be written: %w; name another one with --data", dir, err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, _ := os.ReadFile(file.Name())
		file.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("data: the folder %s cannot be locked: %w; use a local disk", dir, err)
		}
		return nil, fmt.Errorf("data: the folder %s is used by another server (pid %s); end that one or name another folder with --data", dir, strings.TrimSpace(string(holder)))
	}
	if err := file.Truncate(0); err == nil {
		_, _ = fmt.Fprintln(file, os.Getpid()) // For the message above; the lock works without it.
	}
	return file, nil
}

// secretIn reads the secret in a file, making it when there is none.
func secretIn(path string) ([]byte, error) {
	secret, err := os.ReadFile(path)
	if err == nil && len(secret) == secretSize {
		return secret, nil
	}
	if err == nil {
		return nil, fmt.Errorf("data: %s has %d bytes, not %d; restore it from a backup, or delete it: running labs and open previews are lost then", path, len(secret), secretSize)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("data: the secret cannot be read: %w", err)
	}
	secret = make([]byte, secretSize)
	_, _ = rand.Read(secret) // It cannot fail.
	if err := writeWhole(path, secret); err != nil {
		return nil, fmt.Errorf("data: the secret cannot be kept: %w", err)
	}
	return secret, nil
}

// writeWhole makes a file appear with all its content or not at all.
func writeWhole(path string, content []byte) error {
	part, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = part.Write(content)
	if err = errors.Join(err, part.Sync(), part.Close()); err != nil {
		return err
	}
	return os.Rename(part.Name(), path)
}

// newULID is an id that sorts by time.
func newULID() string { return strings.ToLower(ulid.Make().String()) }
