"""The judge: a small classifier that says what a picture of screens shows.

It is trained on drawings of a seed stream of its own, that the model never
sees, and with augmentation (blur, round trips through the autoencoder, noise
on the latents), because a judge of crisp drawings alone calls everything that
a decoder made wrong. It looks at 128 x 128 and is asked only about what a prompt
says.
"""

import argparse
import dataclasses
import json
import multiprocessing
import os

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

import vae as autoencoder
from corpus import Source, find_streamer, unseen
from inking import inked
from model import cast
from sample import Model, repeated

QUESTIONS = ("family", "layout", "positions", "scale")
SIDE = 128
NAME = "judge.safetensors"
KEPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "judge")  # the judge that made the table of the model that ships
TESTED = 400  # drawings that the judge is tested on


class Judge(nn.Module):
    """Three stages of patches of 4 x 4 pixels, each seen by mean and maximum, what lies
    in the corners of the colour cube, and the spectrum of the repeat; one head per question.

    The spectrum is what tells a half-drop from a brick at a glance: a lattice is a
    set of frequencies, and their magnitudes do not change when the repeat is
    rolled. The convolutions pad with zeros, which costs half of what wrapping
    does in training; random rolls teach them not to care where a cell is cut.
    """

    def __init__(self, answers, width=32, hidden=192, reach=12):
        super().__init__()
        self.answers = answers  # question -> list of values as text
        self.reach = reach

        def conv(a, b, stride=1):
            return nn.Sequential(nn.Conv2d(a, b, 3, stride, 1, bias=False), nn.BatchNorm2d(b), nn.ReLU(inplace=True))

        w = width
        self.stages = nn.ModuleList([
            nn.Sequential(nn.PixelUnshuffle(4), conv(48, 2 * w), conv(2 * w, 2 * w)),
            nn.Sequential(conv(2 * w, 3 * w, 2), conv(3 * w, 3 * w)),
            nn.Sequential(conv(3 * w, 6 * w, 2), conv(6 * w, 6 * w))])
        frequencies = 2 * (2 * reach + 1) * (reach + 1)
        self.lattice = nn.Sequential(nn.BatchNorm1d(frequencies), nn.Linear(frequencies, hidden), nn.ReLU())
        seen = 2 * (2 + 3 + 6) * w + 21 + hidden
        self.heads = nn.ModuleDict({q: nn.Sequential(nn.Linear(seen, hidden), nn.ReLU(), nn.Linear(hidden, len(v))) for q, v in answers.items()})
        self.to(memory_format=torch.channels_last)

    def forward(self, x, covered):
        """x float [n, 3, SIDE, SIDE] in 0..1, and what cover found; logits per question."""
        found = [covered, covered.sqrt(), (covered * 200).clamp_max(1), self.lattice(self.spectrum(x))]
        with cast(x.device.type):
            h = (x - 0.2).contiguous(memory_format=torch.channels_last)
            for stage in self.stages:
                h = stage(h)
                found += [h.mean((2, 3)).float(), h.amax((2, 3)).float()]
        h = torch.cat(found, 1)
        return {q: head(h) for q, head in self.heads.items()}

    def spectrum(self, x):
        """Log magnitudes of the low frequencies, of the three planes together and of whatever is not ground."""
        r = self.reach
        half = nn.functional.avg_pool2d(x, 2)
        s = torch.fft.rfft2(torch.cat([half, half.amax(1, keepdim=True)], 1), norm="forward").abs()
        s = torch.stack([s[:, :3].square().sum(1).sqrt(), s[:, 3]], 1)
        s = torch.cat([s[:, :, -r:, : r + 1], s[:, :, : r + 1, : r + 1]], 2)
        return (s.flatten(1) + 1e-3).log()


def targets(answers, labels):
    """Per question the class of each label, -100 where the label has none."""
    index = {q: {v: i for i, v in enumerate(values)} for q, values in answers.items()}
    return {q: torch.tensor([index[q].get(str(label.get(q) or ""), -100) for label in labels]) for q in answers}


def cover(pictures, batch=64):
    """Which share of a picture each corner of the cube has, the ground left out: float [n, 7] of uint8 pictures.

    The number of positions hangs on it, and a small one is lost at SIDE, so it is taken at full size.
    """
    found = []
    for i in range(0, len(pictures), batch):
        x = torch.from_numpy(np.ascontiguousarray(pictures[i : i + batch]))
        high, low = x > 153, x < 102
        pure = (high | low).all(-1)
        code = high[..., 0].byte() + 2 * high[..., 1].byte() + 4 * high[..., 2].byte()
        found.append(torch.stack([((code == corner) & pure).float().mean((1, 2)) for corner in range(1, 8)], 1))
    return torch.cat(found)


def permuted(covered, order):
    """What cover finds after the planes were put in another order: plane c is the old plane order[c]."""
    source = [sum((corner >> c & 1) << order[c] for c in range(3)) for corner in range(1, 8)]
    return covered[:, [corner - 1 for corner in source]]


def shrink(pictures):
    """uint8 [n, size, size, 3] to float [n, 3, SIDE, SIDE] in 0..1, by area."""
    x = torch.as_tensor(np.ascontiguousarray(pictures)).movedim(-1, 1).float() / 255
    return nn.functional.interpolate(x, (SIDE, SIDE), mode="area") if x.shape[-1] != SIDE else x


def augment(x, covered, generator):
    """Each picture of a batch as a decoder might have made it, in a random one of the ways that change no answer.

    Which plane is red is nobody's: the coding permutes with them, and line work stays white.
    Blur, noise and order are each picture's own: what a whole batch shares,
    normalisation over the batch takes off in training and misses afterwards.
    """
    n = len(x)
    soft = (x + x.roll(1, -1) + x.roll(-1, -1)) / 3
    soft = (soft + soft.roll(1, -2) + soft.roll(-1, -2)) / 3
    share = torch.rand(n, 1, 1, 1, generator=generator).to(x.device)
    x = torch.lerp(x, soft, (1.5 * share - 0.5).clamp_min(0))
    orders = torch.stack([torch.randperm(3, generator=generator) for _ in range(n)])
    x = x[torch.arange(n)[:, None], orders]
    dy, dx = torch.randint(SIDE, (2,), generator=generator).tolist()
    x = x.roll((dy, dx), (-2, -1))
    if torch.rand(1, generator=generator) < 0.5:
        x = x.flip(-1)
    strength = 0.04 * (2 * torch.rand(n, 1, 1, 1, generator=generator) - 1).clamp_min(0).to(x.device)
    x = x + strength * torch.randn(x.shape, generator=generator).to(x.device)
    return x, torch.cat([permuted(covered[i : i + 1], order) for i, order in enumerate(orders.tolist())])


def round_trips(vae, pictures, generator, noise=0.25, batch=16):
    """What the decoder makes of the pictures' latents with a little noise, as uint8 pictures.

    An f8 autoencoder is given them at half the size of an f16 one: both see 16 x 16 latents.
    """
    out = []
    if len(vae.config.encoder_block_out_channels) == 4 and pictures.shape[1] > SIDE:
        pictures = small(pictures)
    encode = autoencoder.Linear(vae)
    with torch.no_grad():
        for i in range(0, len(pictures), batch):
            z = encode(pictures[i : i + batch])
            strength = noise * torch.rand(len(z), 1, 1, 1, generator=generator).to(z.device)
            z = z + strength * torch.randn(z.shape, generator=generator).to(z.device)
            with cast(z.device.type):
                x = autoencoder.decode(vae, z.contiguous(memory_format=torch.channels_last))
            out.append((x.float().clamp(0, 1) * 255).round().byte().movedim(1, -1).cpu())
    return torch.cat(out).numpy()


def small(pictures):
    """uint8 pictures at SIDE."""
    return np.concatenate([(shrink(pictures[i : i + 64]) * 255).round().byte().movedim(1, -1).numpy() for i in range(0, len(pictures), 64)])


def train(source, held_out, vae, folder, log, blocks=48, trips=0.12, passes=6, seed=11, device="cpu", batch=32, rate=2e-3, begin=None):
    """Trains a judge on the first blocks of source, each fifth of held_out, and writes it to folder.

    Every second block is drawn as groups and repeated: a lattice that comes back
    exactly looks otherwise to it. trips is the share of the drawings that are also
    learnt from as round trips; begin is a judge to go on from.
    Returns the judge and its table on the next block, which it never saw.
    """
    generator = torch.Generator().manual_seed(seed)
    vae.to(memory_format=torch.channels_last)
    pictures, covers, labels = [], [], []
    for number in range(blocks):
        found, drawn = whole(held_out if number % 5 == 4 else source, number, number % 2 == 1)
        n = int(trips * len(drawn))
        for part in (drawn, round_trips(vae, drawn[:n], generator)) if n else (drawn,):
            pictures.append(small(part))
            covers.append(cover(part))
            labels += found[: len(part)]
        log(f"judge: block {number} of {blocks} drawn")
    table, covers = torch.from_numpy(np.concatenate(pictures)), torch.cat(covers)
    answers = {q: sorted({str(label.get(q) or "") for label in labels} - {""}) for q in QUESTIONS}
    want = targets(answers, labels)
    torch.manual_seed(seed)
    judge = (begin or Judge(answers)).to(device).train()
    if judge.answers != answers:
        raise ValueError("the judge to begin from knows other answers than these drawings give")
    learn("judge", judge, lambda pick: judge(*augment(table[pick].movedim(-1, 1).float().to(device) / 255, covers[pick].to(device), generator)),
          want, len(table), log, generator, passes, batch, rate, floor=0.02)
    judge.half().float().eval()  # as it is kept
    held, sample = (part[:TESTED] for part in whole(source, blocks, False))
    grouped_labels, grouped = (part[:TESTED] for part in whole(source, blocks, True))
    result = {
        "drawings": score(judge, sample, held),
        "repeated groups": score(judge, grouped, grouped_labels),
        "round trips": score(judge, round_trips(vae, sample, generator, noise=0.0), held),
        "round trips with noise": score(judge, round_trips(vae, sample, generator, noise=0.25), held),
    }
    save(judge, result, folder, {"seed": seed, "blocks": blocks, "passes": passes})
    return judge, result


def learn(name, network, look, want, count, log, generator, passes, batch, rate, floor, smoothing=0.0):
    """Teaches a classifier count pictures, passes times in random orders: what look makes of the places of a batch, logits
    per question, shall be want. The rate rises for a while and falls to its share floor."""
    device = next(network.parameters()).device
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.02, fused=True)
    each = count // batch
    steps, sums = passes * each, {q: 0.0 for q in want}
    for step in range(steps):
        if step % each == 0:
            order = torch.randperm(count, generator=generator)
        pick = order[step % each * batch :][:batch]
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1, (step + 1) / min(100, steps / 5)) * max(floor, 1 - step / steps)
        logits = look(pick)
        losses = {q: nn.functional.cross_entropy(logits[q], want[q][pick].to(device), ignore_index=-100, label_smoothing=smoothing) for q in want}
        optimizer.zero_grad(set_to_none=True)
        sum(losses.values()).backward()
        optimizer.step()
        for q, loss in losses.items():
            sums[q] += loss.item()
        if (step + 1) % 100 == 0:
            log(f"{name} step {step + 1} of {steps} loss " + " ".join(f"{q} {total / 100:.3f}" for q, total in sums.items()))
            sums = {q: 0.0 for q in want}


def whole(source, number, grouped):
    """The labels and pictures of a block, as they are or as repeated groups."""
    if grouped:
        source = dataclasses.replace(source, group=True, size=source.size // 2)
    labels, pictures, _ = source.block(number)
    return labels, np.stack([repeated(p, label["part"], 2 * len(p)) for p, label in zip(pictures, labels)]) if grouped else pictures


def save(judge, result, folder, training):
    """Writes judge.safetensors: the weights in fp16, and what else load needs as metadata."""
    weights = {k: v.half().contiguous() if v.is_floating_point() else v for k, v in judge.state_dict().items()}
    said = {"answers": judge.answers, "result": result, "training": training}
    save_file(weights, os.path.join(folder, NAME), {k: json.dumps(v) for k, v in said.items()})


def load(folder, device="cpu"):
    """The judge of a folder, and its table on drawings that it never saw."""
    with safe_open(os.path.join(folder, NAME), "pt", device=str(device)) as f:
        said = {k: json.loads(v) for k, v in f.metadata().items()}
        weights = {k: f.get_tensor(k) for k in f.keys()}  # noqa: SIM118 - not a dict
    judge = Judge(said["answers"]).to(device)
    judge.load_state_dict(weights)
    return judge.eval(), said["result"]


def has(folder, families):
    """Whether a folder holds a judge that knows just these families."""
    try:
        with safe_open(os.path.join(folder, NAME), "pt") as f:
            return json.loads(f.metadata()["answers"])["family"] == sorted(families)
    except FileNotFoundError:
        return False


@torch.no_grad()
def verdicts(judge, pictures):
    """Per question the value the judge names, for uint8 pictures of any size."""
    device = next(judge.parameters()).device
    named = {q: [] for q in judge.answers}
    for i in range(0, len(pictures), 64):
        part = pictures[i : i + 64]
        for q, logits in judge(shrink(part).to(device), cover(part).to(device)).items():
            named[q] += [judge.answers[q][k] for k in logits.argmax(1).tolist()]
    return named


def score(judge, pictures, labels):
    """Share of the pictures where the judge names what the label says, and how many were asked, per question."""
    named = verdicts(judge, pictures)
    out = {}
    for q, values in named.items():
        asked = [(value, str(label.get(q) or "")) for value, label in zip(values, labels)]
        asked = [(value, want) for value, want in asked if want]
        out[q] = {"right": round(float(np.mean([v == w for v, w in asked])), 4) if asked else None, "asked": len(asked)}
    return out


def prompts(source, count, fresh=True):
    """Labels of drawings whose full caption was never trained on, count of them, with that caption as the prompt.

    fresh asks for captions that the training passes over; held-out combinations
    need no such care, since no caption of theirs was in the corpus.
    """
    found, start = [], 0
    while len(found) < count:
        batch = list(source.labels(start, 8192))
        if not batch:
            raise ValueError(f"{source.stream} has only {len(found)} captions to ask for")
        found += [label for label in batch if not fresh or unseen(label["full"])]
        start += 8192
    return found[:count]


def drawings(source, labels):
    """The drawings of labels, uint8."""
    return np.stack([next(iter(source.read(label["index"], 1)))[1] for label in labels])


# What the pilot knows, as the corpus calls it, and as the pilot does.
PILOT_FAMILIES = {
    "flowers": "flowers", "daisies": "daisies", "tulips": "tulips", "leaves": "leaves", "stars": "stars", "hearts": "hearts",
    "birds": "birds", "butterflies": "butterflies", "polka dots": "polka dots", "scallops": "scallops", "chevrons": "chevron",
    "vertical stripes": "vertical stripes", "horizontal stripes": "horizontal stripes", "diagonal stripes": "diagonal stripes",
}
PILOT_LAYOUTS = ("grid", "half-drop", "brick", "tossed", "")


def pilot_prompt(label):
    """The prompt in the pilot's words, or None where it lacks one."""
    family = PILOT_FAMILIES.get(label["family"])
    if family is None or label["layout"] not in PILOT_LAYOUTS or label["positions"] > 3 or label["secondary"] not in ("", "none") or label["style"] != "clean" or label["outline"] == "line":
        return None
    words = [label["density"] if label["density"] != "regular" else "", label["scale"] if label["scale"] != "medium" else "",
             "outlined" if label["outline"] == "outlined" else "", family, label["layout"], {1: "one colour", 2: "two colours", 3: "three colours"}[label["positions"]]]
    return " ".join(w for w in words if w)


def evaluate_pilot(judge, pilot, source, log, count=200, seed=1000, steps=20, guidance=3.5):
    """The table for a model like the pilot, on drawings that it has words for."""
    asked = [label for label in prompts(source, 40 * count, fresh=False) if pilot_prompt(label)][:count]
    real = drawings(source, asked)
    table = {"prompts": len(asked), "steps": steps, "guidance": guidance, "rows": {}}
    rows = table["rows"]
    rows["chance (drawings of other prompts)"] = score(judge, np.roll(real, 1 + len(asked) // 3, 0), asked)
    rows["real drawings"] = score(judge, real, asked)
    rows["their round trips"] = score(judge, round_trips(pilot.vae, real, torch.Generator().manual_seed(seed), noise=0.0), asked)
    log("judge: real drawings scored")
    made = pilot.pictures([pilot_prompt(label) for label in asked], seed, steps, guidance)
    rows["the model"] = score(judge, made, asked)
    table["families"] = families(judge, made, asked)
    table["order"] = list(rows)
    return table


def shown(model, pictures, labels):
    """The repeats that the program makes of them: inked, no more positions than asked for, groups repeated."""
    return model.filled(inked(pictures, [int(label["positions"]) for label in labels], model.side)[0], labels)


def chosen(model, critic, labels, seed, steps, guidance, processes=1):
    """What the program makes of prompts: of a few samples of each the one that the critic keeps, the first of each, and how many there were on average."""
    from critic import TRIES, Choice

    def part(places):
        mine = [labels[i] for i in places]

        def sample(n, some):
            return model.pictures([mine[i]["full"] for i in some], [seed + places[i] + 1_000_000 * n for i in some], steps, guidance)

        if critic is None:
            made = sample(0, range(len(mine)))
            return made, made, [1] * len(mine)
        return Choice(critic, mine).best(sample, TRIES)

    kept, firsts, tries = zip(*beside(part, len(labels), processes))
    return np.concatenate(kept), np.concatenate(firsts), float(np.mean(sum(tries, [])))


def beside(work, count, processes):
    """What work makes of each part of range(count), every part but for one in a process of its own, in order."""
    context = multiprocessing.get_context("fork")
    parts = [list(map(int, part)) for part in np.array_split(range(count), max(1, min(processes, count)))]
    running = []
    for part in parts[1:]:
        here, there = context.Pipe(False)
        process = context.Process(target=lambda part=part, there=there: there.send(work(part)))
        process.start()
        there.close()
        running.append((process, here))
    found = [work(parts[0])]
    for process, here in running:
        found.append(here.recv())
        process.join()
    return found


def families(judge, pictures, labels):
    """Per family how many of its pictures were named right, and how many there are."""
    found = {}
    for value, label in zip(verdicts(judge, pictures)["family"], labels):
        n = found.setdefault(label["family"], [0, 0])
        n[0] += value == label["family"]
        n[1] += 1
    return {k: found[k] for k in sorted(found)}


def evaluate(judge, model, source_seen, source_held_out, log, count=500, held_out=100, pilot=None, seed=1000, steps=20, guidance=4.0, critic=None, processes=1):
    """The table: chance, real drawings, their round trips, the model with its critic and without, held-out combinations, the pilot."""
    asked = prompts(source_seen, count)
    real = drawings(source_seen, asked)
    rng = np.random.default_rng(seed)
    table = {"prompts": len(asked), "first": [label["full"] for label in asked[:32]], "steps": steps, "guidance": guidance, "rows": {}}
    rows = table["rows"]
    # Real drawings under other prompts: what agreement by accident comes to.
    turn = 1 + int(rng.integers(len(asked) - 1))
    rows["chance (drawings of other prompts)"] = score(judge, np.roll(real, turn, 0), asked)
    rows["real drawings"] = score(judge, real, asked)
    generator = torch.Generator().manual_seed(seed)
    rows["their round trips"] = score(judge, round_trips(model.vae, real, generator, noise=0.0), asked)
    log("judge: real drawings scored")
    raw, firsts, table["tries"] = chosen(model, critic, asked, seed, steps, guidance, processes)
    made = shown(model, raw, asked)
    rows["the model"] = score(judge, made, asked)
    rows["the model, out of the decoder"] = score(judge, model.filled(raw, asked), asked)
    if critic is not None:
        log(f"judge: {table['tries']:.2f} samples a prompt")
        rows["the model, first samples"] = score(judge, shown(model, firsts, asked), asked)
    table["families"] = families(judge, made, asked)
    log("judge: the model scored: " + json.dumps(rows["the model"]))
    if held_out:
        apart = prompts(source_held_out, held_out, fresh=False)
        rows["the model, held-out combinations"] = score(judge, shown(model, chosen(model, critic, apart, seed + 10_000, steps, guidance, processes)[0], apart), apart)
        rows["real drawings, held-out combinations"] = score(judge, drawings(source_held_out, apart), apart)
    if pilot is not None:
        known = [(label, pilot_prompt(label)) for label in asked]
        known = [(label, prompt) for label, prompt in known if prompt]
        if known:
            rows["the pilot, of what it knows"] = score(
                judge, shown(pilot, pilot.pictures([p for _, p in known], seed, steps, 3.5), [label for label, _ in known]), [label for label, _ in known])
            rows["the model, of what the pilot knows"] = score(judge, made[[i for i, label in enumerate(asked) if pilot_prompt(label)]], [label for label, _ in known])
    table["order"] = list(rows)
    return table


def markdown(table):
    """The table for people."""
    lines = ["| | motif | layout | positions | scale |", "|---|---|---|---|---|"]
    for name, row in table["rows"].items():
        cells = [f"{100 * row[q]['right']:.0f} % of {row[q]['asked']}" if q in row and row[q]["right"] is not None else "-" for q in QUESTIONS]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description="score a model like the pilot, with a judge of its own")
    parser.add_argument("model", help="its diffusers folder")
    parser.add_argument("folder", help="where the judge is, or will be, and the table goes")
    parser.add_argument("--corpus", help="the streamer; else SELVAGE_CORPUS, else bin/corpus")
    parser.add_argument("--blocks", type=int, default=48)
    parser.add_argument("--passes", type=int, default=6)
    parser.add_argument("--count", type=int, default=200)
    a = parser.parse_args()
    torch.set_num_threads(1)

    def log(line):
        print(line, flush=True)

    os.makedirs(a.folder, exist_ok=True)
    model = Model.load(a.model)
    streamer = find_streamer(a.corpus)
    if os.path.exists(os.path.join(a.folder, NAME)):
        judge, trained = load(a.folder)
    else:
        judge, trained = train(Source(streamer, "judge"), Source(streamer, "judge", True), model.vae, a.folder, log, blocks=a.blocks, passes=a.passes)
    log(json.dumps(trained))
    table = evaluate_pilot(judge, model, Source(streamer, "eval"), log, a.count)
    with open(os.path.join(a.folder, "results.json"), "w", encoding="utf-8") as f:
        json.dump({"judge": trained, "evaluation": table}, f, indent=1)
    log(markdown(table))
    log(json.dumps(table["families"]))


if __name__ == "__main__":
    main()
