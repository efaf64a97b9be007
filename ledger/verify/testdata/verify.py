"""A verifier of ledgers, written from FORMAT.md. It needs nothing but Python 3.9.

    python3 verify.py FOLDER

FOLDER has sample libraries; the verdict on each, alone and with the head (kept.note) and the
witness (witness.txt) that lie beside it, is printed as JSON.
"""

import base64
import datetime
import hashlib
import json
import os
import re
import sqlite3
import struct
import sys


class Malformed(Exception):
    pass


def need(condition, reason=""):
    if not condition:
        raise Malformed(reason)


# Ed25519, RFC 8032.

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def recover(y, sign):
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - x2) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def point(b):
    y = int.from_bytes(b, "little")
    x = recover(y & (1 << 255) - 1, y >> 255)
    return None if x is None else (x, y & (1 << 255) - 1, 1, x * (y & (1 << 255) - 1) % P)


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(n, p):
    q = (0, 1, 1, 0)
    while n:
        if n & 1:
            q = add(q, p)
        p, n = add(p, p), n >> 1
    return q


GY = 4 * pow(5, P - 2, P) % P
G = point(GY.to_bytes(32, "little"))


def signed_by(key, message, signature):
    if len(signature) != 64:
        return False
    a, s = point(key), int.from_bytes(signature[32:], "little")
    if a is None or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    x, y, z, _ = add(times(s, G), times(h, (P - a[0], a[1], 1, P - a[3])))
    inverse = pow(z, P - 2, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


# Section 2: canonical JSON.


def escape(text):
    return json.dumps(text, ensure_ascii=False)


def canonical(value, depth=0):
    need(depth <= 16, "it nests too deep")
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        need(abs(value) < 2**53, "a large number")
        return str(value)
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, list):
        return "[" + ",".join(canonical(v, depth + 1) for v in value) + "]"
    keys = sorted(value, key=lambda k: k.encode("utf-16-be"))
    return "{" + ",".join(escape(k) + ":" + canonical(value[k], depth + 1) for k in keys) + "}"


def refuse(text):
    raise Malformed(text)


def parse(text, most):
    need(text is not None and len(text) <= most, "its size")
    try:
        value = json.loads(text.decode("utf-8"), parse_float=refuse, parse_constant=refuse)
        need(canonical(value).encode("utf-8") == text, "not canonical")
    except (ValueError, RecursionError) as e:
        raise Malformed(str(e))
    return value


# Section 3: entries.

HASH = re.compile(r"sha256:[0-9a-f]{64}\Z")
NO_HASH = "sha256:" + 64 * "0"


def is_time(text):
    if not isinstance(text, str) or not re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\Z", text, re.ASCII):
        return False
    try:
        datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")
    except ValueError:
        return False
    return True


def milliseconds(text):
    moment = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")
    return (moment - datetime.datetime(1970, 1, 1)) // datetime.timedelta(milliseconds=1)


def leaf(text):
    return hashlib.sha256(b"\0" + text).digest()


def entry(text):
    e = parse(text, 65535)
    need(isinstance(e, dict) and set(e) <= {"body", "clock", "kind", "log", "subjects", "time", "v"})
    need({"body", "clock", "kind", "time", "v"} <= set(e), "a key is missing")
    need(isinstance(e["body"], dict), "its body")
    need(e["clock"] in ("local", "studio"), "its clock")
    kind = e["kind"]
    need(isinstance(kind, str) and re.match(r"[a-z]([a-z.]{0,30}[a-z])?\Z", kind), "its kind")
    need(("log" in e) == (kind != "log"), "its log")
    need("log" not in e or isinstance(e["log"], str) and HASH.match(e["log"]), "its log")
    if "subjects" in e:
        s = e["subjects"]
        need(isinstance(s, list) and 1 <= len(s) <= 64, "its subjects")
        need(all(isinstance(t, str) and 1 <= len(t.encode()) <= 128 for t in s), "a subject")
    need(is_time(e["time"]), "its time")
    need(type(e["v"]) is int and e["v"] >= 1, "its version")
    if e["v"] == 1 and kind in KINDS:
        body(e["body"], KINDS[kind])
    return e


# Section 6: bodies. A type is the name of a check, with ? where the key may be absent, or the keys
# of an object, or a list of one of them.


def text(v):
    return isinstance(v, str)


def integer(v):
    return type(v) is int


def true(v):
    return v is True


def digest(v):
    return isinstance(v, str) and HASH.match(v) is not None


def sealed(v):
    return v is None or isinstance(v, dict) and set(v) == {"commit"} and digest(v["commit"]) and v["commit"] != NO_HASH


def anything(v):
    return True


def base64_(v):
    if v is None:
        return True
    try:
        return base64.b64encode(base64.b64decode(v, validate=True)).decode() == v
    except (ValueError, TypeError):
        return False


CHECKS = {"text": text, "int": integer, "true": true, "hash": digest, "sealed": sealed, "any": anything, "base64": base64_}


def keys(written):
    """"name text, parent? hash" as a dictionary."""
    return dict(k.split(" ", 1) for k in written.split(", "))


FILE = keys("bytes int, hash hash, name text")
CANDIDATE = keys("picture hash, seam? text")
EXPORTED = keys("bytes int, format text, hash hash, name sealed, what? text")
HEAD = keys("log hash, root hash, size int")
KINDS = {
    "log": keys("author text, device text, epoch int, library text, nonce base64, reason? text") | {"previous?": HEAD},
    "library": keys("name sealed, statement? any"),
    "actor": keys("name sealed, statement any"),
    "model": keys("card hash, commercial_use text, licence text, lineage text, name text, weights hash") | {"files": [FILE]},
    "prompt": keys("negative sealed, prompt sealed, previous? hash, version int"),
    "generation.requested": keys(
        "count int, device? text, sampler? text, guidance? text, strength? text, width? int, height? int, steps? int, mode text, model hash, "
        "pattern? text, prompt hash, repeat text, request sealed, seed sealed, software text"
    )
    | {"inputs?": ["hash"], "loras?": ["hash"]},
    "generation.finished": keys("outcome text, reason? text, request hash, took_ms int") | {"candidates?": [CANDIDATE]},
    "candidate.accepted": keys("of int, pattern? text, picture hash, request hash"),
    "candidate.rejected": keys("picture hash, request hash, reason sealed"),
    "edit": keys("class text, operation text, parent hash, version hash, pattern text"),
    "revert": keys("from hash, to hash, pattern text"),
    "saved": keys("document hash, id text, of text, name sealed, removed? true, revision int, version? hash"),
    "milestone": keys("milestone text, pattern text, version hash, statement any"),
    "review": keys("decision text, note sealed, pattern text, version hash, reviewer text"),
    "import": keys("author sealed, name sealed, rights sealed, file hash, origin text, parent? text, pattern text"),
    "disclosure": keys("country text, date text, how text, pattern text, version hash, place sealed"),
    "export": keys("certificate? hash, clean? true, pattern text, version hash") | {"files": [EXPORTED]},
    "scan": keys("corpus text, hits int, pattern text, report hash, version hash"),
    "verdict": keys("decision text, pattern text, reason sealed, scan hash"),
    "grant": keys("document hash, licensee sealed, pattern text"),
    "note": keys("about? text, text sealed"),
    "erased": keys("commitment hash, reason? text"),
}


def body(value, kind):
    need(isinstance(value, dict))
    names = {k.rstrip("?") for k in kind}
    need(set(value) <= names, "a key that is not known")
    for key, check in kind.items():
        name, optional = key.rstrip("?"), key.endswith("?")
        if name not in value:
            need(optional, name + " is missing")
            continue
        v = value[name]
        if isinstance(check, dict):
            body(v, check)
        elif isinstance(check, list):
            need(isinstance(v, list) or v is None and not optional, name)
            need(v or not optional, name)
            for one in v or []:
                body(one, check[0]) if isinstance(check[0], dict) else need(CHECKS[check[0]](one), name)
        else:
            need(CHECKS[check](v), name)
            need(not optional or v not in ("", 0, False) or check == "any", name)


# Section 5: heads.

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def did(written):
    need(isinstance(written, str) and written.startswith("did:key:z"), "a did:key")
    digits, n = written[len("did:key:z"):], 0
    for c in digits:
        need(c in ALPHABET, "base58")
        n = n * 58 + ALPHABET.index(c)
    raw = n.to_bytes((n.bit_length() + 7) // 8, "big")
    need(len(raw) == 34 and raw[:2] == b"\xed\x01", "an Ed25519 key")
    return raw[2:]


class Note:
    """A signed note: its text, and (name, id, signature) of each line."""

    def __init__(self, raw):
        need(raw is not None and len(raw) <= 65536, "its size")
        try:
            written = raw.decode("utf-8")
        except ValueError:
            raise Malformed("UTF-8")
        need(all(c >= " " or c == "\n" for c in written), "a control character")
        at = written.rfind("\n\n")
        need(at >= 0 and written.endswith("\n"), "no signatures")
        self.text, lines = written[: at + 1], written[at + 2 : -1].split("\n")
        need(1 <= len(lines) <= 100, "its signatures")
        self.signatures = [signature_line(l) for l in lines]
        lines = self.text[:-1].split("\n")
        need(len(lines) >= 4 and all(1 <= len(l.encode()) <= 1024 for l in lines), "its lines")
        m = re.match(r"selvage-ledger/([0-9a-f]{64})\Z", lines[0])
        need(m, "its origin")
        self.origin, self.log = lines[0], bytes.fromhex(m.group(1))
        need(re.match(r"(0|[1-9][0-9]{0,18})\Z", lines[1]) and int(lines[1]) < 2**63, "its size")
        self.size = int(lines[1])
        need(base64_(lines[2]) and len(base64.b64decode(lines[2])) == 32, "its root")
        self.root = base64.b64decode(lines[2])
        m = re.match(r"time (\S+) (local|studio)\Z", lines[3])
        need(m and is_time(m.group(1)), "its time")

    def signed(self, key):
        """Whether the log's key signed it."""
        ident = key_id(self.origin, 1, key)
        mine = [s for n, i, s in self.signatures if n == self.origin and i == ident]
        return bool(mine) and signed_by(key, self.text.encode(), mine[0])

    def cosigned(self, witness):
        """The times at which a witness signed, and whether a signature of it is wrong."""
        name, ident, key = witness
        for n, i, s in self.signatures:
            if n == name and i == ident:
                if len(s) != 72:
                    return [], True
                seconds = struct.unpack(">Q", s[:8])[0]
                message = b"cosignature/v1\ntime %d\n" % seconds + self.text.encode()
                if seconds >= 2**63 or not signed_by(key, message, s[8:]):
                    return [], True
                return [seconds], False
        return [], False


def signature_line(line):
    m = re.match("— ([^ ]+) ([A-Za-z0-9+/=]+)\\Z", line)
    need(m and "+" not in m.group(1) and not re.search(r"\s", m.group(1)) and base64_(m.group(2)), "a signature line")
    raw = base64.b64decode(m.group(2))
    need(len(raw) >= 5, "a short signature")
    return m.group(1), raw[:4], raw[4:]


def key_id(name, kind, key):
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4]


def witness(written):
    name, ident, raw = written.split("+", 2)
    raw = base64.b64decode(raw)
    need(raw[0] == 4 and key_id(name, 4, raw[1:]).hex() == ident, "a witness")
    return name, bytes.fromhex(ident), raw[1:]


# Section 10: statements.

STATEMENT = keys(
    "at text, four_eyes? true, key? text, library text, milestone? text, pattern? text, person text, reason? text, role? text, type text, v int, version? hash"
) | {
    "device?": keys("c2pa hash, credentials text, heads text, transport text"),
    "proofs?": [keys("key text, signature base64")],
    "trusted?": [keys("log hash, size int")],
}
TYPES = {
    "found": "", "authorise-device": "device", "revoke-device": "key", "recovery": "key", "rotate": "key", "lost": "key",
    "grant-role": "role", "withdraw-role": "role", "settings": "", "milestone": "milestone pattern version",
}


def statement(s):
    body(s, STATEMENT)
    need(s["v"] == 1 and is_time(s["at"]) and s["person"] and s["library"])
    proofs = s.get("proofs", [])
    need(1 <= len(proofs) <= 4 and len({p["key"] for p in proofs}) == len(proofs), "its proofs")
    message = b"selvage-statement-v1\n" + canonical({k: v for k, v in s.items() if k != "proofs"}).encode()
    for p in proofs:
        need(signed_by(did(p["key"]), message, base64.b64decode(p["signature"] or "")), "a signature")
    need(s["type"] in TYPES, "its type")
    for field in ("device", "key", "role", "milestone", "pattern", "version"):
        need((field in s) == (field in TYPES[s["type"]].split()), field)
    need("trusted" not in s or s["type"] == "revoke-device")
    need("four_eyes" not in s or s["type"] == "settings")
    need(s.get("role", "owner") in ("owner", "art-director", "designer"))
    need(s.get("milestone", "draft") in ("concept", "draft", "review", "approved"))
    did(s["person"])
    if "key" in s:
        did(s["key"])
    for name in ("heads", "credentials", "transport"):
        if "device" in s:
            did(s["device"][name])


class Person:
    def __init__(self, key):
        self.key, self.recovery, self.roles = key, None, set()


class People:
    def __init__(self):
        self.founded, self.people, self.devices, self.four_eyes, self.reviews = False, {}, {}, False, []

    def apply(self, s):
        """Whether the statement holds."""
        by = {p["key"] for p in s["proofs"]}
        known = self.people.get(s["person"])
        p = known or Person(s["person"])
        own = p.key in by
        owners = {o for o in self.people.values() if "owner" in o.roles}
        owner = any(o.key in by for o in owners)
        key, kind = s.get("key"), s["type"]
        if kind == "found":
            if self.founded or not own:
                return False
            self.founded = True
            p.roles.add("owner")
        elif kind == "authorise-device":
            heads = s["device"]["heads"]
            if not own or heads in self.devices or heads in self.people:
                return False
            self.devices[heads] = {"of": p, "revoked": False}
        elif kind == "revoke-device":
            d = self.devices.get(key)
            if d is None or d["of"] is not known or not (own or owner) or d["revoked"]:
                return False
            d["revoked"], d["trusted"] = True, {}
            for t in s.get("trusted", []):
                d["trusted"][t["log"]] = max(t["size"], d["trusted"].get(t["log"], 0))
            return True
        elif kind == "recovery":
            if not own or key in self.people or key in self.devices:
                return False
            p.recovery = key
        elif kind in ("rotate", "lost"):
            if known is None or p.key != s["person"] or key not in by or key in self.people or key in self.devices:
                return False
            other = any(o is not p and o.key in by for o in owners)
            if not (own if kind == "rotate" else p.recovery in by or other):
                return False
            p.key = key
            self.people[key] = p
            return True
        elif kind == "grant-role":
            if not owner:
                return False
            p.roles.add(s["role"])
        elif kind == "withdraw-role":
            if not owner or s["role"] not in p.roles or s["role"] == "owner" and len(owners) == 1:
                return False
            p.roles.discard(s["role"])
            return True
        elif kind == "settings":
            if not owner or known is None or not own:
                return False
            self.four_eyes = s.get("four_eyes", False)
            return True
        elif kind == "milestone":
            may = {"owner", "art-director"} | (set() if s["milestone"] == "approved" else {"designer"})
            if not own or not p.roles & may:
                return False
            at = (s["pattern"], s["version"])
            if s["milestone"] == "approved" and self.four_eyes and not any(r[0] == at and r[1] is not p for r in self.reviews):
                return False
            if s["milestone"] == "review":
                self.reviews.append((at, p))
            return True
        self.people[p.key] = p
        return True

    def believed(self, author, device, log, size):
        d = self.devices.get(device)
        return d is not None and d["of"] is self.people.get(author) and not (d["revoked"] and size > d["trusted"].get(log, 0))


# Section 4: trees.


def root(leaves):
    if not leaves:
        return hashlib.sha256(b"").digest()
    stack = []
    for n, h in enumerate(leaves):
        while n & 1:
            h, n = hashlib.sha256(b"\1" + stack.pop() + h).digest(), n >> 1
        stack.append(h)
    h = stack.pop()
    while stack:
        h = hashlib.sha256(b"\1" + stack.pop() + h).digest()
    return h


def name(ident):
    return "sha256:" + ident.hex()


# Section 11.


class Log:
    def __init__(self, number, ident):
        self.number, self.id, self.name = number, ident, name(ident)
        self.leaves, self.first, self.foreign, self.heads, self.times, self.heads_count = [], None, False, [], [], 0

    size = property(lambda self: len(self.leaves))


class Verifier:
    def __init__(self, folder, heads=(), witnesses=()):
        self.folder, self.kept, self.witnesses = folder, heads, witnesses
        self.problems, self.remarks, self.statements, self.uses, self.saved = [], [], [], set(), {}
        self.erased = set()
        with open(os.path.join(folder, "library.json"), encoding="utf-8") as f:
            self.library = json.load(f)["id"]
        path = os.path.abspath(os.path.join(folder, "ledger.db"))
        self.db = sqlite3.connect("file:" + path + "?mode=ro&immutable=1", uri=True)

    def problem(self, code, log=None, index=None):
        entry = "" if log is None else log if index is None else "%s#%d" % (log, index)
        self.problems.append({"code": code, "entry": entry})

    def remark(self, code, log, index):
        if not any(r["code"] == code and r["entry"].startswith(log.name) for r in self.remarks):
            self.remarks.append({"code": code, "entry": "%s#%d" % (log.name, index)})

    def verdict(self):
        logs = self.logs()
        if logs is not None:
            for log in logs:
                self.entries(log)
                self.judge_heads(log)
            self.epochs(logs)
            self.people(logs)
            self.elsewhere(logs)
            self.openings()
            self.contents()
        order = lambda p: p["code"] + " " + p["entry"]
        return {
            "state": "Invalid" if self.problems else "Valid",
            "entries": sum(l.size for l in logs or []),
            "heads": sum(l.heads_count for l in logs or []),
            "problems": sorted(self.problems, key=order),
            "remarks": sorted(self.remarks, key=order),
        }

    def logs(self):
        logs = []
        for number, ident in self.db.execute("SELECT number, CAST(id AS BLOB) FROM logs ORDER BY number"):
            if len(ident) != 32:
                self.problem("log.malformed")
                return None
            log = Log(number, ident)
            row = self.db.execute("SELECT CAST(text AS BLOB) FROM entries WHERE place = ?", (number << 40,)).fetchone()
            try:
                need(row is not None and leaf(row[0]) == ident, "its id")
                first = entry(row[0])
                need(first["kind"] == "log" and first["v"] == 1, "its first entry")
            except Malformed:
                self.problem("log.malformed", log.name, 0)
                return None
            log.first = first["body"]
            log.foreign = log.first["library"] != self.library
            logs.append(log)
        return sorted(logs, key=lambda l: l.id)

    def entries(self, log):
        if log.foreign:
            self.problem("log.foreign", log.name, 0)
        latest, back = None, False
        log.latest = []
        query = "SELECT place, CAST(text AS BLOB) FROM entries WHERE place BETWEEN ? AND ? ORDER BY place"
        for place, raw in self.db.execute(query, (log.number << 40, (log.number + 1 << 40) - 1)):
            index = place - (log.number << 40)
            if index != log.size:
                self.problem("entry.missing", log.name, log.size)
                break
            if len(raw) > 65535:
                raw = b""
            log.leaves.append(leaf(raw))
            log.latest.append(latest)
            try:
                e = entry(raw)
            except Malformed:
                self.problem("entry.malformed", log.name, index)
                continue
            if index > 0 and e.get("log") != log.name:
                self.problem("entry.foreign", log.name, index)
                continue
            at = milliseconds(e["time"])
            if latest is None or at > latest[0]:
                latest = (at, index)
            elif latest[0] - at > 300000 and not back:
                back = True
                self.remark("clock.back", log, index)
            log.latest[-1] = latest
            if index > 0 and not log.foreign:
                self.entry(log, index, e)

    def entry(self, log, index, e):
        b, kind = e["body"], e["kind"]
        if e["v"] != 1:
            return
        if kind in ("library", "actor", "milestone") and "statement" in b:
            try:
                statement(b["statement"])
                need(b["statement"]["library"] == self.library, "its library")
                self.statements.append((log.id, index, milliseconds(e["time"]), b["statement"]))
            except (Malformed, TypeError):
                self.problem("statement.invalid", log.name, index)
        if kind == "generation.finished":
            self.uses |= {c["picture"] for c in b.get("candidates", [])}
        named = {"model": "card", "import": "file", "export": "certificate", "scan": "report", "grant": "document"}
        if kind in named and named[kind] in b:
            self.uses.add(b[named[kind]])
        if kind == "erased":
            self.erased.add(b["commitment"])
        if kind == "saved":
            revision, documents = self.saved.get(b["id"], (None, set()))
            if revision is None or b["revision"] > revision:
                self.saved[b["id"]] = (b["revision"], {b["document"]})
            elif b["revision"] == revision:
                documents.add(b["document"])

    def judge_heads(self, log):
        said = set()

        def once(code, index=None):
            if code not in said:
                said.add(code)
                self.problem(code, log.name, index)

        for place, raw in self.db.execute("SELECT place, CAST(note AS BLOB) FROM heads WHERE place >> 40 = ? ORDER BY place", (log.number,)):
            log.heads_count += 1
            try:
                h = Note(raw)
                need(h.log == log.id and h.size == place - (log.number << 40), "its place")
                log.heads.append(h)
                for (line,) in self.db.execute("SELECT line FROM cosignatures WHERE place = ? ORDER BY line", (place,)):
                    try:
                        s = signature_line(line)
                        if s not in h.signatures:
                            h.signatures.append(s)
                    except Malformed:
                        pass
            except Malformed:
                self.problem("head.malformed", log.name)
        if log.foreign:
            return
        try:
            log.key = did(log.first["device"])
        except Malformed:
            log.key = None
            self.problem("log.malformed", log.name, 0)
            return
        covered = 0
        for h in log.heads:
            if not h.signed(log.key):
                once("head.signature")
                continue
            times, wrong = self.cosignatures(h)
            if wrong:
                once("cosignature.invalid")
            if h.size > log.size:
                once("head.beyond")
                continue
            if root(log.leaves[: h.size]) != h.root:
                once("head.mismatch")
                continue
            covered = max(covered, h.size)
            self.seen(log, h, times)
        if covered < log.size:
            self.problem("head.missing", log.name, covered)

    def cosignatures(self, h):
        times, wrong = [], False
        for w in self.witnesses:
            t, bad = h.cosigned(w)
            times, wrong = times + t, wrong or bad
        return times, wrong

    def seen(self, log, h, times):
        for t in times:
            latest = log.latest[h.size - 1] if h.size else None
            if latest and latest[0] - t * 1000 > 300000:
                self.remark("clock.ahead", log, latest[1])

    def epochs(self, logs):
        places = set()
        for log in logs:
            if log.foreign:
                continue
            place = (log.first["author"], log.first["device"], log.first["epoch"])
            if place in places:
                self.problem("log.repeated", log.name, 0)
            places.add(place)
            previous = log.first.get("previous")
            for before in logs:
                if previous and before.name == previous["log"]:
                    if previous["size"] > before.size:
                        self.problem("log.rolled-back", before.name)
                    elif previous["size"] < 0 or name(root(before.leaves[: previous["size"]])) != previous["root"]:
                        self.problem("log.previous", log.name, 0)

    def people(self, logs):
        queues = {}
        for s in self.statements:
            queues.setdefault(s[0], []).append(s)
        order = []
        while any(queues.values()):
            ident = min((q[0][2], i) for i, q in queues.items() if q)[1]
            order.append(queues[ident].pop(0))
        people, before = People(), None
        while order and len(order) != before:
            before = len(order)
            order = [s for s in order if not people.apply(s[3])]
        for ident, index, _, _ in order:
            self.problem("statement.invalid", name(ident), index)
        for log in logs:
            if not log.foreign and not people.believed(log.first["author"], log.first["device"], log.name, log.size):
                self.problem("device.unauthorised", log.name)

    def elsewhere(self, logs):
        for raw in self.kept:
            try:
                h = Note(raw)
            except Malformed:
                self.problem("head.malformed")
                continue
            here = [l for l in logs if l.id == h.log and not l.foreign]
            if not here:
                self.problem("log.missing", name(h.log))
                continue
            log = here[0]
            if log.key is None:
                continue
            if not h.signed(log.key):
                self.problem("head.signature", log.name)
                continue
            times, wrong = self.cosignatures(h)
            if wrong:
                self.problem("cosignature.invalid", log.name)
            if h.size > log.size:
                self.problem("log.rolled-back", log.name)
            elif root(log.leaves[: h.size]) != h.root:
                self.problem("log.forked", log.name)
            else:
                self.seen(log, h, times)

    def openings(self):
        for commitment, salt, value in self.db.execute("SELECT CAST(commitment AS BLOB), CAST(salt AS BLOB), CAST(value AS BLOB) FROM openings ORDER BY number"):
            salt = b"" if len(salt) > 32 else salt
            value = b"" if len(value) > 1 << 20 else value
            if not any(salt) and not any(value):
                continue
            if len(salt) != 32 or hashlib.sha256(b"selvage-commitment-v1\n" + salt + value).digest() != commitment:
                self.problem("opening.mismatch")

    def contents(self):
        for _, documents in self.saved.values():
            self.uses |= documents
        for h in sorted(self.uses - {NO_HASH}):
            digits = h[len("sha256:"):]
            try:
                with open(os.path.join(self.folder, "blobs", "sha256", digits[:2], digits), "rb") as f:
                    if hashlib.sha256(f.read()).hexdigest() != digits:
                        self.problem("blob.damaged")
            except FileNotFoundError:
                if h in self.erased:
                    self.remarks.append({"code": "blob.erased", "entry": ""})
                else:
                    self.problem("blob.missing")


def main(folder):
    verdicts = {}
    for sample in sorted(os.listdir(folder)):
        at = os.path.join(folder, sample)
        if not os.path.exists(os.path.join(at, "library.json")):
            continue
        with open(os.path.join(at, "kept.note"), "rb") as f:
            heads = [f.read()]
        with open(os.path.join(at, "witness.txt"), encoding="utf-8") as f:
            witnesses = [witness(f.read().strip())]
        verdicts[sample] = {"alone": Verifier(at).verdict(), "with": Verifier(at, heads, witnesses).verdict()}
    json.dump(verdicts, sys.stdout, indent="\t", ensure_ascii=False)


if __name__ == "__main__":
    main(sys.argv[1])
