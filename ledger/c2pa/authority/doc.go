// Package authority makes the certificates that a studio signs its manifests with.
//
// Content Credentials are signed with an X.509 certificate that must not be signed by
// itself. A studio without one makes its own authority on first use: a root, whose
// key signs nothing else, and below it the certificate that signs manifests. Nobody
// else trusts that root until the studio's fingerprint reaches them by another way
// than the files themselves: its web site, its letterhead. A manifest from it is
// Valid to every reader, with signingCredential.untrusted beside it until then.
//
//	root, err := authority.NewRoot(rootKey, authority.Name{Organization: "Studio Nord"}, now)
//	cert, err := root.Issue(signingKey.Public(), authority.Name{…}, now)
//	signer := c2pa.Signer{Key: signingKey, Chain: []*x509.Certificate{cert}}
//	fmt.Println(authority.Fingerprint(root.Certificate))
//
// Keys are handed in as crypto.Signer, so that they can stay where they are kept. A
// studio that has bought a certificate imports it: Import says what is wrong with one
// that cannot sign.
package authority
