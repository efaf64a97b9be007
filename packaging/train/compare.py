"""The same weights and noise through diffusers, with the padding of a repeat: what
the Go engine has to agree with.

    python compare.py MODEL --prompt "small tulips" --noise noise.npy --repeat "half-drop 1/2" --out out

Writes out.latents.npy (the UNet's latents after the last step, float32 [1, c, h, w]),
out.picture.npy (the decoder's output, float32 [1, 3, H, W], 0 to 1 and a little
beyond) and out.png. The noise is an .npy file, or raw little-endian float32 with
--shape; a folder of ours is f16, one like the pilot f8, both are read from the
configuration. --steps-out also writes the latents after each step.

With --against DIR it compares instead: latents.npy and picture.npy there are the
other engine's, and it prints the largest and the root-mean-square difference.
"""

import argparse
import os
import re
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from diffusers import AutoencoderTiny, DDIMScheduler, UNet2DConditionModel
from PIL import Image
from transformers import CLIPTextModel

import text
from model import wrap_convolutions
from sample import ALIKE, alikened


def parse_repeat(name):
    """"block", "half-drop 1/2" or "brick 1/3" as model.wrap takes it; None is a block."""
    if name == "block":
        return None
    found = re.fullmatch(r"(half-drop|brick)\s+(\d+)/(\d+)", name)
    if not found:
        raise SystemExit(f'compare: "{name}" is no repeat; say block, "half-drop 1/2" or "brick 1/3"')
    return ("drop" if found[1] == "half-drop" else "brick", int(found[2]), int(found[3]))


@torch.no_grad()
def run(folder, prompt, negative, noise, twist, steps, guidance, each=None, alike=()):
    """Latents and picture of one sampling with DDIM as the folder's scheduler says; alike are places (corpus.PLACES) of a block."""
    unet = wrap_convolutions(UNet2DConditionModel.from_pretrained(os.path.join(folder, "unet")).float().eval(), twist)
    vae = AutoencoderTiny.from_pretrained(os.path.join(folder, "vae")).float().eval()
    wrap_convolutions(vae.decoder, twist)
    encoder = CLIPTextModel.from_pretrained(os.path.join(folder, "text_encoder")).float().eval()
    reader = text.Reader(os.path.join(folder, "tokenizer"))
    context = encoder(torch.from_numpy(reader([negative, prompt])).long()).last_hidden_state
    scheduler = DDIMScheduler.from_pretrained(os.path.join(folder, "scheduler"))
    scheduler.set_timesteps(steps)
    x = noise * scheduler.init_noise_sigma
    for i, t in enumerate(scheduler.timesteps):
        empty, full = unet(torch.cat((x, x)), t, context).sample.chunk(2)
        velocity = empty + guidance * (full - empty)
        if alike and i < ALIKE * steps:
            velocity = alikened(velocity, x, scheduler.alphas_cumprod[t], [alike])
        x = scheduler.step(velocity, t, x).prev_sample
        if each:
            each(i, x)
    return x, vae.decoder(x / vae.config.scaling_factor).add(1).div(2)


def main():
    parser = argparse.ArgumentParser(description="sample with diffusers on a lattice, from noise in a file")
    parser.add_argument("model")
    parser.add_argument("--prompt", default="")
    parser.add_argument("--negative", default="")
    parser.add_argument("--noise", help=".npy, or raw float32 with --shape; else from --seed")
    parser.add_argument("--shape", help="c,h,w of raw noise, or of the noise to draw")
    parser.add_argument("--seed", type=int, help="noise as torch.Generator(seed) draws it, which the Go engine draws too")
    parser.add_argument("--repeat", default="block")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--guidance", type=float, default=4.0)
    parser.add_argument("--out", default="compare")
    parser.add_argument("--steps-out", action="store_true")
    parser.add_argument("--against", help="folder with the other engine's latents.npy and picture.npy")
    parser.add_argument("--tolerance", type=float, default=2e-3, help="largest difference of the picture that passes")
    a = parser.parse_args()
    torch.set_num_threads(1)
    if a.noise is None:
        if a.seed is None or not a.shape:
            raise SystemExit("compare: name the noise: --noise FILE, or --seed with --shape")
        noise = torch.randn([int(v) for v in a.shape.split(",")], generator=torch.Generator().manual_seed(a.seed)).numpy()
    elif a.shape:
        noise = np.fromfile(a.noise, "<f4").reshape([int(v) for v in a.shape.split(",")])
    else:
        noise = np.load(a.noise)
    noise = torch.from_numpy(np.array(noise, np.float32)).reshape(1, *noise.shape[-3:])

    def each(i, x):
        np.save(f"{a.out}.step{i:02d}.npy", x.numpy())

    latents, picture = run(a.model, a.prompt, a.negative, noise, parse_repeat(a.repeat), a.steps, a.guidance, each if a.steps_out else None)
    if not a.against:
        np.save(a.out + ".latents.npy", latents.numpy())
        np.save(a.out + ".picture.npy", picture.numpy())
        Image.fromarray((picture[0].clamp(0, 1) * 255).round().byte().movedim(0, -1).numpy()).save(a.out + ".png")
        return
    worst = 0.0
    for name, mine in (("latents", latents), ("picture", picture)):
        path = os.path.join(a.against, name + ".npy")
        if not os.path.exists(path):
            continue
        other = np.load(path).reshape(mine.shape)
        gap = np.abs(other - mine.numpy())
        worst = max(worst, float(gap.max()))
        print(f"{name}: largest difference {gap.max():.3g}, rms {np.sqrt((gap**2).mean()):.3g}, of values with rms {float(mine.square().mean().sqrt()):.3g}")
    sys.exit(worst > a.tolerance)


if __name__ == "__main__":
    main()
