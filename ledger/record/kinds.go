package record

// Kind says what an entry records.
type Kind string

// The kinds that this program knows.
const (
	KindLog        Kind = "log"
	KindLibrary    Kind = "library"
	KindActor      Kind = "actor"
	KindModel      Kind = "model"
	KindPrompt     Kind = "prompt"
	KindRequested  Kind = "generation.requested"
	KindFinished   Kind = "generation.finished"
	KindAccepted   Kind = "candidate.accepted"
	KindRejected   Kind = "candidate.rejected"
	KindEdit       Kind = "edit"
	KindRevert     Kind = "revert"
	KindSaved      Kind = "saved"
	KindMilestone  Kind = "milestone"
	KindReview     Kind = "review"
	KindImport     Kind = "import"
	KindDisclosure Kind = "disclosure"
	KindExport     Kind = "export"
	KindScan       Kind = "scan"
	KindVerdict    Kind = "verdict"
	KindGrant      Kind = "grant"
	KindNote       Kind = "note"
	KindErased     Kind = "erased"
)

// Body is what an entry of one kind says.
type Body interface{ Kind() Kind }

// valid holds the form of kinds, also of those that are not known: lower-case
// letters with points between, 32 at most.
func (k Kind) valid() bool {
	if k == "" || len(k) > 32 {
		return false
	}
	for i := range len(k) {
		if c := k[i]; (c < 'a' || c > 'z') && (c != '.' || i == 0 || i == len(k)-1) {
			return false
		}
	}
	return true
}

// Kinds lists what this program knows.
func Kinds() []Kind {
	return []Kind{
		KindLog, KindLibrary, KindActor, KindModel, KindPrompt, KindRequested, KindFinished, KindAccepted, KindRejected,
		KindEdit, KindRevert, KindSaved, KindMilestone, KindReview, KindImport, KindDisclosure, KindExport, KindScan,
		KindVerdict, KindGrant, KindNote, KindErased,
	}
}

// newBody is an empty body of a kind, nil for one that is not known.
func newBody(k Kind) Body {
	switch k {
	case KindLog:
		return &Log{}
	case KindLibrary:
		return &Library{}
	case KindActor:
		return &Actor{}
	case KindModel:
		return &Model{}
	case KindPrompt:
		return &Prompt{}
	case KindRequested:
		return &Requested{}
	case KindFinished:
		return &Finished{}
	case KindAccepted:
		return &Accepted{}
	case KindRejected:
		return &Rejected{}
	case KindEdit:
		return &Edit{}
	case KindRevert:
		return &Revert{}
	case KindSaved:
		return &Saved{}
	case KindMilestone:
		return &Milestone{}
	case KindReview:
		return &Review{}
	case KindImport:
		return &Import{}
	case KindDisclosure:
		return &Disclosure{}
	case KindExport:
		return &Export{}
	case KindScan:
		return &Scan{}
	case KindVerdict:
		return &Verdict{}
	case KindGrant:
		return &Grant{}
	case KindNote:
		return &Note{}
	case KindErased:
		return &Erased{}
	}
	return nil
}
