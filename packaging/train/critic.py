"""The critic: a small classifier that ships with the model, and says whether a group came out as what was asked for.

    python train.py critic      # of a training, whose export it goes into

A sample of a small model is a matter of luck: of six, one shows what the prompt
says far more often than the first does. The program samples until the critic sees
the motif and the layout that were asked for, a few times at most, and keeps the
group that it likes best. The critic learns from the drawings that the model learned
from, most of them after a round trip through its autoencoder, since that is what it
will be shown. It has nothing to do with the judge that scores the model: other
drawings, other layers, groups instead of whole pictures. The judge never chooses,
and the critic never scores.

Written as convolutions and products alone, so that engine/graph builds it on any
lattice; normalisation is folded into the convolutions that it follows.
"""

import json
import math
import os

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from corpus import learnt
from inking import inked
from judge import learn, round_trips, targets
from model import WrapConv2d, cast

QUESTIONS = ("family", "layout")
FOLDER = "critic"  # of a model
# Width, kernel, stride: patches of 4 x 4 pixels, then three scales of two convolutions.
LAYERS = ((48, 4, 4), (48, 3, 1), (96, 3, 2), (96, 3, 1), (128, 3, 2), (128, 3, 1))
SEEN = (1, 3, 5)  # the layers that the heads see, by mean and maximum
HIDDEN = 160
TRIES, SURE, MISSING = 16, 0.9, 1.5  # as engine/starter/critic.go has them


class Critic(nn.Module):
    """Convolutions that wrap, what they found anywhere and on the whole, one head per question."""

    def __init__(self, answers, folded=False):
        super().__init__()
        self.answers, self.folded = answers, folded
        self.convs, self.norms, before = nn.ModuleList(), nn.ModuleList(), 3
        for width, kernel, stride in LAYERS:
            self.convs.append(WrapConv2d(before, width, kernel, stride, kernel // 2, bias=folded) if kernel == 3
                              else nn.Conv2d(before, width, kernel, stride, bias=folded))
            self.norms.append(nn.Identity() if folded else nn.BatchNorm2d(width))
            before = width
        self.hidden = nn.Linear(2 * sum(LAYERS[i][0] for i in SEEN), HIDDEN)
        self.heads = nn.ModuleDict({q: nn.Linear(HIDDEN, len(v)) for q, v in answers.items()})
        self.to(memory_format=torch.channels_last)

    def forward(self, x):
        """x float [n, 3, h, w] in 0..1, sides of multiples of 16; logits per question."""
        found = []
        with cast(x.device.type):
            x = x.contiguous(memory_format=torch.channels_last)
            for i, (conv, norm) in enumerate(zip(self.convs, self.norms)):
                x = norm(conv(x)).relu()
                if i in SEEN:
                    found += [x.mean((2, 3)).float(), x.amax((2, 3)).float()]
        h = self.hidden(torch.cat(found, 1)).relu()
        return {q: head(h) for q, head in self.heads.items()}

    @torch.no_grad()
    def fold(self):
        """The same critic without normalisation, its weights rounded to fp16 as they ship."""
        out = Critic(self.answers, folded=True).eval()
        for mine, norm, theirs in zip(self.convs, self.norms, out.convs):
            scale = norm.weight / (norm.running_var + norm.eps).sqrt()
            theirs.weight.copy_(mine.weight * scale.view(-1, 1, 1, 1))
            theirs.bias.copy_(norm.bias - norm.running_mean * scale)
        out.hidden.load_state_dict(self.hidden.state_dict())
        out.heads.load_state_dict(self.heads.state_dict())
        return out.half().float()


def augment(x, generator):
    """A batch in one of the ways that change no answer: another cut, mirrored, softer, the planes in another order."""
    n = len(x)
    soft = (x + x.roll(1, -1) + x.roll(-1, -1)) / 3
    soft = (soft + soft.roll(1, -2) + soft.roll(-1, -2)) / 3
    x = torch.lerp(x, soft, (1.5 * torch.rand(n, 1, 1, 1, generator=generator) - 0.5).clamp_min(0))
    x = x[torch.arange(n)[:, None], torch.stack([torch.randperm(3, generator=generator) for _ in range(n)])]
    x = x.roll(torch.randint(x.shape[-1], (2,), generator=generator).tolist(), (-2, -1))
    return x.flip(-1) if torch.rand(1, generator=generator) < 0.5 else x


def train(source, vae, log, blocks=16, passes=5, trips=0.6, noise=0.35, seed=13, batch=32, rate=2e-3):
    """Trains a critic on the first blocks of source, and tests it on the next, which it never saw.

    Returns the folded critic and its table. trips is the share of the drawings that are
    also learnt from as round trips, with noise on their latents of up to noise.
    """
    generator = torch.Generator().manual_seed(seed)
    pictures, labels = [], []
    for number in range(blocks):
        found, drawn, _ = source.block(number)
        keep = learnt(found)
        found, drawn = [found[i] for i in keep], drawn[keep]
        n = int(trips * len(drawn))
        for part in (drawn, round_trips(vae, drawn[:n], generator, noise)) if n else (drawn,):
            pictures.append(torch.from_numpy(np.ascontiguousarray(part)))
            labels += found[: len(part)]
        log(f"critic: block {number} of {blocks} drawn")
    table = torch.cat(pictures)
    del pictures
    answers = {q: sorted({str(label.get(q) or "") for label in labels} - {""}) for q in QUESTIONS}
    want = targets(answers, labels)
    torch.manual_seed(seed)
    critic = Critic(answers).train()
    learn("critic", critic, lambda pick: critic(augment(table[pick].movedim(-1, 1).float() / 255, generator)), want, len(table), log,
          generator, passes, batch, rate, floor=0.01, smoothing=0.03)
    folded = critic.eval().fold()
    held, drawn, _ = source.block(blocks)
    held, drawn = held[:400], drawn[:400]
    return folded, {"groups": score(folded, drawn, held), "round trips": score(folded, round_trips(vae, drawn, generator, 0.0), held),
                    "round trips with noise": score(folded, round_trips(vae, drawn, generator, noise), held)}


@torch.no_grad()
def opinions(critic, pictures):
    """Log probabilities of every answer, per question [n, answers], of uint8 groups [n, h, w, 3]."""
    parts = [critic(torch.as_tensor(np.ascontiguousarray(pictures[i : i + 64])).movedim(-1, 1).float() / 255) for i in range(0, len(pictures), 64)]
    return {q: torch.cat([p[q] for p in parts]).log_softmax(1) for q in critic.answers}


def score(critic, pictures, labels):
    """Share of the pictures that are called what their label says, and how many were asked, per question."""
    out, want = {}, targets(critic.answers, labels)
    for q, logs in opinions(critic, pictures).items():
        asked = want[q] >= 0
        out[q] = {"right": round((logs.argmax(1) == want[q])[asked].float().mean().item(), 4), "asked": int(asked.sum())}
    return out


def save(critic, result, folder, training):
    """Writes the folder of a critic: model.safetensors, its weights in fp16, and config.json, all else that is known of it."""
    os.makedirs(folder, exist_ok=True)
    save_file({k: v.half().contiguous() for k, v in critic.state_dict().items()}, os.path.join(folder, "model.safetensors"))
    os.chmod(os.path.join(folder, "model.safetensors"), 0o644)
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as f:
        json.dump({"layers": LAYERS, "seen": SEEN, "hidden": HIDDEN, "answers": critic.answers, "result": result, "training": training}, f, indent=1)


def load(folder):
    """The critic of a folder, and what its config.json says; None where there is none."""
    try:
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as f:
            said = json.load(f)
    except FileNotFoundError:
        return None, None
    if [list(layer) for layer in LAYERS] != said["layers"] or list(SEEN) != said["seen"] or HIDDEN != said["hidden"]:
        raise ValueError(f"{folder} holds a critic of another shape than this file builds")
    critic = Critic(said["answers"], folded=True).eval()
    critic.load_state_dict({k: v.float() for k, v in load_file(os.path.join(folder, "model.safetensors")).items()})
    return critic, said


class Choice:
    """The rule by which one of several samples is kept; engine/starter/critic.go has the same."""

    def __init__(self, critic, labels):
        self.critic, self.labels = critic, labels

    def look(self, pictures, places):
        """Scores of groups, those of the labels at places, and whether each shows all that was asked for."""
        labels = [self.labels[i] for i in places]
        shown, present = inked(pictures, [int(label["positions"]) for label in labels], len(pictures[0]))
        logs = opinions(self.critic, shown)
        wanted = targets(self.critic.answers, labels)
        score, sure = torch.zeros(len(labels)), torch.ones(len(labels), dtype=torch.bool)
        for q, answers in logs.items():
            found = torch.where(wanted[q] < 0, 0.0, answers.gather(1, wanted[q].clamp_min(0)[:, None])[:, 0])
            score, sure = score + found, sure & (found.exp() >= SURE)
        missing = torch.tensor([int(label["positions"]) - found for found, label in zip(present, labels)]).clamp_min(0)
        return score - missing * MISSING, sure & (missing == 0)

    def best(self, sample, tries):
        """Of up to tries samples of each label the one that is kept, the first, and how often each was sampled.

        sample(n, places) makes the n-th sample of the labels at places, uint8 groups.
        """
        kept, scores, made = [None] * len(self.labels), [-math.inf] * len(self.labels), [0] * len(self.labels)
        open_ = list(range(len(self.labels)))
        for n in range(tries):
            if not open_:
                break
            pictures = sample(n, open_)
            if n == 0:
                firsts = pictures
            score, sure = self.look(pictures, open_)
            for i, picture, value in zip(open_, pictures, score.tolist()):
                made[i] += 1
                if value > scores[i]:
                    kept[i], scores[i] = picture, value
            open_ = [i for i, done in zip(open_, sure.tolist()) if not done]
        return np.stack(kept), np.stack(firsts), made
