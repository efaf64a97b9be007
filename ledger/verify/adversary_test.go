package verify_test

import (
	"bytes"
	"crypto/x509"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/selvage-studio/selvage/ledger/archive"
	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/identity"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/store"
	"github.com/selvage-studio/selvage/ledger/verify"
)

// scene is a library before an attack.
type scene struct {
	*studio
	anna *identity.Identity
	log  blob.Hash
}

// attack is what somebody does who knows the format, holds the files and, where it says
// so, the keys. alone is what the library itself then shows; with is what it shows to
// somebody who kept its latest head elsewhere before.
type attack struct {
	name        string
	do          func(s scene)
	alone, with []string
	remarks     []string
}

func list(codes ...verify.Code) []string {
	all := []string{}
	for _, c := range codes {
		all = append(all, string(c))
	}
	slices.Sort(all)
	return all
}

// attacks are those of FORMAT.md, section 9. Two lists that are equal say that a head from
// elsewhere adds nothing.
func attacks() []attack {
	return slices.Concat(attacksOnEntries(), attacksOnHeads(), attacksOnLogs(), attacksOnPeople(), attacksBeside())
}

func attacksOnEntries() []attack {
	return []attack{
		{name: "nothing", do: func(scene) {}, alone: list(), with: list()},
		{name: "edit an entry", do: func(s scene) {
			texts := s.texts(s.log)
			texts[6] = bytes.Replace(texts[6], []byte("paint.brush"), []byte("paint.erase"), 1)
			s.lay(s.log, texts)
		}, alone: list(verify.HeadMismatch, verify.HeadMissing), with: list(verify.HeadMismatch, verify.HeadMissing, verify.Forked)},
		{name: "edit the first entry", do: func(s scene) {
			texts := s.texts(s.log)
			texts[0] = bytes.Replace(texts[0], []byte(`"epoch":1`), []byte(`"epoch":2`), 1)
			s.lay(s.log, texts)
		}, alone: list(verify.LogMalformed), with: list(verify.LogMalformed)},
		{name: "make an entry unreadable", do: func(s scene) {
			texts := s.texts(s.log)
			texts[6] = append(texts[6], ' ')
			s.lay(s.log, texts)
		}, alone: list(verify.EntryMalformed, verify.HeadMismatch, verify.HeadMissing), with: list(verify.EntryMalformed, verify.HeadMismatch, verify.HeadMissing, verify.Forked)},
		{name: "delete an entry", do: func(s scene) {
			s.exec(`DELETE FROM entries WHERE place = ?`, archive.Place(s.number(s.log), 6))
		}, alone: list(verify.EntryMissing, verify.HeadBeyond), with: list(verify.EntryMissing, verify.HeadBeyond, verify.RolledBack)},
		{name: "delete an entry and close the gap", do: func(s scene) {
			s.lay(s.log, slices.Delete(s.texts(s.log), 6, 7))
		}, alone: list(verify.HeadBeyond, verify.HeadMismatch, verify.HeadMissing), with: list(verify.HeadBeyond, verify.HeadMismatch, verify.HeadMissing, verify.RolledBack)},
		{name: "delete the last entry", do: func(s scene) {
			texts := s.texts(s.log)
			s.lay(s.log, texts[:len(texts)-1])
		}, alone: list(verify.HeadBeyond), with: list(verify.HeadBeyond, verify.RolledBack)},
		{name: "reorder entries", do: func(s scene) {
			texts := s.texts(s.log)
			texts[6], texts[7] = texts[7], texts[6]
			s.lay(s.log, texts)
		}, alone: list(verify.HeadMismatch, verify.HeadMissing), with: list(verify.HeadMismatch, verify.HeadMissing, verify.Forked)},
		{name: "insert an entry", do: func(s scene) {
			s.lay(s.log, slices.Insert(s.texts(s.log), 6, s.line(s.log, edit("roses", 77))))
		}, alone: list(verify.HeadMismatch, verify.HeadMissing), with: list(verify.HeadMismatch, verify.HeadMissing, verify.Forked)},
		{name: "append an entry without a head", do: func(s scene) {
			s.lay(s.log, append(s.texts(s.log), s.line(s.log, edit("roses", 77))))
		}, alone: list(verify.HeadMissing), with: list(verify.HeadMissing)},
		{name: "put an entry far behind the others", do: func(s scene) {
			s.exec(`INSERT INTO entries(place, text) VALUES (?, ?)`, archive.Place(s.number(s.log), archive.MaxSize), s.line(s.log, edit("roses", 77)))
		}, alone: list(verify.EntryMissing), with: list(verify.EntryMissing)},
		{name: "replay an entry of another library, signed again", do: func(s scene) {
			_, _, log := otherLibrary(s)
			s.resign(s.log, append(s.texts(s.log), log[6]), s.anna.HeadSigner)
		}, alone: list(verify.EntryForeign), with: list(verify.EntryForeign)},
	}
}

func otherLibrary(s scene) (*studio, blob.Hash, [][]byte) {
	o, _, log := found(s.t, otherID)
	return o, log, o.texts(log)
}

// otherwise is another history under the same first entries.
func otherwise(s scene, from, n int) [][]byte {
	texts := s.texts(s.log)[:from]
	for i := range n {
		texts = append(texts, s.line(s.log, edit("tulips", i)))
	}
	return texts
}

func attacksOnHeads() []attack {
	return []attack{
		{name: "edit an entry and sign with a stranger's key", do: func(s scene) {
			s.resign(s.log, otherwise(s, 6, 5), person(s.t, "Mallory").HeadSigner)
		}, alone: list(verify.HeadSignature, verify.HeadMissing), with: list(verify.HeadSignature, verify.HeadMissing, verify.RolledBack)},
		{name: "remove all heads", do: func(s scene) {
			s.exec(`DELETE FROM heads`)
		}, alone: list(verify.HeadMissing), with: list(verify.HeadMissing)},
		{name: "write nonsense for a head", do: func(s scene) {
			s.exec(`UPDATE heads SET note = 'nonsense' WHERE place = (SELECT max(place) FROM heads)`)
		}, alone: list(verify.HeadMalformed, verify.HeadMissing), with: list(verify.HeadMalformed, verify.HeadMissing)},
		{name: "put a head in another one's place", do: func(s scene) {
			s.exec(`UPDATE heads SET place = place + 1 WHERE place = (SELECT max(place) FROM heads)`)
		}, alone: list(verify.HeadMalformed, verify.HeadMissing), with: list(verify.HeadMalformed, verify.HeadMissing)},
		{name: "sign the whole log anew with the owner's key", do: func(s scene) {
			s.resign(s.log, otherwise(s, 4, 20), s.anna.HeadSigner)
		}, alone: list(), with: list(verify.Forked)},
		{name: "truncate to an earlier head", do: func(s scene) {
			n := s.number(s.log)
			s.exec(`DELETE FROM entries WHERE place >= ?`, archive.Place(n, 6))
			s.exec(`DELETE FROM heads WHERE place > ?`, archive.Place(n, 6))
		}, alone: list(), with: list(verify.RolledBack)},
		{name: "truncate and append something else", do: func(s scene) {
			s.exec(`DELETE FROM entries WHERE place >= ?`, archive.Place(s.number(s.log), 6))
			s.exec(`DELETE FROM heads WHERE place > ?`, archive.Place(s.number(s.log), 6))
			s.write(s.anna, "", []record.Draft{edit("tulips", 1), edit("tulips", 2), edit("tulips", 3), edit("tulips", 4), edit("tulips", 5), edit("tulips", 6), edit("tulips", 7)})
		}, alone: list(), with: list(verify.Forked)},
		{name: "fork, and keep heads of both histories", do: func(s scene) {
			fork := otherwise(s, 6, 3)
			s.exec(`INSERT INTO heads(place, note) VALUES (?, ?)`, archive.Place(s.number(s.log), int64(len(fork))), s.head(s.log, fork, s.anna.HeadSigner))
		}, alone: list(verify.HeadMismatch), with: list(verify.HeadMismatch)},
	}
}

func attacksOnLogs() []attack {
	return []attack{
		{name: "write the whole library anew, as another log", do: func(s scene) {
			s.check(os.Remove(filepath.Join(s.dir, archive.FileName)))
			s.write(s.anna, "", append([][]record.Draft{s.founding(s.anna)}, s.work("tulips")...)...)
		}, alone: list(), with: list(verify.LogMissing)},
		{name: "replay a log of another library", do: func(s scene) {
			o, log, _ := otherLibrary(s)
			s.take(o, log)
		}, alone: list(verify.LogForeign), with: list(verify.LogForeign)},
		{name: "let a log stand under another id", do: func(s scene) {
			s.exec(`UPDATE logs SET id = ?`, make([]byte, 32))
		}, alone: list(verify.LogMalformed), with: list(verify.LogMalformed)},
		{name: "roll back to a back-up and go on as if nothing had been", do: func(s scene) {
			s.exec(`DELETE FROM entries WHERE place >= ?`, archive.Place(s.number(s.log), 11))
			s.exec(`DELETE FROM heads WHERE place > ?`, archive.Place(s.number(s.log), 11))
			s.write(s.anna, "", []record.Draft{edit("roses", 9)}, []record.Draft{edit("roses", 10)}, []record.Draft{edit("roses", 11)})
		}, alone: list(), with: list(verify.Forked)},
		{name: "restore a back-up in two places, and bring both together", do: func(s scene) {
			a, b := s.copy(), s.copy()
			a.write(s.anna, "restored", []record.Draft{edit("roses", 9)})
			log := b.write(s.anna, "restored", []record.Draft{edit("roses", 9)})
			a.take(b, log)
			s.check(os.RemoveAll(s.dir))
			s.check(os.CopyFS(s.dir, os.DirFS(a.dir)))
		}, alone: list(verify.LogRepeated), with: list(verify.LogRepeated)},
		{name: "go on in a new epoch from a head that never was", do: func(s scene) {
			fork := otherwise(s, 6, 3)
			s.goOnFrom(record.HeadRef{Log: s.log, Size: int64(len(fork)), Root: blob.Of([]byte("another"))}, s.anna)
		}, alone: list(verify.LogPrevious), with: list(verify.LogPrevious)},
		{name: "roll back what a later epoch goes on from", do: func(s scene) {
			s.write(s.anna, "a new epoch", []record.Draft{edit("roses", 9)})
			s.exec(`DELETE FROM entries WHERE place >= ? AND place >> 40 = ?`, archive.Place(s.number(s.log), 11), s.number(s.log))
			s.exec(`DELETE FROM heads WHERE place > ? AND place >> 40 = ?`, archive.Place(s.number(s.log), 11), s.number(s.log))
		}, alone: list(verify.RolledBack), with: list(verify.RolledBack)},
	}
}

// goOnFrom begins a log of a second epoch that names a head.
func (s *studio) goOnFrom(previous record.HeadRef, me *identity.Identity) {
	s.t.Helper()
	first := record.Log{Author: me.DID(), Device: me.Keys().Heads, Epoch: 2, Library: s.id, Nonce: make([]byte, 32), Previous: &previous, Reason: "a lie"}
	text := s.line(blob.Hash{}, record.Draft{Body: &first})
	id := record.Hash(text)
	s.exec(`INSERT INTO logs(id) VALUES (?)`, id[:])
	s.resign(id, [][]byte{text}, me.HeadSigner)
}

// take copies a log of another library as it is.
func (s *studio) take(from *studio, log blob.Hash) {
	s.t.Helper()
	s.exec(`INSERT INTO logs(id) VALUES (?)`, log[:])
	s.lay(log, from.texts(log))
	h := from.latest(log)
	s.exec(`INSERT INTO heads(place, note) VALUES (?, ?)`, archive.Place(s.number(log), int64(len(from.texts(log)))), h)
}

func attacksOnPeople() []attack {
	return []attack{
		{name: "write as a device that nobody authorised", do: func(s scene) {
			s.write(person(s.t, "Mallory"), "", []record.Draft{edit("roses", 9)})
		}, alone: list(verify.DeviceUnauthorised), with: list(verify.DeviceUnauthorised)},
		{name: "make oneself an owner, with a device's key alone", do: func(s scene) {
			mallory := person(s.t, "Mallory")
			s.write(s.anna, "", []record.Draft{s.say(mallory.Sign(identity.Statement{Type: identity.Grant, Role: identity.Owner, Library: s.id, Person: mallory.DID()}))})
		}, alone: list(verify.StatementInvalid), with: list(verify.StatementInvalid)},
		{name: "forge the signature of a statement", do: func(s scene) {
			st, err := s.anna.Sign(identity.Statement{Type: identity.Grant, Role: identity.Owner, Library: s.id, Person: person(s.t, "Mallory").DID()})
			s.check(err)
			st.Proofs[0].Signature[5] ^= 1
			s.write(s.anna, "", []record.Draft{s.say(st, nil)})
		}, alone: list(verify.StatementInvalid), with: list(verify.StatementInvalid)},
		{name: "claim the library with a clock that is put back", do: func(s scene) {
			s.at = s.at.AddDate(-1, 0, 0)
			mallory := person(s.t, "Mallory")
			s.write(mallory, "", s.founding(mallory))
		}, alone: list(verify.StatementInvalid), with: list(verify.StatementInvalid)},
		{name: "go on with a stolen device after it was revoked", do: func(s scene) {
			size := int64(len(s.texts(s.log)))
			st, err := s.anna.Sign(identity.Statement{Type: identity.Revoke, Library: s.id, Key: s.anna.Keys().Heads, Trusted: []identity.Trusted{{Log: s.log, Size: size + 1}}})
			s.write(s.anna, "", []record.Draft{s.say(st, err)}, []record.Draft{edit("stolen", 1)})
		}, alone: list(verify.DeviceUnauthorised), with: list(verify.DeviceUnauthorised)},
		{name: "begin a new log with a stolen device after it was revoked", do: func(s scene) {
			size := int64(len(s.texts(s.log)))
			st, err := s.anna.Sign(identity.Statement{Type: identity.Revoke, Library: s.id, Key: s.anna.Keys().Heads, Trusted: []identity.Trusted{{Log: s.log, Size: size + 1}}})
			s.write(s.anna, "", []record.Draft{s.say(st, err)})
			s.write(s.anna, "an epoch of the thief's", []record.Draft{edit("stolen", 1)})
		}, alone: list(verify.DeviceUnauthorised), with: list(verify.DeviceUnauthorised)},
		{name: "nothing, after a device was revoked", do: func(s scene) {
			size := int64(len(s.texts(s.log)))
			st, err := s.anna.Sign(identity.Statement{Type: identity.Revoke, Library: s.id, Key: s.anna.Keys().Heads, Trusted: []identity.Trusted{{Log: s.log, Size: size + 1}}})
			s.write(s.anna, "", []record.Draft{s.say(st, err)})
		}, alone: list(), with: list()},
		{name: "use a stolen device before it is revoked", do: func(s scene) {
			s.write(s.anna, "", []record.Draft{edit("stolen", 1)})
		}, alone: list(), with: list()},
	}
}

func attacksBeside() []attack {
	name := func(s scene, h blob.Hash) string { return s.blobs().Path(h) }
	return []attack{
		{name: "swap a content", do: func(s scene) {
			s.check(os.WriteFile(name(s, blob.Of([]byte("the state of roses"))), []byte("the state of tulip"), 0o600))
		}, alone: list(verify.BlobDamaged), with: list(verify.BlobDamaged)},
		{name: "remove a content", do: func(s scene) {
			s.check(os.Remove(name(s, blob.Of([]byte("a sketch for roses")))))
		}, alone: list(verify.BlobMissing), with: list(verify.BlobMissing)},
		{name: "swap two openings", do: func(s scene) {
			s.exec(`UPDATE openings SET (salt, value) = (SELECT salt, value FROM openings WHERE number = 5) WHERE number = 4`)
		}, alone: list(verify.OpeningMismatch), with: list(verify.OpeningMismatch)},
		{name: "erase an opening without a word", do: func(s scene) {
			s.exec(`UPDATE openings SET salt = zeroblob(32), value = zeroblob(length(value)) WHERE number = 4`)
		}, alone: list(), with: list()},
		{name: "withhold an opening", do: func(s scene) {
			s.exec(`DELETE FROM openings WHERE number = 4`)
		}, alone: list(), with: list()},
		{name: "forge an index", do: func(s scene) {
			s.exec(`INSERT INTO lookup(shard, keys) VALUES (1, x'0102')`)
			s.exec(`INSERT INTO tiles(log, level, number, root, hashes) VALUES (1, 0, 0, x'01', x'02')`)
		}, alone: list(), with: list()},
		{name: "put nonsense for a time stamp", do: func(s scene) {
			s.exec(`INSERT INTO stamps(place, authority, token) SELECT max(place), 'tsa', x'3000' FROM heads`)
		}, alone: list(verify.StampInvalid), with: list(verify.StampInvalid)},
		{name: "put a time stamp over a head that is not there", do: func(s scene) {
			s.exec(`INSERT INTO stamps(place, authority, token) SELECT max(place) + 1, 'tsa', x'3000' FROM heads`)
		}, alone: list(verify.StampInvalid), with: list(verify.StampInvalid)},
		{name: "go on with a clock that is put back", do: func(s scene) {
			s.at = s.at.AddDate(-1, 0, 0)
			s.write(s.anna, "", []record.Draft{edit("roses", 9)})
		}, alone: list(), with: list(), remarks: list(verify.ClockBack)},
	}
}

func TestEveryAttackIsFoundWhereItCanBe(t *testing.T) {
	for _, a := range attacks() {
		t.Run(strings.ReplaceAll(a.name, " ", "-"), func(t *testing.T) {
			s, anna, log := found(t, libraryID)
			kept := s.latest(log)
			a.do(scene{s, anna, log})
			// Nobody's word is believed about times, but what is no time stamp is found out.
			nobody := x509.NewCertPool()
			v := s.verdict(verify.Options{Authorities: nobody})
			if got := codes(v.Problems); !slices.Equal(got, a.alone) {
				t.Errorf("alone: %q instead of %q\n%v", got, a.alone, v.Problems)
			}
			if got := codes(v.Remarks); !slices.Equal(got, a.remarks) && len(got)+len(a.remarks) > 0 {
				t.Errorf("remarks: %q instead of %q", got, a.remarks)
			}
			v = s.verdict(verify.Options{Authorities: nobody, Heads: [][]byte{kept}})
			if got := codes(v.Problems); !slices.Equal(got, a.with) {
				t.Errorf("with a head: %q instead of %q\n%v", got, a.with, v.Problems)
			}
		})
	}
}

func TestAWitnessIsBelievedForWhatItSigned(t *testing.T) {
	s, anna, log := found(t, libraryID)
	at := s.at.Add(time.Hour)
	tower, stranger := newWitness(t, "tower.example", at), newWitness(t, "stranger.example", at)
	cosigned := s.cosign(log, tower)
	s.cosign(log, stranger)
	known := verify.Options{}
	known.Witnesses = append(known.Witnesses, tower.Witness)
	v := s.verdict(known)
	if !v.Intact() || len(v.Logs[0].Seen) != 1 || v.Logs[0].Seen[0].By != "tower.example" || !v.Logs[0].Seen[0].At.Equal(at.Truncate(time.Second)) {
		t.Fatalf("%v %+v", v.Problems, v.Logs[0].Seen)
	}
	t.Run("a forged cosignature", func(t *testing.T) {
		c := s.copy()
		forged := newWitness(t, "tower.example", at).line(t, c.latest(log))
		// It claims the id of the witness's key.
		genuine := tower.line(t, c.latest(log))
		name, _, _ := strings.Cut(genuine[len("— "):], " ")
		line := "— " + name + " " + withID(t, forged, genuine)
		c.exec(`DELETE FROM cosignatures`)
		c.exec(`INSERT INTO cosignatures(place, line) SELECT max(place), ? FROM heads`, line)
		v := c.verdict(known)
		if got := codes(v.Problems); !slices.Equal(got, list(verify.CosignatureInvalid)) || len(v.Logs[0].Seen) != 0 {
			t.Errorf("%q %+v", got, v.Logs[0].Seen)
		}
		if v := c.verdict(verify.Options{}); !v.Intact() {
			t.Errorf("who knows no witness sees %v", v.Problems)
		}
	})
	t.Run("a cosignature that was removed", func(t *testing.T) {
		c := s.copy()
		c.exec(`DELETE FROM cosignatures`)
		if v := c.verdict(known); !v.Intact() || len(v.Logs[0].Seen) != 0 {
			t.Errorf("%v %+v", v.Problems, v.Logs[0].Seen)
		}
		o := known
		o.Heads = [][]byte{cosigned}
		if v := c.verdict(o); !v.Intact() || len(v.Logs[0].Seen) != 1 {
			t.Errorf("with the witness's own copy: %v %+v", v.Problems, v.Logs[0].Seen)
		}
	})
	t.Run("a head from elsewhere with a forged cosignature", func(t *testing.T) {
		forged := bytes.Replace(cosigned, []byte(tower.line(t, s.latest(log))), []byte("— tower.example "+withID(t, newWitness(t, "tower.example", at).line(t, s.latest(log)), tower.line(t, s.latest(log)))), 1)
		o := known
		o.Heads = [][]byte{forged}
		if got := codes(s.verdict(o).Problems); !slices.Equal(got, list(verify.CosignatureInvalid)) {
			t.Errorf("%q", got)
		}
	})
	t.Run("a clock that runs ahead", func(t *testing.T) {
		c := s.copy()
		c.at = c.at.AddDate(1, 0, 0)
		c.write(anna, "", []record.Draft{edit("roses", 9)})
		c.cosign(log, tower)
		v := c.verdict(known)
		if got := codes(v.Remarks); !v.Intact() || !slices.Equal(got, list(verify.ClockAhead)) {
			t.Errorf("%v %v", v.Problems, got)
		}
	})
	t.Run("rewritten since", func(t *testing.T) {
		c := s.copy()
		c.resign(log, otherwise(scene{c, anna, log}, 4, 20), anna.HeadSigner)
		o := known
		o.Heads = [][]byte{cosigned}
		if got := codes(c.verdict(o).Problems); !slices.Equal(got, list(verify.Forked)) {
			t.Errorf("%q", got)
		}
	})
}

// TestARestoredBackupGoesOnInANewEpoch is what is done in place of a silent roll-back.
func TestARestoredBackupGoesOnInANewEpoch(t *testing.T) {
	s, anna, log := found(t, libraryID)
	file := filepath.Join(t.TempDir(), "backup.db")
	s.with(func(st *store.Store) { s.check(st.Backup(t.Context(), file, nil)) })
	s.write(anna, "", []record.Draft{edit("roses", 9)})
	later := s.latest(log)
	s.check(os.Remove(filepath.Join(s.dir, archive.FileName)))
	s.check(store.Restore(t.Context(), file, s.dir))
	next := s.write(anna, "", []record.Draft{edit("roses", 10)})
	v := s.verdict(verify.Options{})
	if !v.Intact() || len(v.Logs) != 2 || next == log {
		t.Fatalf("%v", v.Problems)
	}
	// What was lost is not hidden from who saw it.
	if got := codes(s.verdict(verify.Options{Heads: [][]byte{later}}).Problems); !slices.Equal(got, list(verify.RolledBack)) {
		t.Errorf("%q", got)
	}
}
