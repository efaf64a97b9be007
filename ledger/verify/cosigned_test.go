package verify_test

import (
	"database/sql"
	"net/url"
	"path/filepath"
	"slices"
	"testing"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/verify"
)

// Where cosignatures are asked for, a log that no witness saw is told, and so is a head that was
// kept and that none signed; what is cosigned is as good as before.
func TestCosignaturesThatAreAskedFor(t *testing.T) {
	codes := func(name string, change func(*verify.Options)) (all []string) {
		t.Helper()
		dir := filepath.Join("testdata", name)
		db, err := sql.Open("sqlite3", "file:"+filepath.ToSlash(filepath.Join(dir, archive.FileName))+"?"+url.Values{"mode": {"ro"}, "immutable": {"1"}}.Encode())
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}()
		a, err := archive.Open(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		o := known(t, dir)
		o.Cosigned = true
		change(&o)
		v, err := verify.Library(t.Context(), verify.Ledger(a), o)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range v.Problems {
			all = append(all, string(p.Code))
		}
		slices.Sort(all)
		return all
	}
	keep := func(*verify.Options) {}
	alone := func(o *verify.Options) { o.Heads = nil }
	strangers := func(o *verify.Options) { o.Witnesses = nil }
	for _, c := range []struct {
		name   string
		change func(*verify.Options)
		want   []string
	}{
		{"nothing", keep, nil},
		{"everything", keep, []string{"cosignature.missing"}}, // its other device has asked nobody
		{"nothing", strangers, []string{"cosignature.missing", "cosignature.missing"}},
		{"truncate-to-an-earlier-head", alone, []string{"cosignature.missing"}},
		{"truncate-to-an-earlier-head", keep, []string{"cosignature.missing", "log.rolled-back"}},
		{"sign-the-whole-log-anew-with-the-owners-key", keep, []string{"cosignature.missing", "log.forked"}},
		{"a-forged-cosignature", alone, []string{"cosignature.invalid", "cosignature.missing"}},
	} {
		if got := codes(c.name, c.change); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, not %v", c.name, got, c.want)
		}
	}
}
