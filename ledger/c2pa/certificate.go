package c2pa

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"slices"
	"time"
)

// The purposes of a certificate that C2PA 14.5.1 knows.
func oidDocumentSigning() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 36}
}
func oidC2PASigning() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 62558, 2, 1}
}
func oidMicrosoftSigning() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 76, 59, 1, 9}
}
func oidAuthorityKey() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{2, 5, 29, 35} }

// ProfileError reports a certificate that C2PA does not let sign.
type ProfileError struct {
	Code   string // "signingCredential.invalid" or "signingCredential.expired"
	Reason string
}

func (e *ProfileError) Error() string { return "c2pa: the certificate cannot sign: " + e.Reason }

func unfit(format string, args ...any) error {
	return &ProfileError{codeCredentialInvalid, fmt.Sprintf(format, args...)}
}

// CheckCertificate says whether a certificate has the profile that C2PA 14.5.1 asks
// of one that signs at the given time. The error is a *ProfileError.
func CheckCertificate(cert *x509.Certificate, at time.Time) error {
	return checkProfile(cert, at, oidDocumentSigning(), oidC2PASigning(), oidMicrosoftSigning())
}

// checkProfile allows the given purposes beside those that are always allowed.
func checkProfile(cert *x509.Certificate, at time.Time, purposes ...asn1.ObjectIdentifier) error {
	if cert.Version != 3 {
		return unfit("it is of X.509 version %d, and not 3", cert.Version)
	}
	if at.Before(cert.NotBefore) || at.After(cert.NotAfter) {
		return &ProfileError{codeCredentialExpired, fmt.Sprintf("it is valid from %s to %s, and not on %s",
			cert.NotBefore.UTC().Format(time.DateTime), cert.NotAfter.UTC().Format(time.DateTime), at.UTC().Format(time.DateTime))}
	}
	switch cert.SignatureAlgorithm {
	case x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA, x509.ECDSAWithSHA256, x509.ECDSAWithSHA384,
		x509.ECDSAWithSHA512, x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS, x509.SHA512WithRSAPSS, x509.PureEd25519:
	default:
		return unfit("it is signed with %v", cert.SignatureAlgorithm)
	}
	if info := readKeyInfo(cert); info.ec() && !info.allowedCurve() {
		return unfit("its key is on the curve %v", info.curve)
	}
	if key, ok := publicKey(cert).(*rsa.PublicKey); ok && key.N.BitLen() < 2048 {
		return unfit("its RSA key has %d bits, less than 2048", key.N.BitLen())
	}
	ca := cert.BasicConstraintsValid && cert.IsCA
	if ca && string(cert.RawIssuer) == string(cert.RawSubject) {
		return unfit("it is signed by itself")
	}
	if uniqueIDs(cert.RawTBSCertificate) {
		return unfit("it has unique identifiers")
	}
	if err := checkPurposes(cert, ca, purposes); err != nil {
		return err
	}
	usage := cert.KeyUsage
	if usage&x509.KeyUsageDigitalSignature != 0 && usage&x509.KeyUsageCertSign != 0 && !ca {
		return unfit("it may sign certificates without being an authority")
	}
	switch {
	case usage&(x509.KeyUsageDigitalSignature|x509.KeyUsageCertSign|x509.KeyUsageContentCommitment) == 0:
		return unfit("its key usage is not digitalSignature")
	case !hasExtension(cert, oidAuthorityKey()):
		return unfit("it does not name its authority's key (AuthorityKeyIdentifier)")
	case ca && len(cert.SubjectKeyId) == 0:
		return unfit("it does not name its own key (SubjectKeyIdentifier)")
	case len(cert.UnhandledCriticalExtensions) > 0:
		return unfit("it has an unknown critical extension %v", cert.UnhandledCriticalExtensions[0])
	case ca:
		return unfit("it is an authority's own, and not an end entity's")
	}
	return nil
}

func hasExtension(cert *x509.Certificate, oid asn1.ObjectIdentifier) bool {
	for _, e := range cert.Extensions {
		if e.Id.Equal(oid) {
			return true
		}
	}
	return false
}

// uniqueIDs says whether the fields 1 and 2 of a certificate are there.
func uniqueIDs(tbs []byte) bool {
	var seq asn1.RawValue
	if _, err := asn1.Unmarshal(tbs, &seq); err != nil {
		return false
	}
	for rest := seq.Bytes; len(rest) > 0; {
		var v asn1.RawValue
		next, err := asn1.Unmarshal(rest, &v)
		if err != nil {
			return false
		}
		if v.Class == asn1.ClassContextSpecific && (v.Tag == 1 || v.Tag == 2) {
			return true
		}
		rest = next
	}
	return false
}

// checkPurposes looks at the extended key usage.
func checkPurposes(cert *x509.Certificate, ca bool, purposes []asn1.ObjectIdentifier) error {
	has := func(p x509.ExtKeyUsage) bool { return slices.Contains(cert.ExtKeyUsage, p) }
	if len(cert.ExtKeyUsage) == 0 && len(cert.UnknownExtKeyUsage) == 0 {
		if ca {
			return nil
		}
		return unfit("it says no purpose (extended key usage)")
	}
	if has(x509.ExtKeyUsageAny) {
		return unfit("it is for any purpose (anyExtendedKeyUsage)")
	}
	if !allowedPurpose(cert, purposes) {
		return unfit("it is for none of the purposes that may sign (emailProtection, documentSigning, 1.3.6.1.4.1.62558.2.1)")
	}
	ocsp, stamp := has(x509.ExtKeyUsageOCSPSigning), has(x509.ExtKeyUsageTimeStamping)
	other := has(x509.ExtKeyUsageClientAuth) || has(x509.ExtKeyUsageCodeSigning) || has(x509.ExtKeyUsageEmailProtection) ||
		has(x509.ExtKeyUsageServerAuth) || len(cert.UnknownExtKeyUsage) > 0
	if ocsp && stamp || ocsp != stamp && other {
		return unfit("it is for time stamps or OCSP, and for something else too")
	}
	return nil
}

func allowedPurpose(cert *x509.Certificate, purposes []asn1.ObjectIdentifier) bool {
	for _, p := range cert.ExtKeyUsage {
		if p == x509.ExtKeyUsageEmailProtection || p == x509.ExtKeyUsageTimeStamping || p == x509.ExtKeyUsageOCSPSigning {
			return true
		}
	}
	for _, p := range cert.UnknownExtKeyUsage {
		if slices.ContainsFunc(purposes, p.Equal) {
			return true
		}
	}
	return false
}
