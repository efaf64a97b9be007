package identity

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/ledger/blob"
)

const lib = "abcdefghijklmnopqrstuvwxyz"

func options(t testing.TB, name string) Options {
	return Options{Dir: filepath.Join(t.TempDir(), "identity"), Name: name, NoKeyStore: true, Work: 4,
		Passphrase: func(context.Context, bool) (string, error) { return "correct horse", nil }}
}

func create(t testing.TB, name string) (*Identity, Options) {
	t.Helper()
	o := options(t, name)
	i, err := Create(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return i, o
}

func TestADIDIsTheOneOfTheMethodsSpecification(t *testing.T) {
	// From the did:key method's own examples.
	const did = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
	key, err := ParseDID(did)
	if err != nil || DID(key) != did {
		t.Fatalf("%x, %v", key, err)
	}
	for _, bad := range []string{"", "did:key:", "did:web:x", did[:len(did)-1], did + "a", strings.ToUpper(did), "did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc"} {
		if _, err := ParseDID(bad); err == nil {
			t.Errorf("%q is taken for a key", bad)
		}
	}
}

func TestAnIdentityComesBack(t *testing.T) {
	i, o := create(t, "Anna")
	again, err := Open(t.Context(), o)
	if err != nil || again.Person != i.Person || again.PersonName() != "Anna" || again.Keys() != i.Keys() {
		t.Fatalf("%+v, %v", again, err)
	}
	origin := "selvage-ledger/x"
	s, err := again.HeadSigner(origin)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := note.Sign(&note.Note{Text: "text\n"}, s)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ParseDID(i.Keys().Heads)
	if err != nil {
		t.Fatal(err)
	}
	text, err := note.NewEd25519VerifierKey(origin, key)
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(text)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := note.Open(signed, note.VerifierList(v)); err != nil {
		t.Error(err)
	}
	st, err := os.Stat(filepath.Join(o.Dir, secretFile))
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", st.Mode(), err)
	}
	files, err := os.ReadDir(o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(o.Dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, i.secrets.Person) {
			t.Errorf("%s holds the key in clear", f.Name())
		}
	}
	var exists *ExistsError
	if _, err := Create(t.Context(), o); !errors.As(err, &exists) {
		t.Errorf("a second person takes the place of the first: %v", err)
	}
}

func TestAWrongPassphraseOpensNothing(t *testing.T) {
	i, o := create(t, "Anna")
	o.Passphrase = func(context.Context, bool) (string, error) { return "wrong", nil }
	var wrong *PassphraseError
	if _, err := Open(t.Context(), o); !errors.As(err, &wrong) {
		t.Errorf("%v", err)
	}
	o.Passphrase = nil
	if _, err := Open(t.Context(), o); !errors.As(err, &wrong) || !strings.Contains(err.Error(), PassphraseEnv) {
		t.Errorf("%v", err)
	}
	if _, err := i.Export("", 4); !errors.As(err, &wrong) {
		t.Errorf("%v", err)
	}
	var none *NoneError
	if _, err := Open(t.Context(), options(t, "")); !errors.As(err, &none) {
		t.Errorf("%v", err)
	}
}

func TestAPersonMovesToAnotherDevice(t *testing.T) {
	i, _ := create(t, "Anna")
	locked, err := i.Export("move", 4)
	if err != nil {
		t.Fatal(err)
	}
	var wrong *PassphraseError
	for _, broken := range [][]byte{nil, []byte("hello"), locked[:len(locked)/2], bytes.Repeat([]byte("x"), mostSecret+1)} {
		if _, err := Import(t.Context(), broken, "move", options(t, "")); !errors.As(err, &wrong) {
			t.Errorf("%.20q: %v", broken, err)
		}
	}
	if _, err := Import(t.Context(), locked, "other", options(t, "")); !errors.As(err, &wrong) {
		t.Errorf("%v", err)
	}
	there, err := Import(t.Context(), locked, "move", options(t, ""))
	if err != nil || there.Person != i.Person || there.Name != "Anna" {
		t.Fatalf("%+v %v", there, err)
	}
	if there.Keys() == i.Keys() {
		t.Error("two devices have the same keys")
	}
}

func apply(t *testing.T, s *State, st Statement, err error) error {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	text, err := st.Text()
	if err != nil {
		t.Fatal(err)
	}
	back, err := Parse(text)
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return s.Apply(back)
}

func must(t *testing.T, s *State, st Statement, err error) {
	t.Helper()
	if err := apply(t, s, st, err); err != nil {
		t.Fatal(err)
	}
}

func refused(t *testing.T, s *State, st Statement, err error) {
	t.Helper()
	var rule *RuleError
	if err := apply(t, s, st, err); !errors.As(err, &rule) {
		t.Errorf("%+v is taken: %v", st, err)
	}
}

// A studio: Anna owns it, Ben directs, Cleo designs, Dan is nobody.
func TestAStudio(t *testing.T) {
	anna, oa := create(t, "Anna")
	ben, _ := create(t, "Ben")
	cleo, _ := create(t, "Cleo")
	dan, _ := create(t, "Dan")
	var s State
	sign := func(i *Identity, st Statement) (Statement, error) { st.Library = lib; return i.Sign(st) }
	say := func(i *Identity, st Statement) { t.Helper(); x, err := sign(i, st); must(t, &s, x, err) }
	not := func(i *Identity, st Statement) { t.Helper(); x, err := sign(i, st); refused(t, &s, x, err) }

	not(dan, Statement{Type: Grant, Person: dan.Person, Role: Owner}) // nobody owns it yet
	say(anna, Statement{Type: Found})
	not(dan, Statement{Type: Found})
	not(dan, Statement{Type: Grant, Person: dan.Person, Role: Designer})
	say(anna, Statement{Type: Grant, Person: ben.Person, Role: ArtDirector})
	say(anna, Statement{Type: Grant, Person: cleo.Person, Role: Designer})
	not(ben, Statement{Type: Grant, Person: dan.Person, Role: Designer})
	not(anna, Statement{Type: Withdraw, Person: anna.Person, Role: Owner})

	v := blob.Of([]byte("v"))
	reach := func(m Milestone) Statement { return Statement{Type: Approve, Pattern: "p", Version: &v, Milestone: m} }
	not(dan, reach(Draft))
	say(cleo, reach(Draft))
	not(cleo, reach(Approved))
	not(cleo, Statement{Type: Settings, FourEyes: true})
	say(anna, Statement{Type: Settings, FourEyes: true})
	not(anna, reach(Approved)) // nobody has reviewed it
	say(anna, reach(Review))
	not(anna, reach(Approved)) // by herself
	say(ben, reach(Review))
	say(anna, reach(Approved))
	if got := s.Milestones("p"); len(got) != 4 || got[3].Statement.Milestone != Approved || got[3].Person != anna.Person {
		t.Errorf("%+v", got)
	}

	// Devices.
	auth, err := cleo.Authorisation(lib)
	must(t, &s, auth, err)
	refused(t, &s, auth, err) // once
	log := blob.Of([]byte("log"))
	if err := s.Device(cleo.Person, cleo.Keys().Heads, log, 5); err != nil {
		t.Error(err)
	}
	for _, wrong := range [][2]string{{ben.Person, cleo.Keys().Heads}, {cleo.Person, ben.Keys().Heads}} {
		if s.Device(wrong[0], wrong[1], log, 5) == nil {
			t.Errorf("%v speaks", wrong)
		}
	}
	not(ben, Statement{Type: Revoke, Person: cleo.Person, Key: cleo.Keys().Heads})
	say(anna, Statement{Type: Revoke, Person: cleo.Person, Key: cleo.Keys().Heads, Trusted: []Trusted{{log, 3}}})
	if s.Device(cleo.Person, cleo.Keys().Heads, log, 3) != nil || s.Device(cleo.Person, cleo.Keys().Heads, log, 4) == nil || s.Device(cleo.Person, cleo.Keys().Heads, blob.Of(nil), 1) == nil {
		t.Error("a revoked device is believed further than was trusted, or less")
	}

	// Rotation keeps rights and devices, and the old key signs nothing any more.
	old := *anna
	auth, err = anna.Authorisation(lib)
	must(t, &s, auth, err)
	if err := anna.Rotate(t.Context(), oa); err != nil {
		t.Fatal(err)
	}
	if again, err := Open(t.Context(), oa); err != nil || again.Person != anna.Person {
		t.Fatalf("%v", err)
	}
	chain, err := anna.Succession(lib, old.Person)
	if err != nil || len(chain) != 1 {
		t.Fatalf("%v %v", chain, err)
	}
	alone := chain[0]
	alone.Proofs = alone.Proofs[:1]
	refused(t, &s, alone, nil)
	must(t, &s, chain[0], nil)
	not(&old, Statement{Type: Grant, Person: dan.Person, Role: Owner})
	say(anna, Statement{Type: Grant, Person: ben.Person, Role: Owner})
	if s.Device(old.Person, old.Keys().Heads, log, 1) != nil || !s.Same(old.Person, anna.Person) {
		t.Error("a rotation costs the person a device")
	}

	// A lost key: not by anybody, but by an owner who is somebody else.
	eve, _ := create(t, "Eve")
	swap, err := eve.Replace(lib, cleo.Person)
	refused(t, &s, swap, err)
	swap, err = swap.With(ed25519.NewKeyFromSeed(ben.secrets.Person))
	must(t, &s, swap, err)
	if got := s.Roles(eve.Person); len(got) != 1 || got[0] != Designer {
		t.Errorf("%v", got)
	}
}

func TestALostKeyIsReplacedByItsRecovery(t *testing.T) {
	anna, _ := create(t, "Anna")
	locked, err := anna.Export("move", 4)
	if err != nil {
		t.Fatal(err)
	}
	var s State
	found, err := anna.Sign(Statement{Type: Found, Library: lib})
	must(t, &s, found, err)
	rec, err := anna.RecoveryKey(lib)
	must(t, &s, rec, err)
	there, err := Import(t.Context(), locked, "move", options(t, ""))
	if err != nil {
		t.Fatal(err)
	}
	lost := there.Person
	oo := options(t, "Anna")
	fresh, err := Create(t.Context(), oo)
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := fresh.Replace(lib, lost)
	refused(t, &s, stranger, err)
	fresh.secrets.Recovery = there.secrets.Recovery
	swap, err := fresh.Replace(lib, lost)
	must(t, &s, swap, err)
	if !slices.Contains(s.Roles(fresh.Person), Owner) {
		t.Error("the rights did not go with the person")
	}
}

// No row of statements that an owner has no part in gives anybody a right.
func TestStrangersGainNothing(t *testing.T) {
	owner, _ := create(t, "Owner")
	var strangers []*Identity
	for i := range 3 {
		one, _ := create(t, fmt.Sprint("stranger ", i))
		strangers = append(strangers, one)
	}
	found, err := owner.Sign(Statement{Type: Found, Library: lib})
	if err != nil {
		t.Fatal(err)
	}
	v := blob.Of(nil)
	rapid.Check(t, func(r *rapid.T) {
		var s State
		if err := s.Apply(found); err != nil {
			r.Fatal(err)
		}
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			by, about := rapid.SampledFrom(strangers).Draw(r, "by"), rapid.SampledFrom(append(strangers, owner)).Draw(r, "about")
			st := Statement{Library: lib, Person: about.Person, Type: rapid.SampledFrom([]Type{Found, Authorise, Revoke, Recovery, Rotate, Lost, Grant, Withdraw, Settings, Approve}).Draw(r, "type")}
			switch st.Type {
			case Authorise:
				keys := by.Keys()
				st.Device = &keys
			case Revoke, Recovery, Rotate, Lost:
				st.Key = rapid.SampledFrom(strangers).Draw(r, "key").Person
			case Grant, Withdraw:
				st.Role = Owner
			case Approve:
				st.Pattern, st.Version, st.Milestone = "p", &v, Draft
			default:
			}
			st, err := by.Sign(st)
			if err != nil {
				r.Fatal(err)
			}
			if other := rapid.SampledFrom(strangers).Draw(r, "other"); other != by {
				if st, err = st.With(ed25519.NewKeyFromSeed(other.secrets.Person)); err != nil {
					r.Fatal(err)
				}
			}
			if err := st.check(); err != nil {
				continue
			}
			_ = s.Apply(st)
		}
		for _, one := range strangers {
			if got := s.Roles(one.Person); len(got) > 0 {
				r.Fatalf("%s became %v", one.Name, got)
			}
		}
		if !slices.Contains(s.Roles(owner.Person), Owner) || len(s.Milestones("p")) > 0 || s.FourEyes() {
			r.Fatal("strangers changed the library")
		}
	})
}

func TestAStatementThatWasChangedIsNone(t *testing.T) {
	anna, _ := create(t, "Anna")
	st, err := anna.Sign(Statement{Type: Found, Library: lib})
	if err != nil {
		t.Fatal(err)
	}
	text, err := st.Text()
	if err != nil {
		t.Fatal(err)
	}
	var none *StatementError
	for _, changed := range []string{
		strings.Replace(string(text), lib, "b"+lib[1:], 1), strings.Replace(string(text), "found", "settings", 1), string(text) + " ", "{}", "",
		strings.Replace(string(text), `"v":1`, `"v":2`, 1), strings.Replace(string(text), `"type"`, `"Type"`, 1),
	} {
		if _, err := Parse([]byte(changed)); !errors.As(err, &none) {
			t.Errorf("%s is believed: %v", changed, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	anna, _ := create(f, "Anna")
	st, err := anna.Authorisation(lib)
	if err != nil {
		f.Fatal(err)
	}
	text, err := st.Text()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		st, err := Parse(text)
		if err != nil {
			return
		}
		if again, err := st.Text(); err != nil || !bytes.Equal(again, text) {
			t.Fatalf("%q comes back as %q, %v", text, again, err)
		}
		var s State
		_ = s.Apply(st)
	})
}

// The system's key store, as a desktop has it: a Secret Service of its own for the test.
func TestTheSystemsKeyStore(t *testing.T) {
	if os.Getenv("SELVAGE_TEST_SECRET_SERVICE") != "" {
		o := Options{Dir: filepath.Join(t.TempDir(), "identity"), Name: "Anna"}
		i, err := Create(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if i.Where != whereSystem {
			t.Fatal("the key store was not taken")
		}
		again, err := Open(t.Context(), o)
		if err != nil || again.Person != i.Person {
			t.Fatalf("%v", err)
		}
		if _, err := os.Stat(filepath.Join(o.Dir, secretFile)); err == nil {
			t.Error("the keys lie in a file as well")
		}
		return
	}
	for _, name := range []string{"dbus-run-session", "gnome-keyring-daemon"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed (make setup-test installs it)", name)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	script := `printf test | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec "$0" -test.run '^TestTheSystemsKeyStore$' -test.v`
	c := exec.CommandContext(t.Context(), "dbus-run-session", "--", "sh", "-c", script, self)
	c.Env = append(os.Environ(), "SELVAGE_TEST_SECRET_SERVICE=1", "XDG_DATA_HOME="+t.TempDir(), "XDG_RUNTIME_DIR="+t.TempDir(), "HOME="+t.TempDir())
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
