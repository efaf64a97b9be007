package c2pa

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"slices"

	"github.com/veraison/go-cose"
)

// loose reads a certificate that crypto/x509 refuses whole for the sake of one part:
// a key that is no point of its curve, a name that is no text. Such a certificate
// signs nothing, but what else the manifest says can still be judged. The part that
// cannot be read is left out.
func loose(der []byte) (cert *x509.Certificate, problem string, err error) {
	if cert, err = x509.ParseCertificate(der); err == nil {
		return cert, "", nil
	}
	outer, parts, ok := takeApart(der)
	if !ok {
		return nil, "", fmt.Errorf("it is no certificate: %w", err)
	}
	key := parts[partKey]
	parts[partKey] = unknownKey()
	if !bytes.Equal(parts[partAlgorithm], outer.Algorithm.FullBytes) {
		if !sameOID(parts[partAlgorithm], outer.Algorithm.FullBytes) {
			problem = "it names one signature algorithm inside and another outside"
		}
		parts[partAlgorithm] = outer.Algorithm.FullBytes
	}
	for _, change := range changes(parts) {
		change()
		outer.TBS = sequence(bytes.Join(parts, nil))
		patched, err := asn1.Marshal(outer)
		if err != nil {
			return nil, "", err
		}
		if cert, err := x509.ParseCertificate(patched); err == nil {
			cert.PublicKey, cert.RawSubjectPublicKeyInfo = nil, key
			return cert, problem, nil
		}
	}
	return nil, "", err
}

func sequence(content []byte) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassUniversal, Tag: asn1.TagSequence, IsCompound: true, Bytes: content}
}

// changes leave out one part after the other: nothing, the names, each extension.
func changes(parts [][]byte) []func() {
	empty := func(part int) func() {
		return func() { parts[part] = []byte{asn1.TagSequence | 0x20, 0} }
	}
	out := []func(){func() {}, empty(partIssuer), empty(partSubject)}
	last := len(parts) - 1
	var box, list asn1.RawValue
	if _, err := asn1.Unmarshal(parts[last], &box); err != nil || box.Class != asn1.ClassContextSpecific || box.Tag != 3 {
		return out
	}
	if _, err := asn1.Unmarshal(box.Bytes, &list); err != nil {
		return out
	}
	var extensions [][]byte
	for rest := list.Bytes; len(rest) > 0; {
		var e asn1.RawValue
		next, err := asn1.Unmarshal(rest, &e)
		if err != nil {
			return out
		}
		extensions, rest = append(extensions, e.FullBytes), next
	}
	for i := range extensions {
		out = append(out, func() {
			less := bytes.Join(slices.Delete(slices.Clone(extensions), i, i+1), nil)
			inner, err := asn1.Marshal(sequence(less))
			if err != nil {
				return
			}
			box := asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 3, IsCompound: true, Bytes: inner}
			if whole, err := asn1.Marshal(box); err == nil {
				parts[last] = whole
			}
		})
	}
	return out
}

// The parts of a certificate of version 3 (RFC 5280, 4.1).
const (
	partAlgorithm = 2
	partIssuer    = 3
	partSubject   = 5
	partKey       = 6
)

type outerCertificate struct {
	TBS       asn1.RawValue
	Algorithm asn1.RawValue
	Signature asn1.BitString
}

func takeApart(der []byte) (outer outerCertificate, parts [][]byte, ok bool) {
	if rest, err := asn1.Unmarshal(der, &outer); err != nil || len(rest) > 0 {
		return outer, nil, false
	}
	for rest := outer.TBS.Bytes; len(rest) > 0; {
		var v asn1.RawValue
		next, err := asn1.Unmarshal(rest, &v)
		if err != nil {
			return outer, nil, false
		}
		parts, rest = append(parts, v.FullBytes), next
	}
	return outer, parts, len(parts) > partKey
}

func sameOID(a, b []byte) bool {
	read := func(der []byte) asn1.ObjectIdentifier {
		var v struct {
			OID        asn1.ObjectIdentifier
			Parameters asn1.RawValue `asn1:"optional"`
		}
		if _, err := asn1.Unmarshal(der, &v); err != nil {
			return nil
		}
		return v.OID
	}
	return read(a).Equal(read(b))
}

// unknownKey is a key of a kind that nobody knows.
func unknownKey() []byte {
	var info struct {
		Algorithm struct{ OID asn1.ObjectIdentifier }
		Key       asn1.BitString
	}
	info.Algorithm.OID = asn1.ObjectIdentifier{1, 3, 9999}
	info.Key = asn1.BitString{Bytes: []byte{0}, BitLength: 8}
	der, err := asn1.Marshal(info)
	if err != nil {
		panic(err) // it is constant
	}
	return der
}

// keyInfo says of what kind a certificate's key is, whether or not it can be read.
type keyInfo struct{ algorithm, curve asn1.ObjectIdentifier }

func readKeyInfo(cert *x509.Certificate) keyInfo {
	var info struct {
		Algorithm struct {
			OID        asn1.ObjectIdentifier
			Parameters asn1.RawValue `asn1:"optional"`
		}
		Key asn1.BitString
	}
	if _, err := asn1.Unmarshal(cert.RawSubjectPublicKeyInfo, &info); err != nil {
		return keyInfo{}
	}
	out := keyInfo{algorithm: info.Algorithm.OID}
	if out.ec() {
		if _, err := asn1.Unmarshal(info.Algorithm.Parameters.FullBytes, &out.curve); err != nil {
			out.curve = nil
		}
	}
	return out
}

func (k keyInfo) ec() bool { return k.algorithm.Equal(asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}) }

// allowedCurve says whether the curve is P-256, P-384 or P-521.
func (k keyInfo) allowedCurve() bool {
	return slices.ContainsFunc([]asn1.ObjectIdentifier{
		{1, 2, 840, 10045, 3, 1, 7}, {1, 3, 132, 0, 34}, {1, 3, 132, 0, 35},
	}, k.curve.Equal)
}

// suits says whether a key of this kind can make signatures of an algorithm.
func (k keyInfo) suits(alg cose.Algorithm) bool {
	switch alg {
	case cose.AlgorithmES256, cose.AlgorithmES384, cose.AlgorithmES512:
		return k.ec()
	case cose.AlgorithmEdDSA:
		return k.algorithm.Equal(asn1.ObjectIdentifier{1, 3, 101, 112})
	default:
		return k.algorithm.Equal(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}) || k.algorithm.Equal(oidRSAPSS())
	}
}
