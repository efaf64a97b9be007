// Package timestamp asks a time-stamp authority for a signed time (RFC 3161, with
// the signing certificate of RFC 5816), and judges what comes back.
//
//	request, err := timestamp.NewRequest(hash, nil)
//	response := …                                        // carried by somebody else
//	stamp, err := timestamp.Judge(request, response, roots)
//	…                                                    // years later
//	stamp, err = timestamp.Verify(stamp.Token, hash, roots, time.Now())
//
// An authority sees a hash and nothing else. What it says is that this hash existed
// at that time; a head of a log that was stamped brackets every entry before it.
//
// A token is believed when all of this holds: it was made for the hash; one signer
// signed it, with a hash function that is not broken; the signed attributes name the
// signer's certificate by its hash (ESSCertID or ESSCertIDv2); that certificate is
// for time stamping and nothing else, and says so critically; it and its chain to one
// of the roots were valid at the time that is stated. The authorities that are
// trusted are the caller's choice: without roots nobody is, and the roots of the
// system are never asked.
//
// A token outlives the certificate of its authority: what counts is the time stated.
// Whoever wants more renews it before Stamp.Ends by stamping it again. Whether a
// certificate was revoked is not looked up, since this package has no network.
package timestamp

// The media types of RFC 3161, section 3.4, for whoever carries the bytes.
const (
	QueryType = "application/timestamp-query"
	ReplyType = "application/timestamp-reply"
)

// MaxResponse is the longest response that is looked at, in bytes.
const MaxResponse = 256 << 10
