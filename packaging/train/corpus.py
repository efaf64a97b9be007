"""The corpus: drawings made by rule, streamed out of the Go binary.

packaging/train/corpus writes the format of engine/draw/corpus to its standard
output (integers little-endian):

    "selvcrp1", uint32 version of the rules, uint32 size, uint64 samples
    for each sample: uint16 length, caption; uint16 length, labels in JSON;
    size*size*3 bytes RGB

A drawing is a pure function of its seed, so nothing is kept on disk: any
stretch of the corpus is drawn again when it is wanted, and the corpus hash of
the card can be checked by anybody who has the binary.

The corpus is cut into blocks of BLOCK seeds. Its hash is the SHA-256 of the
concatenated SHA-256 of the blocks, each taken over its samples as they are
streamed.
"""

import hashlib
import json
import multiprocessing
import os
import struct
import subprocess
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch

MAGIC = b"selvcrp1"
BLOCK = 1024

# One caption of this many is kept out of training, whatever drawing it belongs
# to; evaluation takes its prompts from those alone.
UNSEEN_OF = 32

# Where the streams begin: far enough apart that none runs into the next.
STREAMS = {"train": 0, "judge": 1 << 40, "eval": 2 << 40}


class CorpusError(Exception):
    """The streamer is missing, failed, or wrote something else than a corpus."""


@dataclass(frozen=True)
class Source:
    """Where drawings come from: a streamer binary and the seeds to read.

    Indices count from the stream's first seed. held_out asks for the
    combinations that training leaves out, and only those.
    """

    command: str
    stream: str = "train"
    held_out: bool = False
    size: int = 256
    workers: int = 1
    families: tuple = ()  # none named is all of them
    figures: int = 0  # how many forms a motif has in all; 0 is one of its own for each drawing
    group: bool = False  # the group that fills a picture when it is repeated label["part"] times, rather than the picture
    plain: bool = False  # pass over line drawings, block-print and ikat edges, which 16 x 16 latents cannot hold
    seldom: tuple = ()  # families of which only every third drawing is wanted: what a model knows well already

    def wants(self, label):
        if label["family"] in self.seldom and label["index"] % 3:
            return False
        return not self.plain or label["style"] == "clean" and label["outline"] != "line"

    def arguments(self, start, count, size):
        found = [self.command, "-from", str(STREAMS[self.stream] + start), "-n", str(count), "-size", str(size), "-workers", str(self.workers)]
        if self.families:
            found += ["-families", ",".join(self.families)]
        if self.figures:
            found += ["-figures", str(self.figures)]
        if self.group:
            found += ["-group"]
        return found + ["-held-out"] if self.held_out else found

    def header(self):
        """The version of the rules, and every word that captions are made of."""
        with _Stream(self.arguments(0, 0, 16)) as stream:
            rules = stream.rules
        listed = subprocess.run([self.command, "-vocabulary"], capture_output=True, text=True, check=False)
        if listed.returncode:
            raise CorpusError(f"the corpus streamer does not list its vocabulary: {listed.stderr.strip()}")
        return {"rules": rules, "vocabulary": listed.stdout.split()}

    def read(self, start, count):
        """Yields (label, picture) with picture uint8 [size, size, 3], of the drawings that are wanted."""
        with _Stream(self.arguments(start, count, self.size)) as stream:
            for index in range(start, start + count):
                _, label = stream.label(index)
                picture = np.empty((self.size, self.size, 3), np.uint8)
                stream.fill(picture)
                if self.wants(label):
                    yield label, picture

    def digest(self, count):
        """SHA-256 of the first count samples as streamed, in hexadecimal: a hash that anybody can check in no time."""
        digest = hashlib.sha256()
        picture = np.empty((self.size, self.size, 3), np.uint8)
        with _Stream(self.arguments(0, count, self.size)) as stream:
            for index in range(count):
                raw, _ = stream.label(index)
                stream.fill(picture)
                digest.update(raw)
                digest.update(picture)
        return digest.hexdigest()

    def labels(self, start, count):
        """Yields labels only; the pictures are drawn as small as can be, and dropped."""
        with _Stream(self.arguments(start, count, 16)) as stream:
            picture = np.empty((16, 16, 3), np.uint8)
            for index in range(start, start + count):
                _, label = stream.label(index)
                stream.fill(picture)
                if self.wants(label):
                    yield label

    def block(self, number):
        """Draws block number: (labels, pictures uint8 [n, size, size, 3], digest); the digest is over all BLOCK drawings, wanted or not."""
        digest = hashlib.sha256()
        labels, pictures = [], np.empty((BLOCK, self.size, self.size, 3), np.uint8)
        with _Stream(self.arguments(number * BLOCK, BLOCK, self.size)) as stream:
            for i, picture in enumerate(pictures):
                raw, label = stream.label(number * BLOCK + i)
                stream.fill(picture)
                digest.update(raw)
                digest.update(picture)
                labels.append(label)
        keep = [i for i, label in enumerate(labels) if self.wants(label)]
        return [labels[i] for i in keep], pictures[keep], digest.digest()


def full_caption(label):
    """A caption that leaves nothing out, in the trade's own words and a fixed order."""
    before = [label["density"] if label["density"] != "regular" else "", label["scale"], label["family"]]
    parts = [" ".join(w for w in before if w), label["layout"], label["direction"]]
    if label["secondary"] not in ("", "none"):
        parts.append("with small " + label["secondary"])
    if label["style"] != "clean":
        parts.append(label["style"])
    parts.append({"flat": "flat", "outlined": "outlined", "line": "line drawing"}[label["outline"]])
    n = label["positions"]
    parts.append(NUMBERS[n] + (" colour" if n == 1 else " colours"))
    return ", ".join(p for p in parts if p)


def groups(label):
    """How many groups along each side fill a picture of that label, as draw.Spec.Groups has it."""
    rank = ("small", "medium", "large").index(label["scale"])
    if not label["layout"]:
        return (3, 2, 1)[rank]
    if label["layout"] in ("tossed", "all-over"):
        return (2, 1, 1)[rank]
    if label["density"] == "sparse":
        return (2, 1, 1)[rank]
    return (3, 2, 1)[rank]


# Where in a group a layout, or a family that has none, shows the same once more, in quarters of it down and across:
# engine/starter/places.go has the same.
PLACES = {
    "grid": ((2, 0), (0, 2), (2, 2)), "brick": ((2, 1), (0, 2), (2, 3)),
    "half-drop": ((1, 2), (2, 0), (3, 2)), "ogee": ((1, 2), (2, 0), (3, 2)),
    "plaid": ((2, 0), (0, 2), (2, 2)), "vertical stripes": ((2, 0),),
    **dict.fromkeys(("waves", "chevrons", "ogees", "horizontal stripes"), ((0, 2),)),
    **dict.fromkeys(("scallops", "diagonal stripes"), ((2, 2),)),
}


def places(caption):
    """The PLACES of a full caption; none where motifs are turned from place to place, or lie anywhere."""
    parts = caption.split(", ")
    if any(way in parts for way in ("two-way", "multi-directional")):
        return ()
    label = read_full(caption)
    return PLACES.get(label["layout"] or label["family"], ())


NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven")


def read_full(caption):
    """What groups, inking and the critic need to know of a label, from its full caption."""
    first, *rest = caption.split(", ")
    words = first.split()
    layouts = [part for part in rest if part in ("grid", "half-drop", "brick", "tossed", "stripe", "ogee", "all-over")]
    scale = next(w for w in words if w in ("small", "medium", "large"))
    return {"full": caption, "scale": scale, "family": " ".join(words[words.index(scale) + 1 :]), "density": words[0] if words[0] in ("sparse", "dense") else "regular",
            "layout": layouts[0] if layouts else "", "positions": NUMBERS.index(rest[-1].split()[0])}


class _Stream:
    """The streamer's output, read to its end."""

    def __init__(self, arguments):
        try:
            self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=1 << 20)
        except OSError as err:
            raise CorpusError(f"the corpus streamer {arguments[0]} does not start: {err}; build it with: go build -o bin/corpus ./packaging/train/corpus") from err
        # Standard error is drained beside, so that a talkative streamer never blocks.
        self.said = b""
        self.drain = threading.Thread(target=self._drain, daemon=True)
        self.drain.start()
        self.out = self.process.stdout
        magic, self.rules, self.size, _ = struct.unpack("<8sIIQ", self._take(24))
        if magic != MAGIC:
            raise self._failure("its output does not begin with " + MAGIC.decode())

    def _drain(self):
        self.said = self.process.stderr.read()

    def _take(self, n):
        data = self.out.read(n)
        if len(data) != n:
            raise self._failure("its output ends too early")
        return data

    def _failure(self, what):
        self.out.close()
        self.process.kill()
        self.process.wait()
        self.drain.join()
        self.process.stderr.close()
        return CorpusError(f"corpus streamer: {what}. {self.said.decode(errors='replace').strip()}")

    def label(self, index):
        """The next sample's texts as streamed, and its label; its picture has to be taken next."""
        head = self._take(2)
        caption = self._take(struct.unpack("<H", head)[0])
        middle = self._take(2)
        labels = self._take(struct.unpack("<H", middle)[0])
        label = {"direction": "", "layout": "", **json.loads(labels), "index": index, "caption": caption.decode()}
        label["full"] = full_caption(label)
        return head + caption + middle + labels, label

    def fill(self, picture):
        """Reads a picture into a contiguous uint8 array."""
        view = memoryview(picture).cast("B")
        if self.out.readinto(view) != len(view):
            raise self._failure("its output ends in the middle of a picture")

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            self.process.kill()
        # Whoever stops early does not want the rest: the streamer's next write fails.
        self.out.close()
        code = self.process.wait()
        self.drain.join()
        self.process.stderr.close()
        if kind is None and code > 0:
            raise CorpusError(f"corpus streamer ended with {code}: {self.said.decode(errors='replace').strip()}")


def unseen(caption):
    """Whether a caption is kept for evaluation and never trained on."""
    return int.from_bytes(hashlib.sha256(caption.encode()).digest()[:8], "big") % UNSEEN_OF == 0


def learnt(labels):
    """The places of the labels that may be trained on: neither of their captions is kept for evaluation."""
    return [i for i, label in enumerate(labels) if not unseen(label["caption"]) and not unseen(label["full"])]


@dataclass(frozen=True)
class Encoding:
    """A block as training takes it: latents in half precision, and token ids of both captions, [n, 2, tokens].

    linear encodes pictures, reader captions. What is kept for evaluation is left out.
    """

    linear: Callable
    reader: Callable

    def __call__(self, labels, pictures):
        keep = learnt(labels)
        pictures, labels = pictures[keep], [labels[i] for i in keep]
        latents = torch.cat([self.linear(pictures[i : i + 64]) for i in range(0, len(pictures), 64)])
        ids = np.stack([self.reader([label[key] for label in labels]) for key in ("caption", "full")], 1)
        # Arrays: tensors would go between processes as files, one for each.
        return latents.half().numpy(), ids


def _job(source, encode, number):
    """A block as it is kept: encoded, its digest, and how many drawings of it each family has."""
    labels, pictures, digest = source.block(number)
    return encode(labels, pictures), digest, Counter(label["family"] for label in labels)


class Feed:
    """Blocks of the corpus as training wants them: encoded, in order, ahead of time.

    encode(labels, pictures) is called once for each block, beside the training, and its
    result, a tuple of arrays, kept on the device while the block is in the window. Stage j
    sees the last `window` blocks before (j+1) * fresh; which drawings a step takes is the
    caller's pure function of the step, so a run that stops and goes on sees exactly what an
    unbroken one would have seen. With several workers they are processes: threads would
    share Python's one lock with the training, which has a thousand kernels a step to start.
    """

    def __init__(self, source, encode, fresh=1, window=8, workers=1, device="cpu"):
        self.source, self.encode, self.device = source, encode, device
        self.fresh, self.window = fresh, window
        # Not forked: a process with a GPU open cannot be.
        self.pool = ThreadPoolExecutor(1) if workers == 1 else ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"))
        self.ahead = 2 * workers if workers > 1 else 1
        self.pending = OrderedDict()
        self.held = OrderedDict()
        self.digests = {}
        self.counts = Counter()

    def _submit(self, number):
        if number not in self.held and number not in self.pending:
            self.pending[number] = self.pool.submit(_job, self.source, self.encode, number)

    def stage(self, j):
        """The encoded blocks of stage j, oldest first; waits until all are drawn."""
        end = (j + 1) * self.fresh
        first = max(0, end - self.window)
        for number in range(first, end):
            self._submit(number)
        for number in range(first, end):
            if number in self.held:
                continue
            encoded, digest, counts = self.pending.pop(number).result()
            self.held[number] = [torch.from_numpy(part).to(self.device) for part in encoded]
            if number not in self.digests:
                self.digests[number] = digest
                self.counts += counts
        for number in [n for n in self.held if n < first]:
            del self.held[number]
        for number in range(end, end + max(self.fresh, self.ahead if self.fresh > 1 else 1)):
            self._submit(number)
        return [self.held[n] for n in sorted(self.held)]

    def close(self):
        for job in self.pending.values():
            job.cancel()
        self.pool.shutdown(wait=True, cancel_futures=True)

    def record(self):
        """What has been drawn so far, to be stored in a checkpoint."""
        return {"digests": dict(self.digests), "counts": dict(self.counts)}

    def restore(self, record):
        self.digests = dict(record["digests"])
        self.counts = Counter(record["counts"])


def corpus_hash(digests):
    """The hash of blocks 0..n-1 from their digests, as hexadecimal SHA-256."""
    whole = hashlib.sha256()
    for number in range(len(digests)):
        whole.update(digests[number])
    return whole.hexdigest()


def find_streamer(name=None):
    """The streamer's path: the argument, SELVAGE_CORPUS, or bin/corpus of the repository."""
    if name:
        return name
    if os.environ.get("SELVAGE_CORPUS"):
        return os.environ["SELVAGE_CORPUS"]
    here = os.path.dirname(os.path.abspath(__file__))
    return os.path.join(here, "..", "..", "bin", "corpus")
