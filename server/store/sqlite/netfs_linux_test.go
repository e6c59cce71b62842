package sqlite_test

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"pattarai/server/store/sqlite"
)

func TestNetworkFileSystems(t *testing.T) {
	for kind, want := range map[int64]string{
		unix.NFS_SUPER_MAGIC:       "NFS",
		unix.SMB2_SUPER_MAGIC:      "SMB",
		unix.V9FS_MAGIC:            "9P",
		int64(int32(-0xacb2be)):    "SMB", // CIFS, as 32-bit systems report it.
		unix.EXT4_SUPER_MAGIC:      "",
		unix.TMPFS_MAGIC:           "",
		unix.OVERLAYFS_SUPER_MAGIC: "",
	} {
		err := sqlite.Refuse("/srv/data", kind)
		if (err == nil) != (want == "") {
			t.Errorf("file system %#x: %v, want %q", kind, err, want)
		}
		if err != nil && (!strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "/srv/data")) {
			t.Errorf("%q does not name %s and the folder", err, want)
		}
	}
}
