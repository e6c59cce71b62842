package server

import (
	"context"
	"io/fs"

	"pattarai/lessons/content"
	"pattarai/server/catalog"
)

// contentRoots are where courses are read from: the built-in ones, then the
// operator's. A live preview shows only what is being written.
func (s *Server) contentRoots() ([]fs.FS, error) {
	var roots []fs.FS
	if !s.cfg.Preview {
		roots = append(roots, content.FS())
	}
	for _, path := range s.cfg.Content {
		dir, err := catalog.OpenDir(path)
		if err != nil {
			return nil, err
		}
		s.opened("content", func(context.Context) error { return dir.Close() })
		roots = append(roots, dir)
	}
	return roots, nil
}
