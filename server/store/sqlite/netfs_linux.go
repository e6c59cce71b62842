package sqlite

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// local fails when dir is on a file system that is shared over a network: SQLite's
// write-ahead log needs memory shared between its users, which those do not give.
func local(dir string) error {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return fmt.Errorf("look at the file system of %s: %w", dir, err)
	}
	return refuse(dir, int64(fs.Type)) //nolint:unconvert // It has 32 bits on some machines.
}

func refuse(dir string, kind int64) error {
	if name := networkName(kind); name != "" {
		return fmt.Errorf("the data folder %s is on a network file system (%s), where SQLite would damage its files; choose a folder on a local disk with --data", dir, name)
	}
	return nil
}

func networkName(kind int64) string {
	switch uint32(kind) { // Magic numbers have 32 bits.
	case unix.NFS_SUPER_MAGIC:
		return "NFS"
	case unix.SMB_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC:
		return "SMB"
	case unix.V9FS_MAGIC:
		return "9P"
	case unix.AFS_SUPER_MAGIC, unix.AFS_FS_MAGIC:
		return "AFS"
	case unix.CEPH_SUPER_MAGIC:
		return "Ceph"
	case unix.CODA_SUPER_MAGIC:
		return "Coda"
	case 0x0bd00bd0:
		return "Lustre"
	case 0x47504653:
		return "GPFS"
	}
	return ""
}
