package images

import (
	"context"
	"fmt"
	"io"
	"strings"

	"pattarai/sandbox"
)

// Export writes an archive of the lab images that are here, for a machine without a
// network. A needed image that is missing is an error.
func (s *Set) Export(ctx context.Context, w io.Writer) error {
	entries, err := s.List(ctx)
	if err != nil {
		return err
	}
	var refs []string
	for _, e := range entries {
		switch {
		case e.ID != "":
			refs = append(refs, e.Ref)
		case e.Needed:
			return fmt.Errorf("%w: %s; build it with `bin/pattarai images build %s` before exporting", sandbox.ErrNoImage, e.Ref, e.Name)
		}
	}
	archive, err := s.builder.SaveImages(ctx, refs)
	if err != nil {
		return err
	}
	defer archive.Close()
	if _, err := io.Copy(w, archive); err != nil {
		return fmt.Errorf("writing the image archive: %w", err)
	}
	return nil
}

// Import brings in an archive that Export made, and reports which needed images
// are still missing because the archive belongs to another version of pattarai.
func (s *Set) Import(ctx context.Context, r io.Reader) error {
	if err := s.builder.LoadImages(ctx, r); err != nil {
		return err
	}
	missing, err := s.Missing(ctx, s.Needed())
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		return fmt.Errorf("%w: the archive brought no present version of %s; export it with this version of pattarai", sandbox.ErrNoImage, strings.Join(missing, ", "))
	}
	return nil
}
