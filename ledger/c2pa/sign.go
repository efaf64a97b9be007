package c2pa

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"io"
	"time"

	"github.com/veraison/go-cose"

	"github.com/selvage-studio/selvage/ledger/c2pa/embed"
)

// TimeStamper asks an authority for a time stamp (RFC 3161).
type TimeStamper interface {
	// Stamp returns the TimeStampToken, or the whole TimeStampResp, over a SHA-256.
	// The authority's certificate must be in it.
	Stamp(ctx context.Context, hash []byte) (token []byte, err error)
}

// Signer is who signs.
type Signer struct {
	// Key is an ECDSA key on P-256 (ES256) or an Ed25519 key.
	Key crypto.Signer
	// Chain is the key's certificate, and those between it and the root, in this
	// order. The root itself is left to those who trust it.
	Chain []*x509.Certificate
	// Stamper countersigns; nil for none.
	Stamper TimeStamper
}

// SignerError reports a key or a certificate that cannot sign manifests.
type SignerError struct{ Reason string }

func (e *SignerError) Error() string { return "c2pa: this cannot sign: " + e.Reason }

// Check says whether the key and the certificates can sign at the given time. The
// error is a *SignerError.
func (s Signer) Check(at time.Time) error {
	_, err := s.algorithm(at)
	return err
}

func (s Signer) algorithm(at time.Time) (cose.Algorithm, error) {
	if s.Key == nil || len(s.Chain) == 0 {
		return 0, &SignerError{"a key and its certificate are needed"}
	}
	var alg cose.Algorithm
	var same bool
	switch key := s.Key.Public().(type) {
	case *ecdsa.PublicKey:
		if key.Curve != elliptic.P256() {
			return 0, &SignerError{fmt.Sprintf("the key is on %s; ES256 needs P-256", key.Curve.Params().Name)}
		}
		alg, same = cose.AlgorithmES256, key.Equal(s.Chain[0].PublicKey)
	case ed25519.PublicKey:
		alg, same = cose.AlgorithmEdDSA, key.Equal(s.Chain[0].PublicKey)
	default:
		return 0, &SignerError{fmt.Sprintf("a key of type %T; it must be ECDSA on P-256 or Ed25519", key)}
	}
	if !same {
		return 0, &SignerError{"the first certificate is not the key's"}
	}
	if err := CheckCertificate(s.Chain[0], at); err != nil {
		return 0, &SignerError{err.Error()}
	}
	if len(s.Chain[0].Subject.Organization) == 0 {
		return 0, &SignerError{"the certificate names no organization (O=), and readers refuse it then"}
	}
	for i, cert := range s.Chain[1:] {
		if !signedBy(s.Chain[i], cert) {
			return 0, &SignerError{fmt.Sprintf("the certificate of %s is not signed by the next one", s.Chain[i].Subject)}
		}
	}
	return alg, nil
}

const (
	// tokenReserve is the room that is kept for a time stamp, in bytes; most have
	// less. One that has more costs a second signature.
	tokenReserve = 8 << 10
	// maxTokenReserve is the longest time stamp that is taken.
	maxTokenReserve = maxToken + 1<<10
	// maxRounds is how often the length of a store is guessed; each guess is at
	// least the one before, and a few bytes beside the truth at most.
	maxRounds = 8
)

// Sign writes the file with a signed manifest. What the file is, its bytes say: PNG,
// JPEG or TIFF. A store that is in it already is replaced; to keep it, Read it first
// and hand the report on as the parent.
//
// The file is read twice, once to be hashed and once to be copied, and it must not
// change meanwhile. The error is a *ManifestError, a *SignerError, an *embed.Error,
// the stamper's, the context's, or of reading and writing.
func Sign(ctx context.Context, in io.ReaderAt, size int64, out io.Writer, m Manifest, signer Signer) error {
	if err := m.check(); err != nil {
		return err
	}
	alg, err := signer.algorithm(time.Now())
	if err != nil {
		return err
	}
	if m.InstanceID == "" {
		m.InstanceID = "xmp:iid:" + newUUID()
	}
	format, err := embed.Detect(in, size)
	if err != nil {
		return err
	}
	d, err := newDraft(&m)
	if err != nil {
		return err
	}
	reserve := 0
	if signer.Stamper != nil {
		reserve = tokenReserve
	}
	for {
		layout, store, missing, err := d.sign(ctx, in, size, format, alg, signer, reserve)
		if err != nil {
			return err
		}
		if missing == 0 {
			return layout.Write(ctx, in, out, store)
		}
		if reserve += missing; reserve > maxTokenReserve {
			return &SignerError{fmt.Sprintf("the time stamp has more than %d bytes", maxTokenReserve)}
		}
	}
}

// sign lays the file out and signs. missing is by how many bytes the reserve was too
// small.
func (d *draft) sign(ctx context.Context, in io.ReaderAt, size int64, format embed.Format, alg cose.Algorithm, signer Signer, reserve int) (
	layout *embed.Layout, store []byte, missing int, err error,
) {
	empty := make([]byte, sha256.Size)
	placeholder, err := newEnvelope(alg, signer).reserve(reserve)
	if err != nil {
		return nil, nil, 0, err
	}
	length := 0
	for round := 0; ; round++ {
		if round == maxRounds {
			return nil, nil, 0, fmt.Errorf("c2pa: the manifest does not come to one length")
		}
		if layout, err = embed.Plan(in, size, format, max(length, 64)); err != nil {
			return nil, nil, 0, err
		}
		claim, assertions, err := d.bind(empty, layout.Exclusion())
		if err != nil {
			return nil, nil, 0, err
		}
		n := len(d.assemble(claim, assertions, placeholder))
		if n == length {
			break
		}
		length = n
	}
	h := sha256.New()
	if err := layout.Hash(ctx, in, h); err != nil {
		return nil, nil, 0, err
	}
	claim, assertions, err := d.bind(h.Sum(nil), layout.Exclusion())
	if err != nil {
		return nil, nil, 0, err
	}
	signature, missing, err := newEnvelope(alg, signer).sign(ctx, claim, len(placeholder))
	if err != nil || missing > 0 {
		return nil, nil, missing, err
	}
	return layout, d.assemble(claim, assertions, signature), 0, nil
}

// envelope is a COSE_Sign1 on its way.
type envelope struct {
	message *cose.Sign1Message
	alg     cose.Algorithm
	signer  Signer
}

func newEnvelope(alg cose.Algorithm, signer Signer) *envelope {
	chain := make([]any, len(signer.Chain))
	for i, cert := range signer.Chain {
		chain[i] = cert.Raw
	}
	message := cose.NewSign1Message()
	message.Headers.Protected[x5chain] = chain
	message.Headers.Protected.SetAlgorithm(alg)
	return &envelope{message, alg, signer}
}

// signatureSize is the length of an ES256 and of an Ed25519 signature alike.
const signatureSize = 64

// reserve is a signature box of the length that the real one will have.
func (e *envelope) reserve(token int) ([]byte, error) {
	e.message.Signature = make([]byte, signatureSize)
	e.message.Signature[0] = 1
	if token > 0 {
		e.message.Headers.Unprotected["pad"] = make([]byte, token)
	}
	return e.marshal()
}

// marshal writes the message without its payload, which lies in the claim box.
func (e *envelope) marshal() ([]byte, error) {
	e.message.Payload = nil
	out, err := e.message.MarshalCBOR()
	if err != nil {
		return nil, fmt.Errorf("c2pa: %w", err)
	}
	return out, nil
}

// sign signs the claim and pads the box to the given length.
func (e *envelope) sign(ctx context.Context, claim []byte, length int) (out []byte, missing int, err error) {
	signer, err := cose.NewSigner(e.alg, e.signer.Key)
	if err != nil {
		return nil, 0, &SignerError{err.Error()}
	}
	e.message.Payload = claim
	if err := e.message.Sign(rand.Reader, nil, signer); err != nil {
		return nil, 0, fmt.Errorf("c2pa: signing: %w", err)
	}
	if e.signer.Stamper != nil {
		if err := e.stamp(ctx); err != nil {
			return nil, 0, err
		}
	}
	if out, err = e.marshal(); err != nil {
		return nil, 0, err
	}
	return e.pad(out, length)
}

// stamp puts a time stamp over the signature into the header sigTst2.
func (e *envelope) stamp(ctx context.Context) error {
	payload, err := encode(e.message.Signature)
	if err != nil {
		return err
	}
	covers, err := (&coseSignature{message: e.message}).countersigned(payload)
	if err != nil {
		return err
	}
	hash := sha256.Sum256(covers)
	token, err := e.signer.Stamper.Stamp(ctx, hash[:])
	if err != nil {
		return fmt.Errorf("c2pa: the time stamp: %w", err)
	}
	if token, err = openToken(token); err != nil {
		return fmt.Errorf("c2pa: the time stamp cannot be read: %w", err)
	}
	e.message.Headers.Unprotected[sigTst2] = map[any]any{"tstTokens": []any{map[any]any{"val": token}}}
	return nil
}

// pad fills the message up to the length; the headers pad and pad2 are C2PA's own
// (13.2.3). Two are needed where the length of one alone cannot be met exactly.
func (e *envelope) pad(out []byte, length int) (padded []byte, missing int, err error) {
	if len(out) == length {
		return out, 0, nil
	}
	for _, second := range []int{-1, 0} {
		if second >= 0 {
			e.message.Headers.Unprotected["pad2"] = []byte{}
		}
		e.message.Headers.Unprotected["pad"] = []byte{}
		if out, err = e.marshal(); err != nil {
			return nil, 0, err
		}
		gap := length - len(out)
		if gap < 0 {
			// Some bytes more, so that the next try can be padded.
			const slack = 64
			return nil, slack - gap, nil
		}
		for head := range 9 {
			if head > gap {
				break
			}
			e.message.Headers.Unprotected["pad"] = make([]byte, gap-head)
			if out, err = e.marshal(); err != nil {
				return nil, 0, err
			}
			if len(out) == length {
				return out, 0, nil
			}
		}
	}
	return nil, 0, fmt.Errorf("c2pa: a signature cannot be padded to %d bytes", length)
}
