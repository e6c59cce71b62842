package yamldoc

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var size = regexp.MustCompile(`^(\d+(?:\.\d+)?) ?(?:([kmgKMG])(?:i?[bB])?)$`)

// Size reads a number of bytes such as 64m, 256MiB or 1g between low and high.
func (v Value) Size(low, high int64) (int64, bool) {
	m := size.FindStringSubmatch(v.Raw())
	if m == nil {
		v.Problem("size", v.Words()+" is no size", "a number with k, m or g (KiB, MiB, GiB) is expected", "write it like 256m")
		return 0, false
	}
	number, _ := strconv.ParseFloat(m[1], 64) // The pattern allows numbers only.
	n := int64(number * float64(map[string]int64{"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}[strings.ToLower(m[2])]))
	if n < low || n > high {
		v.Problem("out-of-range", "the size "+v.Raw(), fmt.Sprintf("%s to %s is allowed", Bytes(low), Bytes(high)), "choose a size in this range")
		return 0, false
	}
	return n, true
}

// Bytes is a number of bytes in words: "64 MiB".
func Bytes(n int64) string {
	for _, unit := range []struct {
		size int64
		name string
	}{{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if n >= unit.size && n%unit.size == 0 {
			return fmt.Sprintf("%d %s", n/unit.size, unit.name)
		}
	}
	return fmt.Sprintf("%d bytes", n)
}
