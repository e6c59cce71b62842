package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// migrations only ever go forward. The other dialects have files of the same numbers.
//
//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date, each migration in a transaction of its
// own, and refuses a schema that is newer than this program.
func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return dialect{}.Explain(err)
	}
	if current > target {
		return fmt.Errorf("its schema is version %d and this program knows versions up to %d: a newer pattarai has used it; run that version, or restore a backup from before", current, target)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema from version %d to %d: %w", current, target, dialect{}.Explain(err))
	}
	return nil
}
