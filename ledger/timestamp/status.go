package timestamp

import (
	"encoding/asn1"
	"fmt"
)

// Status is the PKIStatus of an answer (RFC 3161, 2.4.2).
type Status int

// The statuses.
const (
	Granted                Status = 0
	GrantedWithMods        Status = 1
	Rejection              Status = 2
	Waiting                Status = 3
	RevocationWarning      Status = 4
	RevocationNotification Status = 5
)

func (s Status) String() string {
	switch s {
	case Granted:
		return "granted"
	case GrantedWithMods:
		return "granted with modifications"
	case Rejection:
		return "rejected"
	case Waiting:
		return "waiting"
	case RevocationWarning:
		return "a revocation is imminent"
	case RevocationNotification:
		return "a revocation has occurred"
	default:
		return fmt.Sprintf("status %d", int(s))
	}
}

// failure says what the bits of a PKIFailureInfo mean.
func failure(bits asn1.BitString) string {
	for bit, means := range map[int]string{
		0:  "it does not know the hash function",
		2:  "it does not support what was asked",
		5:  "it could not read the request",
		14: "its source of time is not available",
		15: "it does not have the policy",
		16: "it does not have the extension",
		17: "it does not have the additional information",
		25: "its system failed",
	} {
		if bits.At(bit) == 1 {
			return means
		}
	}
	return ""
}
