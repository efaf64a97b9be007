package identity

import (
	"fmt"
	"slices"

	"github.com/selvage-studio/selvage/ledger/blob"
)

// State is who may do what in a library, as its statements make it. The zero value
// is a library that nobody founded. It is not safe for concurrent use.
type State struct {
	library  string
	people   map[string]*person // by every key that they had
	devices  map[string]*device // by the key of heads
	fourEyes bool
	reviews  []review
	reached  []Reached
}

type person struct {
	key      string   // the one that signs now
	keys     []string // all that did
	recovery string
	roles    map[Role]bool
}

type device struct {
	of      *person
	keys    Keys
	revoked bool
	trusted map[blob.Hash]int64
}

type review struct {
	pattern string
	version blob.Hash
	by      *person
}

// Reached is a milestone that was reached, and by whose word.
type Reached struct {
	Statement Statement
	Person    string // the key that they have now
}

// RuleError reports a statement that whoever signed it may not make, or a device that
// may not speak.
type RuleError struct{ Reason string }

func (e *RuleError) Error() string { return "identity: " + e.Reason }

func rule(format string, a ...any) error { return &RuleError{fmt.Sprintf(format, a...)} }

// Apply takes a statement that Parse returned into account. The error is a *RuleError;
// after it nothing has changed.
func (s *State) Apply(st Statement) error {
	if s.people == nil {
		s.people, s.devices = map[string]*person{}, map[string]*device{}
	}
	if s.library != "" && st.Library != s.library {
		return rule("a statement for the library %s says nothing in %s", st.Library, s.library)
	}
	switch st.Type {
	case Found:
		return s.found(st)
	case Authorise:
		return s.authorise(st)
	case Revoke:
		return s.revoke(st)
	case Recovery:
		return s.recovery(st)
	case Rotate:
		return s.rotate(st)
	case Lost:
		return s.lost(st)
	case Grant, Withdraw:
		return s.role(st)
	case Settings:
		if err := s.owner(st); err != nil {
			return err
		}
		if !st.by(s.now(st.Person)) {
			return rule("the rules of the library are set by the one whom the statement names")
		}
		s.fourEyes = st.FourEyes
		return nil
	case Approve:
		return s.milestone(st)
	}
	return rule("%q is no type", st.Type)
}

// now is the key that a person has now, "" for somebody unknown.
func (s *State) now(did string) string {
	if p := s.people[did]; p != nil {
		return p.key
	}
	return ""
}

// own is the person whom the statement is about and who signed it.
func (s *State) own(st Statement) (*person, error) {
	p := s.people[st.Person]
	if p == nil {
		// Whoever is new speaks for themselves, and has no rights yet.
		p = &person{key: st.Person, keys: []string{st.Person}, roles: map[Role]bool{}}
	}
	if !st.by(p.key) {
		return nil, rule("a statement of the type %q about %s is not signed with their key", st.Type, st.Person)
	}
	return p, nil
}

// owner says whether an owner signed the statement.
func (s *State) owner(st Statement) error {
	for _, proof := range st.Proofs {
		if p := s.people[proof.Key]; p != nil && p.key == proof.Key && p.roles[Owner] {
			return nil
		}
	}
	return rule("a statement of the type %q has to be signed by an owner of the library", st.Type)
}

func (s *State) know(p *person) { s.people[p.key] = p }

func (s *State) found(st Statement) error {
	if s.library != "" {
		return rule("the library has an owner already")
	}
	p, err := s.own(st)
	if err != nil {
		return err
	}
	s.library = st.Library
	p.roles[Owner] = true
	s.know(p)
	return nil
}

func (s *State) authorise(st Statement) error {
	p, err := s.own(st)
	if err != nil {
		return err
	}
	if _, known := s.devices[st.Device.Heads]; known {
		return rule("the device %s was authorised before; one that comes again has new keys", st.Device.Heads)
	}
	if s.people[st.Device.Heads] != nil {
		return rule("the key of a person is not that of a device")
	}
	s.know(p)
	s.devices[st.Device.Heads] = &device{of: p, keys: *st.Device}
	return nil
}

func (s *State) revoke(st Statement) error {
	d := s.devices[st.Key]
	if d == nil {
		return rule("the device %s was never authorised", st.Key)
	}
	if d.of != s.people[st.Person] {
		return rule("the device %s is not one of %s", st.Key, st.Person)
	}
	if _, err := s.own(st); err != nil && s.owner(st) != nil {
		return err
	}
	if d.revoked {
		return rule("the device %s was revoked before", st.Key)
	}
	d.revoked, d.trusted = true, map[blob.Hash]int64{}
	for _, t := range st.Trusted {
		d.trusted[t.Log] = max(t.Size, d.trusted[t.Log])
	}
	return nil
}

func (s *State) recovery(st Statement) error {
	p, err := s.own(st)
	if err != nil {
		return err
	}
	if s.people[st.Key] != nil || s.devices[st.Key] != nil {
		return rule("a recovery key is nobody's key yet")
	}
	p.recovery = st.Key
	s.know(p)
	return nil
}

// replace puts a key in the place of a person's.
func (s *State) replace(p *person, key string) error {
	if s.people[key] != nil || s.devices[key] != nil {
		return rule("%s is somebody's key already", key)
	}
	p.key = key
	p.keys = append(p.keys, key)
	s.people[key] = p
	return nil
}

func (s *State) rotate(st Statement) error {
	p := s.people[st.Person]
	if p == nil || p.key != st.Person {
		return rule("%s is nobody's present key", st.Person)
	}
	if !st.by(p.key) || !st.by(st.Key) {
		return rule("a rotation is signed with the old key and the new one")
	}
	return s.replace(p, st.Key)
}

func (s *State) lost(st Statement) error {
	p := s.people[st.Person]
	if p == nil || p.key != st.Person {
		return rule("%s is nobody's present key", st.Person)
	}
	if !st.by(st.Key) {
		return rule("the key that takes the place of a lost one has to sign as well")
	}
	stands := p.recovery != "" && st.by(p.recovery)
	for _, proof := range st.Proofs {
		o := s.people[proof.Key]
		stands = stands || o != nil && o != p && o.key == proof.Key && o.roles[Owner]
	}
	if !stands {
		return rule("a lost key is replaced by the recovery key, or by an owner who is somebody else")
	}
	return s.replace(p, st.Key)
}

func (s *State) role(st Statement) error {
	if err := s.owner(st); err != nil {
		return err
	}
	p := s.people[st.Person]
	if p == nil {
		p = &person{key: st.Person, keys: []string{st.Person}, roles: map[Role]bool{}}
	}
	if st.Type == Withdraw {
		if !p.roles[st.Role] {
			return rule("%s does not have the role %s", st.Person, st.Role)
		}
		if st.Role == Owner && s.count(Owner) == 1 {
			return rule("the last owner of a library stays one")
		}
		delete(p.roles, st.Role)
		return nil
	}
	s.know(p)
	p.roles[st.Role] = true
	return nil
}

func (s *State) count(r Role) (n int) {
	var seen []*person
	for _, p := range s.people {
		if p.roles[r] && !slices.Contains(seen, p) {
			seen = append(seen, p)
		}
	}
	return len(seen)
}

// may lists the roles of which one is needed for a milestone.
func may(m Milestone) []Role {
	if m == Approved {
		return []Role{Owner, ArtDirector}
	}
	return []Role{Owner, ArtDirector, Designer}
}

func (s *State) milestone(st Statement) error {
	p, err := s.own(st)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(may(st.Milestone), func(r Role) bool { return p.roles[r] }) {
		return rule("%s has no role that may say %q; an owner grants one", st.Person, st.Milestone)
	}
	if st.Milestone == Approved && s.fourEyes && !slices.ContainsFunc(s.reviews, func(r review) bool {
		return r.pattern == st.Pattern && r.version == *st.Version && r.by != p
	}) {
		return rule("this library asks for four eyes: somebody else has to say %q of this version before it is approved", Review)
	}
	if st.Milestone == Review {
		s.reviews = append(s.reviews, review{st.Pattern, *st.Version, p})
	}
	s.reached = append(s.reached, Reached{st, p.key})
	return nil
}

// Device says whether a head of size entries of a log is believed: nil, or a *RuleError.
func (s *State) Device(author, key string, log blob.Hash, size int64) error {
	d := s.devices[key]
	switch {
	case d == nil:
		return rule("the device %s was not authorised by anybody", key)
	case d.of != s.people[author]:
		return rule("the device %s was authorised by %s, not by the author of the log", key, d.of.key)
	case d.revoked && size > d.trusted[log]:
		return rule("the device %s was revoked, and its log is believed up to %d entries", key, d.trusted[log])
	}
	return nil
}

// Roles lists what a person is in the library, sorted.
func (s *State) Roles(did string) []Role {
	var all []Role
	if p := s.people[did]; p != nil {
		for r := range p.roles {
			all = append(all, r)
		}
	}
	slices.Sort(all)
	return all
}

// Same reports whether two keys are, or were, one person's.
func (s *State) Same(a, b string) bool {
	return a == b || s.people[a] != nil && s.people[a] == s.people[b]
}

// People lists the keys that people have now, sorted.
func (s *State) People() []string {
	var all []string
	for did, p := range s.people {
		if did == p.key {
			all = append(all, did)
		}
	}
	slices.Sort(all)
	return all
}

// Devices lists the devices that speak for a person.
func (s *State) Devices(did string) []Keys {
	var all []Keys
	for _, d := range s.devices {
		if !d.revoked && d.of == s.people[did] {
			all = append(all, d.keys)
		}
	}
	slices.SortFunc(all, func(a, b Keys) int {
		if a.Heads < b.Heads {
			return -1
		}
		return 1
	})
	return all
}

// FourEyes reports whether approval needs a second person.
func (s *State) FourEyes() bool { return s.fourEyes }

// Founded reports whether the library has an owner.
func (s *State) Founded() bool { return s.library != "" }

// Milestones lists what was reached of a pattern, in order.
func (s *State) Milestones(pattern string) []Reached {
	var all []Reached
	for _, r := range s.reached {
		if r.Statement.Pattern == pattern {
			all = append(all, r)
		}
	}
	return all
}
