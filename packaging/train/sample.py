"""Pictures from a trained model: for sheets, the judge, and by hand.

    python sample.py MODEL "small tulips, half-drop, two colours" --out sheet.png
"""

import argparse
import json
import os

import numpy as np
import torch
from diffusers.models.attention_processor import AttnProcessor
from PIL import Image

import text
import vae as autoencoder
from corpus import groups, places
from inking import INKS, inked
from model import build_scheduler, cast, wrap_convolutions

# The share of the steps for which places that a layout shows alike are made alike; engine/starter/places.go has the same.
ALIKE = 0.3


class Model:
    """Everything that sampling needs, in evaluation mode on one device."""

    def __init__(self, reader, encoder, unet, vae, device="cpu", group=False):
        self.group = group  # it makes groups, which are repeated to fill a picture
        self.reader, self.encoder, self.unet, self.vae, self.device = reader, encoder, unet, vae, device
        if torch.device(device).type == "cpu":
            # There plain products and channels last are twice as fast in bf16 as what diffusers begins with.
            unet.set_attn_processor(AttnProcessor())
        for part in (unet, vae):
            part.to(memory_format=torch.channels_last)

    @classmethod
    def load(cls, folder, device="cpu"):
        """Loads a diffusers folder and makes its convolutions wrap."""
        from diffusers import AutoencoderTiny, UNet2DConditionModel
        from transformers import CLIPTextModel

        def part(kind, name):
            return kind.from_pretrained(os.path.join(folder, name)).float().eval().to(device)

        unet = wrap_convolutions(part(UNet2DConditionModel, "unet"))
        vae = part(AutoencoderTiny, "vae")
        wrap_convolutions(vae.decoder)
        lineage, group = os.path.join(folder, "lineage.json"), False
        if os.path.exists(lineage):
            with open(lineage, encoding="utf-8") as f:
                group = json.load(f)["data"].get("group", False)
        return cls(text.Reader(os.path.join(folder, "tokenizer")), part(CLIPTextModel, "text_encoder"), unet, vae, device, group)

    @torch.no_grad()
    def read(self, captions):
        ids = torch.from_numpy(self.reader(captions)).long().to(self.device)
        return self.encoder(ids).last_hidden_state

    @torch.no_grad()
    def latents(self, captions, noise, steps=20, guidance=4.0):
        """DDIM from noise [n, c, h, w] to the UNet's latents.

        For the first ALIKE of the steps what a model of groups foresees is averaged over the places at which
        a layout shows the same once more. So each place is found with the help of the others, and layouts
        come out as such; which colours and edges it has, each place decides for itself afterwards.
        """
        scheduler = build_scheduler()
        scheduler.set_timesteps(steps)
        context = torch.cat((self.read([""] * len(captions)), self.read(captions)))
        x = noise.to(self.device)
        alike = [places(caption) if self.group else () for caption in captions]
        for step, t in enumerate(scheduler.timesteps):
            with cast(torch.device(self.device).type):
                out = self.unet(torch.cat((x, x)), t.to(self.device), context).sample.float()
            empty, full = out.chunk(2)
            velocity = empty + guidance * (full - empty)
            if step < ALIKE * steps and any(alike):
                velocity = alikened(velocity, x, scheduler.alphas_cumprod[t], alike)
            x = scheduler.step(velocity, t, x).prev_sample
        return x

    @torch.no_grad()
    def pictures(self, captions, seed=0, steps=20, guidance=4.0, size=None, batch=32):
        """uint8 [n, size, size, 3] as they come out of the decoder; noise i depends on seed + i alone, or on seed[i]."""
        seeds = [seed + i for i in range(len(captions))] if isinstance(seed, int) else seed
        side = (size or self.unet.config.sample_size * self.stride) // self.stride
        out = []
        for i in range(0, len(captions), batch):
            part = captions[i : i + batch]
            noise = torch.stack([
                torch.randn(self.unet.config.in_channels, side, side, generator=torch.Generator().manual_seed(seeds[i + k]))
                for k in range(len(part))])
            out += self.decoded(self.latents(part, noise, steps, guidance))
        return np.concatenate(out)

    @torch.no_grad()
    def decoded(self, latents):
        """The decoder's pictures of latents, a few at a time: a list of uint8 [n, size, size, 3]."""
        out = []
        for some in latents.contiguous(memory_format=torch.channels_last).split(16):
            with cast(torch.device(self.device).type):
                picture = autoencoder.decode(self.vae, some)
            out.append((picture.float().clamp(0, 1) * 255).round().byte().movedim(1, -1).cpu().numpy())
        return out

    def filled(self, pictures, labels):
        """What the program fills with the pictures: the repeats of groups, the pictures themselves of another model."""
        return np.stack([repeated(p, groups(label), self.side) for p, label in zip(pictures, labels)]) if self.group else pictures

    @property
    def side(self):
        """The side in pixels of the pictures that the program fills: twice a group's."""
        return self.unet.config.sample_size * self.stride * (2 if self.group else 1)

    @property
    def stride(self):
        """Pixels of the picture to a latent sample."""
        return 2 ** (len(self.vae.config.block_out_channels) - 1)


def alikened(velocity, x, a, alike):
    """The velocity that foresees, of noisy latents x with a share a of picture, the average over places of what velocity does."""
    foreseen = averaged(a.sqrt() * x - (1 - a).sqrt() * velocity, alike)
    return (a.sqrt() * x - foreseen) / (1 - a).sqrt()


def averaged(latents, alike):
    """Each of the latents [n, c, h, w] averaged with itself as it lies at other places, quarters of the cell down and across."""
    h, w = latents.shape[-2:]
    out = latents.clone()
    for i, others in enumerate(alike):
        for down, across in others:
            out[i] += latents[i].roll((-down * h // 4, -across * w // 4), (-2, -1))
        out[i] /= 1 + len(others)
    return out


def repeated(group, times, side):
    """A picture uint8 [side, side, 3] that a group fills, times x times."""
    own = group.shape[0]
    whole = Image.fromarray(np.tile(group, (times + 2, times + 2, 1)))
    return np.asarray(whole.resize((side, side), Image.BICUBIC, (own, own, own * (1 + times), own * (1 + times))))


def sheet(pictures, columns=8, gap=4):
    """Pictures of one size side by side, uint8."""
    rows = -(-len(pictures) // columns)
    h, w = pictures[0].shape[:2]
    out = np.full((rows * (h + gap) - gap, columns * (w + gap) - gap, 3), 255, np.uint8)
    for i, picture in enumerate(pictures):
        y, x = divmod(i, columns)
        out[y * (h + gap) : y * (h + gap) + h, x * (w + gap) : x * (w + gap) + w] = picture
    return out


def main():
    arguments = argparse.ArgumentParser(description="sample pictures of screens from a model folder")
    arguments.add_argument("model")
    arguments.add_argument("prompts", nargs="+")
    arguments.add_argument("--out", default="sheet.png")
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--steps", type=int, default=20)
    arguments.add_argument("--guidance", type=float, default=4.0)
    arguments.add_argument("--each", type=int, default=2, help="samples of each prompt")
    arguments.add_argument("--screens", action="store_true", help="show the planes as they are, not inked")
    a = arguments.parse_args()
    torch.set_num_threads(1)
    prompts = [p for p in a.prompts for _ in range(a.each)]
    pictures = Model.load(a.model).pictures(prompts, a.seed, a.steps, a.guidance)  # of a model of groups, the groups
    shown = list(pictures) if a.screens else inked(pictures, [0] * len(pictures), 2 * pictures.shape[1], INKS)[0]
    Image.fromarray(sheet(shown)).save(a.out)


if __name__ == "__main__":
    main()
