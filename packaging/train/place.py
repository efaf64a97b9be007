"""Puts an exported model where it ships: weights, vectors, sample sheets, figures.

    python place.py EXPORT ../../engine/starter

The export has its critic (train.py critic). Everything about the model in that folder comes from here and from the training,
nothing is typed: model/, testdata/diffusers/ (pictures of the same weights by
diffusers, which the Go engine has to make as well), sheets, and in README.md
what stands between the marks "figures" and "prompts".
"""

import argparse
import json
import os
import shutil

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from PIL import Image

import card
import compare
import corpus
import critic as criticism
import judge as judging
from inking import INKS, inked
from model import wrap_convolutions
from sample import Model, sheet

# One for each lattice, in the words of the captions, and one that is made alike at the places of its layout.
VECTORS = (
    {"name": "block", "repeat": "block", "prompt": "large tulips, half-drop, flat, two colours", "seed": 7},
    {"name": "half-drop", "repeat": "half-drop 1/2", "prompt": "medium polka dots, grid, flat, three colours", "seed": 8},
    {"name": "brick", "repeat": "brick 1/2", "prompt": "small chevrons, flat, four colours", "seed": 9},
    {"name": "alike", "repeat": "block", "prompt": "medium hearts, half-drop, flat, two colours", "seed": 10, "alike": True},
)
STEPS = 20


def vectors(folder, out, guidance):
    """Pictures by diffusers in fp32, as they come out of the decoder, what they were asked for, and what the critic thinks of them."""
    os.makedirs(out, exist_ok=True)
    critic, _ = criticism.load(os.path.join(folder, criticism.FOLDER))
    cases = []
    for case in VECTORS:
        with open(os.path.join(folder, "unet", "config.json"), encoding="utf-8") as f:
            unet = json.load(f)
        shape = (1, unet["in_channels"], unet["sample_size"], unet["sample_size"])
        noise = torch.randn(shape[1:], generator=torch.Generator().manual_seed(case["seed"])).reshape(shape)
        _, picture = compare.run(folder, case["prompt"], "", noise, compare.parse_repeat(case["repeat"]), STEPS, guidance,
                                 alike=corpus.places(case["prompt"]) if case.get("alike") else ())
        levels = (picture[0].clamp(0, 1) * 255).round().byte().movedim(0, -1).numpy()
        Image.fromarray(levels).save(os.path.join(out, case["name"] + ".png"), optimize=True)
        wrap_convolutions(critic, compare.parse_repeat(case["repeat"]))
        logs = {q: [round(v, 5) for v in found[0].tolist()] for q, found in criticism.opinions(critic, levels[None]).items()}
        cases.append({**case, "steps": STEPS, "guidance": guidance, "sampler": "ddim", "critic": logs})
    with open(os.path.join(out, "cases.json"), "w", encoding="utf-8") as f:
        json.dump({"software": card.software(), "cases": cases}, f, indent=1)


def save(picture, path):
    """A sheet in as few bytes as its inks need."""
    flat = Image.new("P", (1, 1))
    flat.putpalette([*INKS.flatten().tolist(), 255, 255, 255])
    Image.fromarray(picture).quantize(palette=flat, dither=Image.Dither.NONE).save(path, optimize=True)


def small(picture, side):
    """An inked cell at a side of the sheet."""
    return np.asarray(Image.fromarray(picture).resize((side, side), Image.BOX))


def sheets(folder, out, families, prompts, guidance):
    """sheet-families.png, two of each, and sheet-prompts.png, prompts never trained on as they came."""
    model, (critic, _) = Model.load(folder), criticism.load(os.path.join(folder, criticism.FOLDER))
    asked = [f"medium {family}, half-drop, flat, two colours" for family in families for _ in range(2)]
    save(sheet([small(p, 88) for p in shown(model, critic, asked, 100, guidance)], 12, 3), os.path.join(out, "sheet-families.png"))
    save(sheet([small(p, 128) for p in shown(model, critic, prompts, 1000, guidance)], 8, 4), os.path.join(out, "sheet-prompts.png"))


def shown(model, critic, prompts, seed, guidance):
    """The inked repeats of full captions, as the program makes them: of a few samples the one that the critic keeps."""
    labels = [corpus.read_full(p) for p in prompts]
    kept = judging.chosen(model, critic, labels, seed, STEPS, guidance)[0]
    return model.filled(inked(kept, [label["positions"] for label in labels], 2 * model.side, INKS)[0], labels)


def between(text, mark, lines):
    """text with what stands between the comments of a mark replaced."""
    begin, end = f"<!-- {mark} -->\n", f"<!-- /{mark} -->"
    head, found, rest = text.partition(begin)
    _, closed, tail = rest.partition(end)
    if not found or not closed:
        raise SystemExit(f"place: README.md has no part between {begin.strip()} and {end}")
    return head + begin + "\n" + "\n".join(lines).strip("\n") + "\n\n" + end + tail


def figures(lineage):
    """What the training wrote down, in lines of Markdown."""
    data, training, bytes_ = lineage["data"], lineage["training"], lineage["bytes"]
    parameters = sum(lineage["parameters"].values())
    return [
        f"Learned from {card.corpora(data)}: {training['steps']:,} steps, {training['samples']:,} samples, {training['hours']:.1f} hours on "
        f"{training['sessions'][-1]['on']}. {parameters / 1e6:.1f} M parameters, {bytes_ / (1 << 20):.1f} MiB in fp16.", "",
        f"The autoencoder keeps {100 * training['autoencoder']['variance_kept']:.1f} % of the drawings' variance and gives them back at "
        f"{training['autoencoder']['psnr']:.1f} dB (PSNR of round trips of drawings that it never saw).", "",
        *(card.judged(lineage["results"]) if lineage["results"].get("evaluation") else ["No judge has looked at it yet."]),
    ]


def main():
    parser = argparse.ArgumentParser(description="put an exported model where it ships")
    parser.add_argument("export", help="the folder that train.py export or judge wrote")
    parser.add_argument("into", help="the package's folder, engine/starter")
    parser.add_argument("--guidance", type=float, help="else what the judge used, or 4")
    a = parser.parse_args()
    torch.set_num_threads(1)
    with open(os.path.join(a.export, "lineage.json"), encoding="utf-8") as f:
        lineage = json.load(f)
    evaluation = lineage["results"].get("evaluation") or {}
    guidance = a.guidance or evaluation.get("guidance", 4.0)
    model = os.path.join(a.into, "model")
    shutil.rmtree(model, ignore_errors=True)
    shutil.copytree(a.export, model)
    vectors(model, os.path.join(a.into, "testdata", "diffusers"), guidance)
    prompts = evaluation.get("first", [])
    sheets(model, a.into, lineage["data"]["chosen_families"], prompts or [f"{scale} daisies, tossed, flat, three colours" for scale in ("small", "medium", "large")], guidance)
    path = os.path.join(a.into, "README.md")
    with open(path, encoding="utf-8") as f:
        readme = f.read()
    readme = between(readme, "figures", figures(lineage))
    readme = between(readme, "prompts", [f"{i + 1}. {p}" for i, p in enumerate(prompts)])
    with open(path, "w", encoding="utf-8") as f:
        f.write(readme)
    print(f"{model}: {lineage['bytes']} bytes of weights at step {lineage['training']['steps']}")


if __name__ == "__main__":
    main()
