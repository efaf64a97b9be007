"""A stand-in for the corpus streamer, for the tests alone: dots and stripes of
three sizes in the streamer's format, with its flags."""

import argparse
import json
import struct
import sys

import numpy as np

from corpus import groups


def picture(seed, size, group=False):
    """A label and its picture, or the group that fills it."""
    rng = np.random.default_rng(seed)
    family = ["dots", "stripes"][rng.integers(2)]
    layout = ["grid", "half-drop"][rng.integers(2)] if family == "dots" else ""
    scale = rng.integers(3)
    positions = int(rng.integers(1, 3))
    density = ["dense", "regular"][int(seed) % 2]
    part = groups({"scale": ["small", "medium", "large"][scale], "layout": layout, "density": density}) if group else 1
    cells = max(1, round([8, 4, 2][scale] / part))
    y, x = (np.mgrid[:size, :size] + 0.5) / size * cells
    out = np.zeros((size, size, 3))
    if family == "dots":
        column = np.floor(x)
        if layout == "half-drop":
            y = y + 0.5 * (column % 2)
        inside = ((x % 1 - 0.5) ** 2 + (y % 1 - 0.5) ** 2) < 0.1
        which = column % positions
    else:
        inside, which = x % 1 < 0.5, np.floor(x) % positions
    for k in range(positions):
        out[..., k] = inside & (which == k)
    dy, dx = rng.integers(size, size=2)
    out = np.roll(out, (dy, dx), (0, 1))
    label = {"seed": int(seed), "family": family, "layout": layout, "scale": ["small", "medium", "large"][scale], "density": density,
             "positions": positions, "secondary": "none", "outline": "flat", "style": "clean", "ink": False}
    if group:
        label["part"] = part
    return f"{label['scale']} {family}", label, (out * 255).astype(np.uint8)


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in ("from", "n", "size", "workers"):
        parser.add_argument("-" + name, type=int, dest=name + "_")
    parser.add_argument("-held-out", action="store_true")
    parser.add_argument("-families")  # it has one kind of drawing only
    parser.add_argument("-group", action="store_true")
    parser.add_argument("-figures", type=int, default=0)  # it moves its seeds by them
    parser.add_argument("-vocabulary", action="store_true")
    a = parser.parse_args()
    if a.vocabulary:
        print("small medium large dots stripes grid half drop dense flat one two colour colours".replace(" ", "\n"))
        return
    out = sys.stdout.buffer
    out.write(b"selvcrp1" + struct.pack("<IIQ", 1, a.size_, a.n_))
    for seed in range(a.from_, a.from_ + a.n_):
        caption, label, drawn = picture(seed + a.figures, a.size_, a.group)
        for text in (caption, json.dumps(label)):
            out.write(struct.pack("<H", len(text)) + text.encode())
        out.write(drawn.tobytes())


if __name__ == "__main__":
    main()
