"""Trains the model that ships: text to screens.

    make train                              sets up, builds the streamer, goes on where it was
    python train.py run --minutes 60        the same for an hour
    python train.py export                  the averaged weights as a diffusers folder, with card
    python train.py critic                  trains the critic that chooses among samples
    python train.py judge                   trains the judge if needed, scores, writes the card again
    python train.py status

Everything lies in $SELVAGE_TRAIN_DIR (default: the user's cache, selvage/train/NAME):
plan.json (fixed when the training begins), tokenizer/, text.pt, vae.pt, state.pt,
log.csv, sheets/, judge.pt, export/. Each file is replaced whole, so a training that
is killed goes on from its last checkpoint, step for step as if it had never stopped
(on the same kind of device): every random choice is a function of the seed and the step.
"""

import argparse
import base64
import csv
import dataclasses
import datetime
import itertools
import json
import math
import os
import shutil
import signal
import sys
import time

# More threads on busy cores are slower, and the others want to work too.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import numpy as np
import torch
import torch.distributed as dist
from diffusers.models.attention_processor import AttnProcessor
from PIL import Image

import card
import critic as criticism
import judge as judging
import text
import vae as autoencoder
from corpus import BLOCK, CorpusError, Encoding, Feed, Source, find_streamer, learnt
from model import Average, Objective, build_unet, cast, roll, wrap_convolutions
from muon import Muon, matrices
from sample import Model, sheet


# What the model learns to draw: those of the rules' families that a small model can tell apart at this size.
FAMILIES = (
    "flowers", "daisies", "tulips", "leaves", "hearts", "stars", "birds", "butterflies", "polka dots", "diamonds",
    "vertical stripes", "horizontal stripes", "diagonal stripes", "chevrons", "waves", "checks", "gingham", "scallops",
    "cherries", "lemons", "fish", "moons", "suns", "triangles", "hexagons", "circles", "ogees", "trellis", "terrazzo", "plaid",
)


@dataclasses.dataclass
class Plan:
    """What a training is. Written once; only what is CHANGEABLE may be otherwise afterwards."""

    name: str = "starter"
    seed: int = 4
    stream: str = "train"
    size: int = 256
    families: tuple = FAMILIES
    plain: bool = True         # see corpus.Source
    figures: int = 0           # the same
    group: bool = False        # the same; size is then the group's
    seldom: tuple = ()         # the same; it may begin late, since the corpus hash is over all drawings
    since: int = 0             # the step at which this plan of rates began
    begun: int = 0             # the stage of the corpus at that step
    # Shapes.
    latent_channels: int = 32
    unet_channels: tuple = (64, 96, 192)
    reads_from: int = 1        # the level of the UNet from which on it looks at the words, and at other places
    text_width: int = 192
    text_layers: int = 3
    text_heads: int = 3
    decoder_width: int = 32
    decoder_blocks: tuple = (3, 3, 2, 1, 0)
    # Reading lesson.
    text_labels: int = 12 * BLOCK
    text_steps: int = 400
    # Decoder.
    vae_blocks: int = 2
    vae_steps: int = 300       # what the sheets need; `train.py vae --vae-more` goes on beside the UNet
    vae_batch: int = 4
    vae_rate: float = 1.5e-3
    # UNet.
    steps: int = 21000
    batch: int = 32
    rate: float = 3e-4
    text_rate: float = 0.3     # of rate
    text_from: int = 2000      # the step from which the text encoder learns on
    warmup: int = 100
    cool: float = 0.4          # share of the steps over which the rate falls to zero
    dropout: float = 0.1
    full_captions: float = 0.4
    # Corpus: a stage draws `fresh` new blocks and sees the last `window`; each drawing is used about `reuse` times.
    fresh: int = 2
    window: int = 24
    reuse: float = 4.0

    def picture_size(self):
        """The side in pixels of what is made in the end: a group's is half of it."""
        return 2 * self.size if self.group else self.size

    def stage_steps(self):
        return max(1, round(self.reuse * self.fresh * BLOCK / self.batch))

    def stage_at(self, step):
        """Which stage of the corpus a step learns from."""
        return self.begun + (step - self.since) // self.stage_steps()

    def falling_from(self, step):
        """How many steps there are in all where the rate begins to fall at this one."""
        return round(self.since + (step - self.since) / (1 - self.cool))

    def rate_at(self, step):
        """Warm-up, constant, then a quarter wave of a cosine to zero."""
        left = (self.steps - step) / max(1, self.cool * (self.steps - self.since))
        fall = 1.0 if left >= 1 else 0.5 - 0.5 * math.cos(math.pi * max(0.0, left))
        return self.rate * min(1.0, (step - self.since + 1) / self.warmup) * fall


CHANGEABLE = {"steps", "rate"}  # each session of the lineage says what it ran with

SHAPE = {"unet_channels", "reads_from", "text_width", "text_layers", "text_heads"}  # of what is taught anew where it is another than before

CUDA = {
    "batch": 2048, "rate": 1.2e-3, "steps": 12000, "warmup": 400, "cool": 0.5, "text_from": 0,
    "vae_blocks": 16, "vae_steps": 4000, "vae_batch": 64, "vae_rate": 1e-3, "fresh": 16, "window": 1536, "reuse": 6.0,
}


class Beside:
    """The processes that train one model together, as torchrun started them: each has its share of every batch. One alone is the first."""

    def __init__(self):
        self.several = dist.is_initialized()
        self.number, self.count = (dist.get_rank(), dist.get_world_size()) if self.several else (0, 1)
        self.first = self.number == 0  # who writes

    def said(self):
        return f", {self.count} processes" if self.several else ""

    def share(self, batch):
        return batch[self.number :: self.count]

    def any(self, said):
        """Whether any of them says so: all have to stop at the same step."""
        if not self.several:
            return said
        found = torch.tensor(int(bool(said)))
        dist.all_reduce(found, dist.ReduceOp.MAX)
        return bool(found)

    def average_gradients(self, params):
        if not self.several:
            return
        grads = [q.grad for q in params if q.grad is not None]
        flat = torch.cat([g.flatten() for g in grads])
        dist.all_reduce(flat)
        for g, part in zip(grads, flat.div_(self.count).split([g.numel() for g in grads])):
            g.copy_(part.view_as(g))

    def after_first(self, work):
        """Does work in the first process, and then in the others, which find its files."""
        for turn in (True, False):
            if turn == self.first:
                found = work()
            if self.several:
                dist.barrier()
        return found


class Training:
    """One training in one folder."""

    def __init__(self, folder, device, streamer, workers):
        self.folder, self.device = folder, device
        self.streamer, self.workers = streamer, workers
        self.beside = Beside()
        self.compiled = False
        self.stop = False

    # Files.

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def has(self, *names):
        return os.path.exists(self.path(*names))

    def save(self, name, data):
        """Writes a checkpoint whole, or leaves the old one."""
        if not self.beside.first:
            return
        fresh = self.path(name + ".new")
        torch.save(data, fresh)
        with open(fresh, "rb") as f:
            os.fsync(f.fileno())
        os.replace(fresh, self.path(name))

    def read(self, name):
        return torch.load(self.path(name), map_location="cpu", weights_only=True)

    def log(self, line):
        if not self.beside.first:
            return
        line = time.strftime("%H:%M:%S ") + line
        print(line, flush=True)
        with open(self.path("log.txt"), "a", encoding="utf-8") as f:
            f.write(line + "\n")

    # Begin.

    def begin(self, changes):
        """Reads the plan, or fixes one for a new training."""
        os.makedirs(self.path("sheets"), exist_ok=True)
        if self.has("plan.json"):
            with open(self.path("plan.json"), encoding="utf-8") as f:
                stored = json.load(f)
            self.plan = Plan(**{k: tuple(v) if isinstance(v, list) else v for k, v in stored["plan"].items()})
            self.header = stored["header"]
            self.streamer = self.kept_streamer()
            first = self.source().block(0)[2].hex()
            if first != self.header.setdefault("first_block", first):
                raise CorpusError("the drawing rules have changed since this training began: its first block comes out different. "
                                  "Build the streamer of then and name it with --corpus, or begin anew with another --name")
            grown = {k: v for k, v in changes.items() if v is not None and getattr(self.plan, k) != v}
            if set(grown) - CHANGEABLE:
                raise SystemExit(f"train: {', '.join(sorted(set(grown) - CHANGEABLE))} of a training that has begun cannot change; use another --name")
            self.plan = dataclasses.replace(self.plan, **grown)
        else:
            base = CUDA if self.device == "cuda" else {}
            self.plan = Plan(**{**base, **{k: v for k, v in changes.items() if v is not None}})
            # Rules may move on while a training runs: it keeps the streamer that it began with.
            shutil.copy(self.streamer, self.path("corpus"))
            self.streamer = self.path("corpus")
            self.header = {**self.source().header(), "first_block": self.source().block(0)[2].hex()}
        self.keep_plan()

    def adopt(self, folder, changes):
        """Begins where an exported folder ends: its averaged weights, its lineage, a fresh optimiser.

        This is how a training goes on where only the model was kept. changes are to
        its plan; where they ask for other drawings, a new corpus begins, and the
        lineage keeps what it says of the one before. Where they ask for another
        shape of UNet or text encoder, these are taught anew, and the autoencoder is kept.
        """
        if self.has("plan.json"):
            raise SystemExit(f"train: {self.folder} holds a training already; --from begins a new one, with another --name")
        from diffusers import AutoencoderTiny, UNet2DConditionModel
        from transformers import CLIPTextModel

        try:
            with open(os.path.join(folder, "resume.json"), encoding="utf-8") as f:
                lineage = json.load(f)
        except FileNotFoundError:
            raise SystemExit(f"train: {folder} has no resume.json; only a folder that train.py export wrote can be gone on from") from None
        os.makedirs(self.folder, exist_ok=True)
        for kept in ("tokenizer", criticism.FOLDER):
            if os.path.isdir(os.path.join(folder, kept)):
                shutil.copytree(os.path.join(folder, kept), self.path(kept), dirs_exist_ok=True)
        parts = [kind.from_pretrained(os.path.join(folder, name)).float() for kind, name in (
            (UNet2DConditionModel, "unet"), (AutoencoderTiny, "vae"), (CLIPTextModel, "text_encoder"))]
        unet, vae, encoder = (part.state_dict() for part in parts)
        state, header = lineage["state"], lineage["header"]
        plan = {**dataclasses.asdict(Plan()), **lineage["plan"], "since": state["step"]}
        changes = {k: v for k, v in changes.items() if v is not None and plan[k] != (list(v) if isinstance(v, tuple) else v)}
        if fixed := set(changes) & {"latent_channels", "decoder_width"}:
            raise SystemExit(f"train: {', '.join(sorted(fixed))} are the shape of the autoencoder that is gone on from; begin without --from")
        if "decoder_blocks" in changes:
            vae = autoencoder.deepened(vae, plan["decoder_blocks"], changes["decoder_blocks"])
        self.save("vae.pt", {"weights": vae, "optimizer": None,
                              "step": (state.get("vae_result") or {}).get("steps", lineage["plan"]["vae_steps"]), "result": state.get("vae_result") or {}})
        plan.update(changes)
        anew = bool(set(changes) & SHAPE)
        earlier = state.get("earlier", [])
        if anew or set(changes) & {"stream", "size", "families", "plain", "figures", "group"}:
            with open(os.path.join(folder, "lineage.json"), encoding="utf-8") as f:
                described = json.load(f)
            kept = {"kept": "the autoencoder alone", "hours": described["training"]["hours"]} if anew else {}
            earlier = [*earlier, {**{k: v for k, v in described["data"].items() if k != "earlier"}, "until": state["step"], **kept}]
            feed = {"digests": {}, "counts": {}}
            # begin draws its first block, and keeps the words that the model knows.
            header = {k: v for k, v in header.items() if k != "first_block"}
        else:
            digests = base64.b64decode(state["feed"]["digests"])
            feed = {"digests": {n: digests[32 * n : 32 * n + 32] for n in range(len(digests) // 32)}, "counts": state["feed"]["counts"]}
        # Stages have drawings enough for so many batches, and batches may have another size now.
        plan["begun"] = -(-len(feed["digests"]) // plan["fresh"])
        if anew:
            plan["since"] = 0
            self.save("state.pt", {"step": 0, "samples": 0, "sessions": [], "feed": feed, "earlier": earlier})
        else:
            self.save("text.pt", {"weights": encoder, "result": state.get("text_result")})
            average = [p for part in (unet, encoder) for p in part.values() if p.is_floating_point()]
            self.save("state.pt", {"step": state["step"], "samples": state["samples"], "sessions": state["sessions"], "feed": feed, "earlier": earlier,
                                   "unet": unet, "encoder": encoder, "optimizers": None, "average": average})
        with open(self.path("plan.json"), "w", encoding="utf-8") as f:
            json.dump({"plan": plan, "header": header}, f, indent=1)
        # What this training draws, it draws with the streamer of today.
        shutil.copy(self.streamer, self.path("corpus"))

    def kept_streamer(self):
        """The streamer that this training began with, unless it was built for another kind of machine."""
        if self.has("corpus"):
            try:
                Source(self.path("corpus")).header()
                return self.path("corpus")
            except CorpusError as err:
                self.log(f"the kept streamer does not run here ({err}); using {self.streamer}")
        return self.streamer

    def source(self, stream=None, held_out=False, workers=None):
        """Drawings of a stream: those to learn from are as the plan says, those to be judged by whole pictures with figures of all kinds."""
        p = self.plan
        learnt = Source(self.streamer, stream or p.stream, held_out, p.size, workers or self.workers, tuple(p.families), p.figures, p.group, p.plain, tuple(p.seldom))
        if stream not in ("judge", "eval"):
            return learnt
        return dataclasses.replace(learnt, figures=0, group=False, seldom=(), size=p.picture_size())

    # Parts.

    def prepare_text(self):
        """The vocabulary and the reading lesson."""
        p = self.plan
        if not self.has("tokenizer", "vocab.json"):
            # Only words that the corpus really holds: whoever uses another is told that the model does not know it.
            said = {part for label in self.source().labels(0, p.text_labels) for key in ("caption", "full") for part in _words(label[key])}
            known = {part for word in self.header["vocabulary"] for part in _words(word)}
            text.write_tokenizer(self.path("tokenizer"), said & known)
        self.reader = text.Reader(self.path("tokenizer"))
        torch.manual_seed(p.seed)
        self.encoder = text.build_encoder(self.reader, p.text_width, p.text_layers, p.text_heads)
        if self.has("text.pt"):
            stored = self.read("text.pt")
            self.encoder.load_state_dict(stored["weights"])
            self.text_result = stored["result"]
        else:
            labels = list(self.source().labels(0, p.text_labels))
            labels = [labels[i] for i in learnt(labels)]
            self.text_result = text.teach(self.encoder, self.reader, labels, p.text_steps, p.seed, self.log, device=self.device)
            self.log(f"text: named right {json.dumps({k: round(v, 3) for k, v in self.text_result.items()})}; vocabulary {self.reader.size}; cut captions {self.reader.cut}")
            self.save("text.pt", {"weights": {k: v.cpu() for k, v in self.encoder.state_dict().items()}, "result": self.text_result})
        self.encoder.to(self.device).eval()

    def prepare_vae(self, steps=None):
        """The PCA encoder, and the decoder up to its planned steps; more with steps."""
        p = self.plan
        torch.manual_seed(p.seed + 1)
        self.vae = autoencoder.make_seamless(autoencoder.build(p.latent_channels, p.decoder_width, p.decoder_blocks)).to(self.device, memory_format=torch.channels_last)
        stored = self.read("vae.pt") if self.has("vae.pt") else None
        self.vae_result = stored["result"] if stored else {}
        if stored:
            self.vae.load_state_dict(stored["weights"])
        goal = steps or p.vae_steps
        at = stored["step"] if stored else 0
        if at >= goal:
            self.vae.eval()
            if self.vae_result.get("steps") != at:  # stopped on its way: what it came to was not measured yet
                self.vae_result = {k: v for k, v in self.vae_result.items() if k == "variance_kept"}
                self.vae_result.update(psnr=round(autoencoder.psnr(self.vae, self.held_out_pictures()), 2), steps=at)
            return
        pictures = np.concatenate([self.source().block(n)[1] for n in range(p.vae_blocks)])
        held = self.held_out_pictures()
        if not stored:
            kept = 0.0
            x = torch.from_numpy(pictures[:: max(1, len(pictures) // 1500)]).movedim(-1, 1).float() / 255
            self.vae.cpu()
            kept = autoencoder.fit(self.vae, x)
            self.vae.to(self.device)
            self.vae_result = {"variance_kept": round(kept, 4)}
            self.log(f"vae: {p.latent_channels} components keep {kept:.4f} of the variance")
        optimizer = torch.optim.AdamW(self.vae.decoder.parameters(), lr=p.vae_rate, weight_decay=1e-4)
        fresh = at  # the step at which the optimiser knew nothing
        if stored and stored["optimizer"]:
            optimizer.load_state_dict(stored["optimizer"])
            fresh = stored.get("fresh", 0)
        self.vae.train()
        since, reached = time.monotonic(), at
        for step in range(at, goal):
            if self.stop:
                break
            reached = step + 1
            generator = torch.Generator().manual_seed(p.seed * 1_000_003 + step)
            part = pictures[torch.randint(len(pictures), (p.vae_batch,), generator=generator).numpy()]
            shift = torch.randint(p.size, (2,), generator=generator).tolist()
            part = np.roll(part, shift, (1, 2))
            latents = autoencoder.encode(self.vae, part)
            want = torch.from_numpy(part).to(self.device).movedim(-1, 1).float() / 255
            for group in optimizer.param_groups:
                group["lr"] = p.vae_rate * min(1, (step - fresh + 1) / 50) * max(0.03, 0.5 + 0.5 * math.cos(math.pi * (step - fresh) / (goal - fresh)))
            with cast(self.device):
                loss = autoencoder.decoder_loss(self.vae, latents, want, generator)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.vae.decoder.parameters(), 1)
            optimizer.step()
            if step % 50 == 0:
                self.log(f"vae step {step} of {goal} loss {loss.item():.5f}")
            if step + 1 == goal or (step + 1) % 200 == 0:
                self.store_vae(step + 1, optimizer, fresh)
        self.vae.eval()
        self.vae_result.update(psnr=round(autoencoder.psnr(self.vae, held), 2), steps=reached, minutes=round((time.monotonic() - since) / 60, 1))
        self.log(f"vae: {self.vae_result}")
        self.store_vae(reached, optimizer, fresh)
        trips = judging.small(judging.round_trips(self.vae, held[:8], torch.Generator().manual_seed(0), noise=0.0))
        shown = [p for pair in zip(judging.small(held[:8]), trips) for p in pair]
        Image.fromarray(sheet(shown)).save(self.path("sheets", "vae.png"))

    def held_out_pictures(self):
        """Drawings of the kind that is learned from, of seeds that are not."""
        return dataclasses.replace(self.source(), stream="judge").block(0)[1][:64]

    def store_vae(self, step, optimizer, fresh):
        self.save("vae.pt", {"weights": self.vae.state_dict(), "optimizer": optimizer.state_dict(), "step": step, "fresh": fresh, "result": self.vae_result})

    def take_decoder(self, folder):
        """Takes the autoencoder that another training of the same encoder has taught, and what its plan says of it."""
        with open(os.path.join(folder, "plan.json"), encoding="utf-8") as f:
            plan = json.load(f)["plan"]
        other = torch.load(os.path.join(folder, "vae.pt"), map_location="cpu", weights_only=True)
        mine = self.read("vae.pt")["weights"]
        if any(not torch.equal(v, other["weights"][k]) for k, v in mine.items() if k.startswith("encoder")):
            raise SystemExit(f"train: the autoencoder of {folder} encodes otherwise; its decoder is of no use here")
        self.save("vae.pt", other)
        self.keep_plan(**{k: tuple(v) if isinstance(v, list) else v for k, v in plan.items() if k.startswith(("vae_", "decoder_"))})

    def keep_plan(self, **changes):
        self.plan = dataclasses.replace(self.plan, **changes)
        with open(self.path("plan.json"), "w", encoding="utf-8") as f:
            json.dump({"plan": dataclasses.asdict(self.plan), "header": self.header}, f, indent=1)

    def prepare_unet(self):
        p = self.plan
        torch.manual_seed(p.seed + 2)
        self.unet = wrap_convolutions(build_unet(p.latent_channels, p.text_width, p.unet_channels, p.size // 16, p.reads_from)).to(self.device, memory_format=torch.channels_last)
        if self.device != "cuda":
            # On a processor the backward pass of fused attention takes a third of a step; plain products take next to nothing.
            self.unet.set_attn_processor(AttnProcessor())
        inner, outer = matrices(self.unet)
        self.optimizers = [
            Muon(inner, lr=p.rate, number=self.beside.number, count=self.beside.count, combine=dist.all_reduce if self.beside.several else None),
            torch.optim.AdamW([{"params": outer, "scale": 1.0}, {"params": list(self.encoder.parameters()), "scale": p.text_rate}],
                              lr=p.rate, betas=(0.9, 0.99), weight_decay=0.01, fused=True),
        ]
        self.state = {"step": 0, "samples": 0, "sessions": [], "feed": {"digests": {}, "counts": {}}, "earlier": []}
        stored = self.read("state.pt") if self.has("state.pt") else None
        taught = stored and "unet" in stored
        if stored:
            self.state = {k: stored[k] for k in (*self.state, "loss") if k in stored}
        if taught:
            self.unet.load_state_dict(stored["unet"])
            self.encoder.load_state_dict(stored["encoder"])
            for mine, kept in zip(self.optimizers, stored["optimizers"] or ()):
                mine.load_state_dict(kept)
        self.average = Average([self.unet, self.encoder])
        if taught:
            for mine, kept in zip(self.average.values, stored["average"]):
                mine.copy_(kept)
        self.state["text_result"], self.state["vae_result"] = self.text_result, self.vae_result
        self.state["slice"] = {"count": 64, "sha256": self.source().digest(64)}
        self.state["also_read"] = {
            "captions of the reading lesson": f"labels 0 to {p.text_labels - 1} of the stream {p.stream}",
            "autoencoder": f"drawings 0 to {p.vae_blocks * BLOCK - 1} of the stream {p.stream}",
        }

    def prepare(self):
        """All parts as far as they have come; the short lessons are finished first."""
        self.prepare_text()
        self.prepare_vae()
        if not self.stop:
            self.prepare_unet()

    def store(self):
        record = {k: self.state[k] for k in self.state if k not in ("text_result", "vae_result", "also_read", "slice")}
        self.save("state.pt", {
            **record, "unet": self.unet.state_dict(), "encoder": self.encoder.state_dict(),
            "optimizers": [o.state_dict() for o in self.optimizers], "average": self.average.values,
        })

    # Steps.

    def batch_of(self, drawings, step):
        """The latents, tokens, noise and timesteps of a step, of which this process has its share: a function of the seed and the step alone."""
        p = self.plan
        generator = torch.Generator().manual_seed(p.seed * 1_000_003 + step)
        latents, ids = drawings
        picks = torch.randint(len(latents), (p.batch,), generator=generator)
        full = (torch.rand(p.batch, generator=generator) < p.full_captions).long()
        drop = torch.rand(p.batch, generator=generator) < p.dropout
        picks = picks.to(latents.device)
        tokens = ids[picks, full.to(ids.device)].long()
        # Not an assignment by mask: a GPU would have to be waited for.
        tokens = torch.where(drop.to(tokens.device)[:, None], self.empty, tokens)
        latents = roll(latents[picks].float(), generator)
        t = self.objective.timesteps(p.batch, generator)
        noise_generator = torch.Generator(self.device).manual_seed(p.seed * 1_000_003 + step)
        noise = torch.randn(latents.shape, generator=noise_generator, device=self.device)
        return tuple(self.beside.share(part) for part in (latents, tokens, noise, t))

    def run(self, minutes, every, fit=False):
        """Trains until the plan's steps are done, the minutes are over, or a signal asks to stop.

        With fit the plan's steps become as many as the minutes hold: the rate begins to fall when
        the time that is left is what its fall takes at the speed that was seen.
        """
        began, grace = time.monotonic(), 10 if fit else 0
        self.beside.after_first(self.prepare)
        if self.stop:
            return
        if fit:
            self.plan = dataclasses.replace(self.plan, steps=1 << 40)
        p, state = self.plan, self.state
        self.objective = Objective(self.device)
        self.empty = torch.from_numpy(self.reader([""])[0]).long().to(self.device)
        # The feed draws blocks beside each other, each on one core.
        feed = Feed(self.source(workers=1), Encoding(autoencoder.Linear(self.vae).cpu(), self.reader), p.fresh, p.window,
                    workers=1 if self.device == "cpu" else max(1, (os.cpu_count() or 2) - 2), device=self.device)
        feed.restore(state["feed"])
        state["feed"] = feed.record()
        session = {"began": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "on": card.processor(self.device) + self.beside.said(), "optimizer": "Muon and AdamW", "seconds": 0.0, "from": state["step"], "rate": p.rate, "planned": None if fit else p.steps, "software": card.software()}
        state["sessions"].append(session)
        watch = self.following_set()
        self.objective.weigh(watch[0])
        unet = torch.compile(self.unet) if self.compiled else self.unet
        groups = [group for optimizer in self.optimizers for group in optimizer.param_groups]
        learning = [q for group in groups for q in group["params"]]
        since, saved, drawings, stage = time.monotonic(), time.monotonic(), None, -1
        waited, loss_sum, loss_n, mark, mark_step, begun = 0.0, 0.0, 0, time.monotonic(), state["step"], None
        self.unet.train()
        try:
            while state["step"] < p.steps:
                if self.beside.any(self.stop or minutes and time.monotonic() - began > 60 * minutes + grace):
                    break
                step = state["step"]
                if p.stage_at(step) != stage:
                    stage = p.stage_at(step)
                    wait = time.monotonic()
                    drawings = [torch.cat(part) for part in zip(*feed.stage(stage))]
                    state["feed"] = feed.record()
                    waited += time.monotonic() - wait
                latents, tokens, noise, t = self.batch_of(drawings, step)
                for group in groups:
                    group["lr"] = p.rate_at(step) * group.get("scale", 1)
                with cast(self.device):
                    with torch.set_grad_enabled(step >= p.text_from):
                        context = self.encoder(tokens).last_hidden_state
                    losses, weight = self.objective.losses(unet, latents, context, noise, t)
                loss = (losses * weight).mean()
                for optimizer in self.optimizers:
                    optimizer.zero_grad(set_to_none=True)
                loss.backward()
                self.beside.average_gradients(learning)
                torch.nn.utils.clip_grad_norm_(learning, 1)
                for optimizer in self.optimizers:
                    optimizer.step()
                state["step"], state["samples"] = step + 1, state["samples"] + p.batch
                self.average.update(state["step"] - p.since)
                if step % 10 == 0:
                    loss_sum, loss_n = loss_sum + loss.item(), loss_n + 1
                if state["step"] % 50 == 0 and self.beside.first:
                    now = time.monotonic()
                    state["loss"] = loss_sum / max(1, loss_n)
                    row = {"step": state["step"], "samples": state["samples"], "loss": round(state["loss"], 5), "rate": round(p.rate_at(step), 7),
                           "samples_per_second": round((state["step"] - mark_step) * p.batch / (now - mark), 2), "waited": round(waited, 1), "true": "", "shuffled": ""}
                    if state["step"] % 250 == 0:
                        row["true"], row["shuffled"] = self.following(watch)
                    self.csv(row)
                    if fit and state["step"] - session["from"] > 100:
                        # The first steps compile, and say nothing about the speed.
                        begun = (now, state["step"]) if begun is None else begun
                        ends = p.falling_from(state["step"])
                        if (ends - state["step"]) * (now - begun[0]) >= (began + 60 * minutes - now) * (state["step"] - begun[1]) > 0:
                            self.keep_plan(steps=ends)
                            p, fit, session["planned"] = self.plan, False, ends
                            self.log(f"the rate falls from step {state['step']} on, to zero at {ends}")
                    loss_sum, loss_n, mark, mark_step = 0.0, 0, time.monotonic(), state["step"]
                session["seconds"] = round(time.monotonic() - since, 1)
                if time.monotonic() - saved > 60 * every:
                    self.store()
                    self.draw_sheet()
                    saved = time.monotonic()
        finally:
            feed.close()
        session["to"] = state["step"]
        self.store()
        self.draw_sheet()
        self.log(f"stopped at step {state['step']} of {p.steps}, {state['samples']} samples")

    def csv(self, row):
        new = not self.has("log.csv")
        with open(self.path("log.csv"), "a", newline="", encoding="utf-8") as f:
            writer = csv.DictWriter(f, list(row))
            if new:
                writer.writeheader()
            writer.writerow(row)
        print(row, flush=True)

    def following_set(self):
        """A fixed set on which it is seen whether words matter: 64 drawings that are not trained on."""
        source = dataclasses.replace(self.source(), stream="eval")
        labels, pictures = zip(*itertools.islice(source.read(0, 640), 64))
        latents = autoencoder.encode(self.vae, np.stack(pictures))
        noise = torch.randn(latents.shape, generator=torch.Generator().manual_seed(9)).to(self.device)
        t = torch.tensor([960, 800, 600, 400] * 16, device=self.device)
        return latents, [label["full"] for label in labels], noise, t

    @torch.no_grad()
    def following(self, watch):
        """Mean loss with the drawings' own captions, and with those of others."""
        latents, captions, noise, t = watch
        found = []
        self.unet.eval()
        for shift in (0, 7):
            ids = torch.from_numpy(self.reader(captions[shift:] + captions[:shift])).long().to(self.device)
            losses, _ = self.objective.losses(self.unet, latents, self.encoder(ids).last_hidden_state, noise, t)
            found.append(round(losses.mean().item(), 5))
        self.unet.train()
        return found

    def draw_sheet(self):
        """Samples of fixed prompts from the averaged weights, as screens."""
        if not self.beside.first:
            return
        labels = list(itertools.islice(self.source("eval").labels(0, 240), 24))
        prompts = [label["full"] for label in labels]
        self.average.swap()
        self.unet.eval()
        try:
            model = Model(self.reader, self.encoder, self.unet, self.vae, self.device, self.plan.group)
            pictures = model.filled(model.pictures(prompts, seed=5, steps=12), labels)
        finally:
            self.average.swap()
            self.unet.train()
        name = f"step-{self.state['step']:07d}"
        Image.fromarray(sheet(list(pictures))).save(self.path("sheets", name + ".png"))
        with open(self.path("sheets", "prompts.txt"), "w", encoding="utf-8") as f:
            f.write("\n".join(prompts) + "\n")

    # Results.

    def model(self):
        """The averaged weights, rounded to fp16 as they ship, ready to sample."""
        self.average.swap()
        for part in (self.unet, self.encoder, self.vae):
            part.half().float().eval()
        return Model(self.reader, self.encoder, self.unet, self.vae, self.device, self.plan.group)

    def export(self, results=None):
        """Writes export/: the diffusers folder with card. The weights in memory are the averaged ones afterwards."""
        self.model()
        folder = self.path("export")
        parts = {"unet": self.unet, "vae": self.vae, "text_encoder": self.encoder}
        for part in parts.values():
            part.to("cpu", memory_format=torch.contiguous_format).half()
        card.write_folder(folder, parts, self.path("tokenizer"))
        shutil.rmtree(os.path.join(folder, criticism.FOLDER), ignore_errors=True)
        if self.has(criticism.FOLDER):
            shutil.copytree(self.path(criticism.FOLDER), os.path.join(folder, criticism.FOLDER))
        if results is None and self.has("results.json"):
            with open(self.path("results.json"), encoding="utf-8") as f:
                results = json.load(f)
        written = card.write(folder, dataclasses.asdict(self.plan), self.header, self.state, parts, results or {})
        for part in parts.values():
            part.float().to(self.device)
        self.log(f"export: {written['bytes']} bytes of weights in {folder}")
        return folder

    def criticised(self, blocks, passes):
        """Trains the critic, on what this training learns from and its autoencoder makes of it."""
        critic, result = criticism.train(self.source(), self.vae, self.log, blocks, passes)
        self.log("critic: " + json.dumps(result))
        criticism.save(critic, result, self.path(criticism.FOLDER), {"stream": self.plan.stream, "drawings": blocks * BLOCK, "passes": passes})

    def judged(self, count, held_out, pilot, blocks, guidance):
        """Scores the exported model and writes its card again.

        The judge is the training's own, or the one that is kept beside this file, by
        which every model of these families can be compared; else one is trained.
        """
        folder = self.export(results={})
        for place in (self.folder, judging.KEPT):
            if judging.has(place, self.plan.families):
                judge, trained = judging.load(place, self.device)
                break
        else:
            judge, trained = judging.train(self.source("judge"), self.source("judge", True), self.vae, self.folder, self.log, blocks=blocks, device=self.device)
        self.log("judge: " + json.dumps(trained))
        model = Model.load(folder, self.device)
        table = judging.evaluate(judge, model, self.source("eval"), self.source("eval", True), self.log, count, held_out,
                                 Model.load(pilot, self.device) if pilot else None, guidance=guidance, critic=criticism.load(self.path(criticism.FOLDER))[0],
                                 processes=1 if self.device == "cuda" else os.cpu_count() or 1)
        results = {"judge": trained, "evaluation": table, "at_step": self.state["step"]}
        with open(self.path("results.json"), "w", encoding="utf-8") as f:
            json.dump(results, f, indent=1)
        parts = {"unet": self.unet, "vae": self.vae, "text_encoder": self.encoder}
        card.write(folder, dataclasses.asdict(self.plan), self.header, self.state, parts, results)
        print(judging.markdown(table))


def _several(said):
    """A plan's tuple from its parts between commas: numbers, or names."""
    return tuple(int(part) if part.isdigit() else part for part in said.split(","))


def _words(entry):
    """The letter runs of a vocabulary entry: "half-drop" is two."""
    word = ""
    for c in entry + " ":
        if c.isalpha():
            word += c
        elif word:
            yield word
            word = ""


def main():
    parser = argparse.ArgumentParser(description="train the model that ships")
    parser.add_argument("what", choices=["run", "text", "vae", "critic", "export", "judge", "status"])
    parser.add_argument("--name", default="starter")
    parser.add_argument("--dir", default=os.environ.get("SELVAGE_TRAIN_DIR"))
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--from", dest="origin", help="begin where this exported folder ends")
    parser.add_argument("--decoder-of", help="the folder of a training whose decoder is to be taken; its encoder has to be the same")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--corpus", help="the streamer; else SELVAGE_CORPUS, else bin/corpus")
    parser.add_argument("--workers", type=int, help="drawing threads of one streamer")
    parser.add_argument("--compile", action="store_true", help="compile the UNet: a minute or two at the start of each run, faster steps")
    parser.add_argument("--minutes", type=float, default=0, help="stop after so many; 0 for none")
    parser.add_argument("--fit", action="store_true", help="with run and --minutes: as many steps as the minutes hold, the fall of the rate and all")
    parser.add_argument("--every", type=float, default=5, help="minutes between checkpoints")
    parser.add_argument("--vae-more", type=int, help="with vae: steps to come to")
    parser.add_argument("--count", type=int, default=500, help="with judge: prompts")
    parser.add_argument("--held-out", type=int, default=100, help="with judge: prompts of held-out combinations")
    parser.add_argument("--guidance", type=float, default=4.0, help="with judge")
    parser.add_argument("--pilot", help="with judge: folder of the pilot")
    parser.add_argument("--critic-blocks", type=int, default=16, help="with critic: blocks of drawings it learns from")
    parser.add_argument("--critic-passes", type=int, default=5, help="with critic: how often it sees each")
    parser.add_argument("--judge-blocks", type=int, default=48, help="with judge: blocks of drawings it learns from")
    for field in dataclasses.fields(Plan):
        if field.name in ("name",):
            continue
        kind = {int: int, float: float, str: str, bool: lambda said: said == "true", tuple: _several}.get(field.type)
        if kind:
            parser.add_argument("--plan-" + field.name.replace("_", "-"), type=kind, dest="plan_" + field.name)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    if a.fit and not a.minutes:
        parser.error("--fit needs --minutes")
    if dist.is_torchelastic_launched():
        if a.what != "run" or a.fit:
            parser.error("processes beside each other can run a training, without --fit, and nothing else")
        # The others wait while the first gives the short lessons.
        dist.init_process_group("gloo", timeout=datetime.timedelta(days=1))
    if a.device == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = True
        torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = True
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    training = Training(a.dir or os.path.join(cache, "selvage", "train", a.name), a.device, find_streamer(a.corpus), a.workers or (1 if a.device == "cpu" else os.cpu_count() or 1))

    training.compiled = a.compile

    def stop(_number, _frame):
        training.stop = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    changes = {k[5:]: v for k, v in vars(a).items() if k.startswith("plan_")}
    if not os.path.exists(training.path("plan.json")):
        changes["name"] = a.name

    def begin():
        first = training.beside.first
        if a.origin and first:
            training.adopt(a.origin, changes)
        training.begin({} if a.origin or not first else changes)
        if a.decoder_of and first:
            training.take_decoder(a.decoder_of)

    try:
        training.beside.after_first(begin)
        if a.what == "run":
            training.run(a.minutes, a.every, a.fit)
        elif a.what == "text":
            training.prepare_text()
        elif a.what == "vae":
            training.prepare_vae(a.vae_more)
        else:
            training.prepare()
            if a.what == "export":
                training.export()
            elif a.what == "critic":
                training.criticised(a.critic_blocks, a.critic_passes)
            elif a.what == "judge":
                training.judged(a.count, a.held_out, a.pilot, a.judge_blocks, a.guidance)
            else:
                state = training.state
                print(json.dumps({k: state.get(k) for k in ("step", "samples", "loss", "text_result", "vae_result")}, indent=1))
    except CorpusError as err:
        sys.exit(f"train: {err}")


if __name__ == "__main__":
    main()
