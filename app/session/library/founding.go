package library

import (
	"context"

	"github.com/selvage-studio/selvage/ledger/identity"
	"github.com/selvage-studio/selvage/ledger/record"
	"github.com/selvage-studio/selvage/ledger/verify"
)

// introduce records who writes, where the library does not know it yet: the founder of a new
// library, a person's new key, this device.
func (p *Pen) introduce(ctx context.Context, me *identity.Identity) error {
	people, err := verify.People(ctx, p.l.store.Archive())
	if err != nil {
		return err
	}
	var said []identity.Statement
	add := func(st identity.Statement, err error) error {
		if err == nil {
			err = people.Apply(st)
		}
		if err == nil {
			said = append(said, st)
		}
		return err
	}
	if !people.Founded() {
		if err := add(me.Sign(identity.Statement{Type: identity.Found, Library: p.l.id})); err != nil {
			return err
		}
		if err := add(me.RecoveryKey(p.l.id)); err != nil {
			return err
		}
	}
	for _, known := range people.People() {
		chain, err := me.Succession(p.l.id, known)
		if err != nil {
			return err
		}
		for _, st := range chain {
			if err := add(st, nil); err != nil {
				return err
			}
		}
	}
	if people.Device(me.DID(), me.Keys().Heads, p.log.ID(), 1) != nil {
		if err := add(me.Authorisation(p.l.id)); err != nil {
			return err
		}
	}
	if len(said) == 0 {
		return nil
	}
	name, err := record.SealText(me.PersonName())
	if err != nil {
		return err
	}
	var acts []record.Draft
	for _, st := range said {
		text, err := st.Text()
		if err != nil {
			return err
		}
		d := record.Draft{Subjects: []string{st.Person}, Body: &record.Actor{Name: name, Statement: text}}
		if st.Type == identity.Found {
			d.Body = &record.Library{Name: record.Sealed{}, Statement: text}
		}
		acts = append(acts, d)
	}
	_, err = p.Record(ctx, acts...)
	return err
}
