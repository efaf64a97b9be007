// Package identity knows people, their devices and their keys: who somebody is, and
// what may be believed of what they signed.
//
//	me, err := identity.Open(ctx, identity.Options{Dir: dir, Passphrase: ask})
//	signer, err := me.HeadSigner(tree.Origin(log))     // signs the heads of a log
//	said, err := me.Sign(identity.Statement{Type: identity.Found, Library: id})
//
//	var people identity.State                           // a fold over statements
//	err := people.Apply(said, identity.Position{Log: log, Index: 3})
//	err = people.Device(author, device, log, size)      // is a head of that size believed?
//
// A person is an Ed25519 key, written as a did:key. It signs statements and nothing
// else: that a device speaks for the person, that another key takes its place, that a
// version of a pattern is approved. A device has a key for each purpose (heads of logs,
// credentials, C2PA, transport), so that one that leaks says nothing for the others.
//
// A Statement is signed JSON that holds outside of every log as well. State is what follows from
// a row of them; the rules are written down in RULES.md, and a statement that breaks one
// changes nothing and is a *RuleError.
//
// Secrets lie in the system's key store, or, where there is none, in a file that a
// passphrase locks (age). They never lie in a library. Export writes one locked file from
// which a person goes on elsewhere, with a new device.
package identity
