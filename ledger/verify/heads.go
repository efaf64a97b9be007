package verify

import (
	"context"
	"runtime"
	"sync"

	"golang.org/x/mod/sumdb/note"

	"github.com/selvage-studio/selvage/ledger/blob"
	"github.com/selvage-studio/selvage/ledger/identity"
	"github.com/selvage-studio/selvage/ledger/tree"
)

// opened is a head whose signatures were looked at.
type opened struct {
	seen []tree.Cosignature
	err  error // the log's device has not signed it
	// foreign is what is wrong with a cosignature; the head stands without it.
	foreign error
}

func (l *log) verifier() (note.Verifier, error) {
	key, err := identity.ParseDID(l.Device)
	if err != nil {
		return nil, err
	}
	return tree.LogKey(tree.Origin(l.ID), key)
}

// open looks at the signatures of all heads, on all cores: with one head for each entry
// they take longer than all else.
func (j *judge) open(ctx context.Context, heads []head, key note.Verifier) ([]opened, error) {
	all := make([]opened, len(heads))
	workers := runtime.GOMAXPROCS(0)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			for i := w; i < len(heads) && ctx.Err() == nil; i += workers {
				all[i] = j.openOne(heads[i].note, key)
			}
		})
	}
	wait.Wait()
	return all, ctx.Err()
}

func (j *judge) openOne(text []byte, key note.Verifier) (o opened) {
	if _, o.seen, o.err = tree.Open(text, key, j.o.Witnesses...); o.err == nil {
		return o
	}
	if _, _, alone := tree.Open(text, key); alone != nil {
		return o
	}
	o.foreign, o.err = o.err, nil
	// One witness's wrong line takes nothing from what the others say.
	for _, w := range j.o.Witnesses {
		if _, seen, err := tree.Open(text, key, w); err == nil {
			o.seen = append(o.seen, seen...)
		}
	}
	return o
}

// signatures compares the heads of a log with its entries and its device's key. Of what
// is wrong with many heads, the first one tells where it begins.
func (j *judge) signatures(ctx context.Context, l *log) error {
	if l.first == nil {
		return nil // what is wrong has been said
	}
	key, err := l.verifier()
	if err != nil {
		j.problem(LogMalformed, l.ID, 0, "its device: %v", err)
		return nil
	}
	all, err := j.open(ctx, l.heads, key)
	if err != nil {
		return err
	}
	var covered int64
	said := map[Code]bool{}
	once := func(c Code, format string, a ...any) {
		if !said[c] {
			said[c] = true
			j.problem(c, l.ID, -1, format, a...)
		}
	}
	for i, h := range l.heads {
		if all[i].err != nil {
			once(HeadSignature, "the head of %d entries: %v", h.Size, all[i].err)
			continue
		}
		if all[i].foreign != nil {
			once(CosignatureInvalid, "the head of %d entries: %v", h.Size, all[i].foreign)
		}
		if h.Size > l.Size {
			once(HeadBeyond, "a head of %d entries is signed, and %d are there", h.Size, l.Size)
			continue
		}
		if h.Root != l.marks[h.Size].root {
			once(HeadMismatch, "the entries up to %d are not those that were signed", h.Size)
			continue
		}
		covered = max(covered, h.Size)
		j.seen(l, h.Size, all[i].seen)
	}
	if covered < l.Size {
		j.problem(HeadMissing, l.ID, covered, "the last %d entries are covered by no signed head", l.Size-covered)
	}
	return nil
}

// seen takes the word of witnesses that a log had a size.
func (j *judge) seen(l *log, size int64, all []tree.Cosignature) {
	l.cosigned = l.cosigned || len(all) > 0
	for _, c := range all {
		s := Seen{By: c.Witness, Size: size, At: c.At}
		l.saw(s)
		j.clockAhead(l, s)
	}
}

// elsewhere compares the logs with heads that were kept outside of the library.
func (j *judge) elsewhere() {
	for _, text := range j.o.Heads {
		h, err := tree.Read(text)
		if err != nil {
			j.problem(HeadMalformed, blob.Hash{}, -1, "a head that was handed in: %v", err)
			continue
		}
		id, err := tree.LogOf(h.Origin)
		if err != nil {
			j.problem(HeadMalformed, blob.Hash{}, -1, "a head that was handed in: %v", err)
			continue
		}
		l := j.logs[id]
		if l == nil || l.first == nil {
			j.problem(LogMissing, id, -1, "a head of %d entries was kept elsewhere, and the log is not there", h.Size)
			continue
		}
		key, err := l.verifier()
		if err != nil {
			continue // what is wrong has been said
		}
		one := j.openOne(text, key)
		if one.err != nil {
			j.problem(HeadSignature, id, -1, "a head that was handed in: %v", one.err)
			continue
		}
		if one.foreign != nil {
			j.problem(CosignatureInvalid, id, -1, "a head that was handed in: %v", one.foreign)
		}
		if j.o.Cosigned && len(one.seen) == 0 {
			j.problem(CosignatureMissing, id, -1, "a head that was handed in, of %d entries, is cosigned by none of the witnesses", h.Size)
		}
		switch {
		case h.Size > l.Size:
			j.problem(RolledBack, id, -1, "the log had %d entries when a head that was kept elsewhere was signed, and has %d", h.Size, l.Size)
		case h.Root != l.marks[h.Size].root:
			j.problem(Forked, id, -1, "its device signed two histories: the one that is here, and another of which a head of %d entries was kept elsewhere", h.Size)
		default:
			j.seen(l, h.Size, one.seen)
		}
	}
}

// cosigned looks for the logs that no witness has seen, where that is asked for.
func (j *judge) cosigned() {
	if !j.o.Cosigned {
		return
	}
	for _, l := range j.inOrder() {
		if l.first != nil && !l.cosigned {
			j.problem(CosignatureMissing, l.ID, -1, "none of the witnesses has cosigned a head of it that holds")
		}
	}
}
