package compare_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pattarai/server/compare"
)

// drawn is a comparison as text: number, number, sign, line.
func drawn(files []compare.File) string {
	var out strings.Builder
	signs := map[compare.Kind]string{compare.Same: " ", compare.Added: "+", compare.Removed: "-"}
	for _, f := range files {
		fmt.Fprintf(&out, "%s +%d -%d new=%v gone=%v unshown=%v\n", f.Path, f.Added, f.Removed, f.New, f.Gone, f.Unshown)
		for _, p := range f.Parts {
			out.WriteString("@@\n")
			for _, l := range p.Lines {
				fmt.Fprintf(&out, "%d %d %s%s", l.Old, l.New, signs[l.Kind], l.Text)
				if l.NoEnd {
					out.WriteString(" (no end)")
				}
				out.WriteString("\n")
			}
		}
	}
	return out.String()
}

func TestFiles(t *testing.T) {
	t.Parallel()
	lines := func(n int) string {
		var out strings.Builder
		for i := range n {
			fmt.Fprintf(&out, "line %d\n", i+1)
		}
		return out.String()
	}
	for name, tt := range map[string]struct {
		old, now map[string]string
		want     string
	}{
		"nothing":  {},
		"the same": {old: map[string]string{"a": "x\n"}, now: map[string]string{"a": "x\n"}},
		"one line": {
			old: map[string]string{"b": "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "same": "s"}, now: map[string]string{"b": "1\n2\n3\n4\nfive\n6\n7\n8\n9\n", "same": "s"},
			want: "b +1 -1 new=false gone=false unshown=false\n@@\n2 2  2\n3 3  3\n4 4  4\n5 0 -5\n0 5 +five\n6 6  6\n7 7  7\n8 8  8\n",
		},
		"two places": {
			old: map[string]string{"f": lines(20)}, now: map[string]string{"f": "first\n" + lines(20) + "last\n"},
			want: "f +2 -0 new=false gone=false unshown=false\n@@\n0 1 +first\n1 2  line 1\n2 3  line 2\n3 4  line 3\n@@\n18 19  line 18\n19 20  line 19\n20 21  line 20\n0 22 +last\n",
		},
		"new and gone": {
			old: map[string]string{"old": "o\n"}, now: map[string]string{"new": "n\n", "void": ""},
			want: "new +1 -0 new=true gone=false unshown=false\n@@\n0 1 +n\nold +0 -1 new=false gone=true unshown=false\n@@\n1 0 -o\nvoid +0 -0 new=true gone=false unshown=false\n",
		},
		"last line end": {
			old: map[string]string{"f": "x"}, now: map[string]string{"f": "x\n"},
			want: "f +1 -1 new=false gone=false unshown=false\n@@\n1 0 -x (no end)\n0 1 +x\n",
		},
		"no text": {
			old: map[string]string{"f": "\xff"}, now: map[string]string{"f": "x"},
			want: "f +0 -0 new=false gone=false unshown=true\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, drawn(compare.Files(bytesOf(tt.old), bytesOf(tt.now)))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func bytesOf(files map[string]string) map[string][]byte {
	if files == nil {
		return nil
	}
	out := map[string][]byte{}
	for path, content := range files {
		out[path] = []byte(content)
	}
	return out
}

func TestBounds(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x\n", 5000)
	got := compare.Files(nil, map[string][]byte{"long": []byte(long), "huge": make([]byte, 2<<20)})
	if len(got) != 2 || !got[0].Unshown || got[0].Parts != nil {
		t.Errorf("a huge file: %+v", got[0])
	}
	if !got[1].Unshown || len(got[1].Parts[0].Lines) != 2000 || got[1].Added != 5000 {
		t.Errorf("a long file: %d lines shown of %d", len(got[1].Parts[0].Lines), got[1].Added)
	}
}
