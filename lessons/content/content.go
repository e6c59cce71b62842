// Package content holds the courses that come with the program. It has no logic:
// every folder with a course.yaml beside this file is a course.
package content

import (
	"embed"
	"io/fs"
)

//go:embed all:*
var files embed.FS

// FS is the content root.
func FS() fs.FS { return files }
