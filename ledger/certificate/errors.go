package certificate

import "fmt"

// BirthError reports a birth that says too little, or contradicts itself.
type BirthError struct {
	Field  string // as in the certificate: "pattern.pictures"
	Reason string
	Err    error // of what is inside; may be nil
}

func (e *BirthError) Error() string {
	s := fmt.Sprintf("certificate: %s: %s", e.Field, e.Reason)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *BirthError) Unwrap() error { return e.Err }

// FormatError reports bytes that are no certificate of this version.
type FormatError struct {
	Reason string
	Where  string // a piece of the text; may be empty
}

func (e *FormatError) Error() string {
	if e.Where == "" {
		return "certificate: this is no birth certificate: " + e.Reason
	}
	return fmt.Sprintf("certificate: this is no birth certificate: %s, not %.80q", e.Reason, e.Where)
}

// ProofError reports a document whose proof is missing, unreadable or wrong.
type ProofError struct {
	Reason string
	// Forged says that the proof can be read and is not of these contents by this key.
	Forged bool
}

func (e *ProofError) Error() string {
	if e.Forged {
		return "certificate: the signature does not hold: " + e.Reason + "; the document was changed after it was signed, or never signed by that key"
	}
	return "certificate: the proof cannot be used: " + e.Reason
}

// IssuerError reports a certificate that another key signed than that of its issuer.
type IssuerError struct{ Issuer, Method string }

func (e *IssuerError) Error() string {
	return fmt.Sprintf("certificate: %.100q issued it and %.100q signed it", e.Issuer, e.Method)
}

// KeyError reports a key that cannot sign, or is not the one that is named.
type KeyError struct{ Reason string }

func (e *KeyError) Error() string { return "certificate: it cannot be signed: " + e.Reason }
