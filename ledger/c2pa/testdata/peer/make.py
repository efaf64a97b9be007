"""Makes the files in testdata/peer with c2pa-rs: python make.py OUT (c2pa-python 0.38.1, cryptography, pillow)."""
import datetime, io, json, os, sys
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID, ExtendedKeyUsageOID
from PIL import Image
import c2pa

out = sys.argv[1]
now = datetime.datetime(2026, 11, 1)

def name(cn):
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "NO"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Peer Studio"), x509.NameAttribute(NameOID.COMMON_NAME, cn)])

def cert(subject, key, issuer, issuer_key, ca, days=7300, eku=ExtendedKeyUsageOID.EMAIL_PROTECTION):
    alg = None if isinstance(issuer_key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    b = (x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer)).public_key(key.public_key())
         .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=30)).not_valid_after(now + datetime.timedelta(days=days))
         .add_extension(x509.BasicConstraints(ca=ca, path_length=None), True)
         .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
         .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False)
         .add_extension(x509.KeyUsage(digital_signature=not ca, content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False, key_cert_sign=ca, crl_sign=ca, encipher_only=False, decipher_only=False), True))
    if not ca:
        b = b.add_extension(x509.ExtendedKeyUsage([eku]), False)
    return b.sign(issuer_key, alg)

def pem(c): return c.public_bytes(serialization.Encoding.PEM).decode()
root_key = ec.generate_private_key(ec.SECP256R1())
root = cert("Root", root_key, "Root", root_key, True)
mid_key = ec.generate_private_key(ec.SECP384R1())
mid = cert("Middle", mid_key, "Root", root_key, True)
open(out + "/trust-root.pem", "w").write(pem(root))

def signer(alg, days=7300, middle=False, eku=ExtendedKeyUsageOID.EMAIL_PROTECTION):
    key = {"es256": lambda: ec.generate_private_key(ec.SECP256R1()), "es384": lambda: ec.generate_private_key(ec.SECP384R1()), "es512": lambda: ec.generate_private_key(ec.SECP521R1()),
           "ed25519": ed25519.Ed25519PrivateKey.generate}.get(alg, lambda: rsa.generate_private_key(65537, 2048))()
    c = cert("Signer " + alg, key, "Middle" if middle else "Root", mid_key if middle else root_key, False, days, eku)
    p = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    chain = pem(c) + (pem(mid) if middle else "")
    return c2pa.Signer.from_info(c2pa.C2paSignerInfo(alg.encode(), chain.encode(), p.encode(), None))

def picture(fmt, seed=1, size=24):
    im = Image.new("RGB", (size, size)); im.putdata([((x * seed) % 256, (y * 7) % 256, (x ^ y) * 9 % 256) for y in range(size) for x in range(size)])
    b = io.BytesIO(); im.save(b, {"png": "PNG", "jpg": "JPEG", "tif": "TIFF"}[fmt]); return b.getvalue()

MIME = {"png": "image/png", "jpg": "image/jpeg", "tif": "image/tiff"}
CREATED = {"label": "c2pa.actions.v2" , "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"}, {"action": "c2pa.edited"}]}}

def sign(manifest, fmt, data, s, settings=None, ingredients=(), intent=None, resources=()):
    st = {"builder": {"thumbnail": {"enabled": False}}}
    if settings: 
        for k, v in settings.items(): st.setdefault(k, {}).update(v)
    ctx = c2pa.Context(c2pa.Settings.from_dict(st))
    b = c2pa.Builder(manifest, context=ctx)
    if intent: b.set_intent(*intent)
    for ij, ifmt, idata in ingredients:
        b.add_ingredient(ij, MIME[ifmt], io.BytesIO(idata))
    for uri, d in resources: b.add_resource(uri, io.BytesIO(d))
    o = io.BytesIO()
    b.sign(s, MIME[fmt], io.BytesIO(data), o)
    return o.getvalue()

def save(n, data): open(f"{out}/{n}", "wb").write(data); return data
def base(**k): return dict({"claim_generator_info": [{"name": "peer", "version": "1"}], "title": "Peer", "assertions": [CREATED]}, **k)
def attempt(label, f):
    try: f()
    except Exception as e: print("FAILED", label, repr(e)[:300])

for alg in ["es256", "es384", "es512", "ps256", "ps384", "ps512", "ed25519"]:
    for fmt in MIME:
        attempt(alg+fmt, lambda: save(f"{alg}.{fmt}", sign(base(), fmt, picture(fmt), signer(alg))))
attempt("middle", lambda: save("middle.png", sign(base(), "png", picture("png"), signer("es256", middle=True))))
attempt("expired", lambda: save("expired.jpg", sign(base(), "jpg", picture("jpg"), signer("es256", days=-5))))
for fmt in MIME:
    def f():
        s = signer("es256")
        one = sign(base(), fmt, picture(fmt), s)
        op = {"label": "c2pa.actions.v2", "data": {"actions": [{"action": "c2pa.opened", "parameters": {"ingredientIds": ["p"]}}, {"action": "c2pa.edited"}]}}
        two = sign({"claim_generator_info": [{"name": "peer"}], "assertions": [op]}, fmt, one, signer("ps256"), ingredients=[({"title": "one", "relationship": "parentOf", "label": "p"}, fmt, one)])
        three = sign({"claim_generator_info": [{"name": "peer"}], "assertions": [op]}, fmt, two, signer("ed25519"), ingredients=[({"title": "two", "relationship": "parentOf", "label": "p"}, fmt, two)])
        save(f"three.{fmt}", three)
        pl = {"label": "c2pa.actions.v2", "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/composite"}, {"action": "c2pa.placed", "parameters": {"ingredientIds": ["a", "b"]}}]}}
        save(f"placed.{fmt}", sign({"claim_generator_info": [{"name": "peer"}], "assertions": [pl]}, fmt, picture(fmt, 3), s, ingredients=[({"title": "a", "relationship": "componentOf", "label": "a"}, fmt, one), ({"title": "b", "relationship": "componentOf", "label": "b"}, "png", picture("png", 5)), ({"title": "c", "relationship": "inputTo"}, fmt, three)]))
        # a damaged parent
        bad = bytearray(one); bad[-40 if fmt != "tif" else 20] ^= 1
        try: save(f"badparent.{fmt}", sign({"claim_generator_info": [{"name": "peer"}], "assertions": [op]}, fmt, bytes(bad), s, ingredients=[({"title": "bad", "relationship": "parentOf", "label": "p"}, fmt, bytes(bad))]))
        except Exception as e: print("badparent", fmt, e)
        # thumbnails
        save(f"thumb.{fmt}", sign(base(thumbnail={"format": "image/jpeg", "identifier": "t.jpg"}), fmt, picture(fmt), s, resources=[("t.jpg", picture("jpg", 9, 8))]))
        save(f"autothumb.{fmt}", sign(base(), fmt, picture(fmt), s, settings={"builder": {"thumbnail": {"enabled": True}}}))
        # claim v1
        v1 = {"claim_version": 1, "claim_generator": "peer/1", "title": "v1", "format": MIME[fmt], "assertions": [{"label": "c2pa.actions", "data": {"actions": [{"action": "c2pa.created"}]}}, {"label": "stds.schema-org.CreativeWork", "data": {"@context": "https://schema.org", "@type": "CreativeWork", "author": [{"@type": "Person", "name": "Ida"}]}, "kind": "Json"}]}
        d1 = save(f"v1.{fmt}", sign(v1, fmt, picture(fmt), s))
        save(f"v1chain.{fmt}", sign(dict(v1, title="v1 chain"), fmt, d1, s, ingredients=[({"title": "v1", "relationship": "parentOf"}, fmt, d1)]))
        save(f"v1in2.{fmt}", sign({"claim_generator_info": [{"name": "peer"}], "assertions": [op]}, fmt, d1, s, ingredients=[({"title": "v1", "relationship": "parentOf", "label": "p"}, fmt, d1)]))
    attempt("chains" + fmt, f)
    def g():
        s = signer("es256")
        one = sign(base(assertions=[CREATED, {"label": "org.peer.secret", "data": {"name": "Ida"}}]), fmt, picture(fmt), s)
        save(f"extra.{fmt}", one)
        label = json.loads(c2pa.Reader(MIME[fmt], io.BytesIO(one)).json())["active_manifest"]
        uri = f"self#jumbf=/c2pa/{label}/c2pa.assertions/org.peer.secret"
        red = {"label": "c2pa.actions.v2", "data": {"actions": [{"action": "c2pa.opened", "parameters": {"ingredientIds": ["p"]}}, {"action": "c2pa.redacted", "reason": "c2pa.PII.present", "parameters": {"redacted": uri}}]}}
        save(f"redacted.{fmt}", sign({"claim_generator_info": [{"name": "peer"}], "redactions": [uri], "assertions": [red]}, fmt, one, s, ingredients=[({"title": "one", "relationship": "parentOf", "label": "p"}, fmt, one)]))
        # update manifest
        up = sign({"claim_generator_info": [{"name": "peer"}], "assertions": []}, fmt, one, s, intent=(c2pa.C2paBuilderIntent.UPDATE,))
        save(f"update.{fmt}", up)
        save(f"update2.{fmt}", sign({"claim_generator_info": [{"name": "peer"}], "assertions": []}, fmt, up, s, intent=(c2pa.C2paBuilderIntent.UPDATE,)))
    attempt("redact" + fmt, g)
    attempt("box" + fmt, lambda: save(f"box.{fmt}", sign(base(), fmt, picture(fmt), signer("es256"), settings={"builder": {"prefer_box_hash": True}})))
    attempt("compressed" + fmt, lambda: save(f"packed.{fmt}", sign(base(), fmt, picture(fmt), signer("es256"), settings={"core": {"prefer_compress_manifests": True}})))
    attempt("meta" + fmt, lambda: save(f"meta.{fmt}", sign(base(assertions=[CREATED, {"label": "c2pa.metadata", "kind": "Json", "data": {"@context": {"dc": "http://purl.org/dc/elements/1.1/", "exif": "http://ns.adobe.com/exif/1.0/"}, "exif:GPSLatitude": "39,21.102N"}}, {"label": "cawg.training-mining", "data": {"entries": {"cawg.ai_training": {"use": "notAllowed"}}}}]), fmt, picture(fmt), signer("es256"))))
    attempt("big" + fmt, lambda: save(f"long.{fmt}", sign(base(assertions=[CREATED, {"label": "org.peer.long", "data": {"x": "y" * 70000}}]), fmt, picture(fmt), signer("es256"))))
    attempt("noactions" + fmt, lambda: save(f"noactions.{fmt}", sign(base(assertions=[]), fmt, picture(fmt), signer("es256"), settings={"verify": {"verify_after_sign": False}})))
    attempt("nosource" + fmt, lambda: save(f"nosource.{fmt}", sign(base(assertions=[{"label": "c2pa.actions.v2", "data": {"actions": [{"action": "c2pa.created"}]}}]), fmt, picture(fmt), signer("es256"), settings={"verify": {"verify_after_sign": False}})))
