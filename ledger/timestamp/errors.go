package timestamp

import (
	"fmt"
	"time"
)

// RequestError reports a request that cannot be made, or is none.
type RequestError struct{ Reason string }

func (e *RequestError) Error() string { return "timestamp: no request: " + e.Reason }

// ResponseError reports bytes that are no response, or no token.
type ResponseError struct{ Reason string }

func (e *ResponseError) Error() string {
	return "timestamp: the authority's answer cannot be read: " + e.Reason + "; ask again, or ask another"
}

// RefusedError reports an authority that gave no time.
type RefusedError struct {
	Status  Status
	Failure string // what RFC 3161 says about its failure bit; empty without one
	Text    string // the authority's own words
}

func (e *RefusedError) Error() string {
	s := fmt.Sprintf("timestamp: the authority gave no time: %v", e.Status)
	if e.Failure != "" {
		s += ", " + e.Failure
	}
	if e.Text != "" {
		s += fmt.Sprintf(" (%.200q)", e.Text)
	}
	return s
}

// NonceError reports an answer to another question: an old one played back, say.
type NonceError struct{ Want, Got string }

func (e *NonceError) Error() string {
	if e.Got == "" {
		return "timestamp: the answer does not repeat the number of the question; it may be an old one; ask again"
	}
	return fmt.Sprintf("timestamp: the answer repeats %.80s instead of %s; it is for another question; ask again", e.Got, e.Want)
}

// ImprintError reports a token over something else.
type ImprintError struct{ Want, Got string }

func (e *ImprintError) Error() string {
	return fmt.Sprintf("timestamp: the token is for %.160s, not for %s", e.Got, e.Want)
}

// SignatureError reports a token whose signature does not hold.
type SignatureError struct {
	Authority string // as its certificate says, if there is one
	Reason    string
}

func (e *SignatureError) Error() string {
	return fmt.Sprintf("timestamp: the token is not signed by %.100q: %s", e.Authority, e.Reason)
}

// PurposeError reports a certificate that is not one for time stamping alone.
type PurposeError struct{ Authority, Reason string }

func (e *PurposeError) Error() string {
	return fmt.Sprintf("timestamp: the certificate of %.100q is not one for time stamping: %s", e.Authority, e.Reason)
}

// UntrustedError reports an authority that no root vouches for.
type UntrustedError struct {
	Authority string
	Err       error // of crypto/x509; nil without any root
}

func (e *UntrustedError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("timestamp: no authority is trusted; name the root of %.100q if you trust it", e.Authority)
	}
	return fmt.Sprintf("timestamp: %.100q is not trusted: %v; name its root if you trust it", e.Authority, e.Err)
}

func (e *UntrustedError) Unwrap() error { return e.Err }

// ExpiredError reports a certificate that was not valid at the time stated.
type ExpiredError struct {
	Authority string // whose certificate, or whose issuer's
	Time      time.Time
	From, To  time.Time // when it was valid
}

func (e *ExpiredError) Error() string {
	return fmt.Sprintf("timestamp: the token says %s, and the certificate of %.100q was valid from %s to %s",
		e.Time.Format(time.RFC3339), e.Authority, e.From.Format(time.RFC3339), e.To.Format(time.RFC3339))
}

// FutureError reports a token that states a time that has not come yet.
type FutureError struct{ Time, At time.Time }

func (e *FutureError) Error() string {
	return fmt.Sprintf("timestamp: the token says %s, and it is %s: one of the two clocks is wrong",
		e.Time.Format(time.RFC3339), e.At.Format(time.RFC3339))
}
