"""The autoencoder: a linear encoder found by PCA, a convolutional decoder learnt.

The encoder cuts the picture into patches of 16 x 16 pixels and gives each the
coordinates in the corpus's principal components. Written as the encoder of an
AutoencoderTiny that is exact: stride-2 convolutions move 2 x 2 neighbours into
channels (3, 12, 48), a third reduces 8 x 8 patches to their 48 strongest
components, a fourth 2 x 2 of those to the latent channels. It has no blocks,
so it has no ReLU, and its taps that would reach over the edge are zero, so it
needs no padding at all.

Screens at 256 x 256 seen in 16 x 16 patches are what screens at 128 x 128 are
in 8 x 8 patches, with a little more detail: the UNet works on 16 x 16 latents
either way, and the decoder alone pays for the larger picture.
"""

import math

import numpy as np
import torch
from diffusers import AutoencoderTiny
from torch import nn

from model import wrap_convolutions

WIDTH = 48     # channels of the encoder: as many as 4 x 4 x 3 pixels, and as the first reduction keeps
LATENT_STD = 0.7  # of what the decoder is given; scaling_factor is its inverse


def build(channels=24, width=32, blocks=(3, 3, 2, 1, 0)):
    """An AutoencoderTiny, f16, with an encoder still to be set by fit."""
    return AutoencoderTiny(
        in_channels=3, out_channels=3, latent_channels=channels,
        encoder_block_out_channels=(WIDTH,) * 5, decoder_block_out_channels=(width,) * 5,
        num_encoder_blocks=(0,) * 5, num_decoder_blocks=tuple(blocks),
        act_fn="relu", upsample_fn="nearest", upsampling_scaling_factor=2,
        scaling_factor=1 / LATENT_STD, shift_factor=0.0,
    )


def deepened(weights, before, after):
    """The weights of an autoencoder whose decoder has blocks added at the end of its stages: after, where it had before.

    A block that is added adds zero, so the pictures stay what they were until it has learned something. What
    a block gives is rectified, so that only stages that have one can have more.
    """
    if len(before) != len(after) or any(a < b or a > b == 0 for a, b in zip(after, before)):
        raise ValueError(f"blocks {tuple(after)} of a decoder cannot be had of the {tuple(before)} that it has: none can be taken away, and a stage without any stays so")
    fresh = {k: v.clone() for k, v in build(weights["decoder.layers.0.weight"].shape[1], len(weights["decoder.layers.0.weight"]), after).state_dict().items()}
    old, new = _layers(before), _layers(after)
    for key in fresh:
        side, _, rest = key.partition(".layers.")
        number, _, name = rest.partition(".")
        place = new.get(int(number)) if side == "decoder" else None
        if place is None:
            fresh[key] = weights[key]
        elif place in old.values():
            fresh[key] = weights[f"decoder.layers.{next(n for n, p in old.items() if p == place)}.{name}"]
        elif name.startswith("conv.4."):
            fresh[key].zero_()
    return fresh


def _layers(blocks):
    """Number of each of a decoder's layers with weights, and what it is: ("in",), ("block", stage, n) or ("out", stage)."""
    found, number = {0: ("in",)}, 2
    for stage, count in enumerate(blocks):
        for n in range(count):
            found[number] = ("block", stage, n)
            number += 1
        number += stage < len(blocks) - 1  # enlarging
        found[number] = ("out", stage)
        number += 1
    return found


def _deepen(x):
    """Space to depth by 2, [n, c, h, w] to [n, 4c, h/2, w/2]; channel 4*c + 2*dy + dx."""
    return nn.functional.pixel_unshuffle(x, 2)


def _covariance(features, rows=200_000):
    """Mean and covariance over positions of [n, c, h, w], in double precision."""
    flat = features.movedim(1, -1).reshape(-1, features.shape[1])
    if len(flat) > rows:
        flat = flat[torch.linspace(0, len(flat) - 1, rows).long()]
    flat = flat.double()
    mean = flat.mean(0)
    return mean, (flat - mean).T @ (flat - mean) / len(flat)


def _components(covariance, count):
    values, vectors = torch.linalg.eigh(covariance)
    values, vectors = values.flip(0)[:count], vectors.flip(1)[:, :count]
    # The sign of an eigenvector is nobody's; fix it, so that a rerun gives the same weights.
    strongest = vectors.abs().argmax(0)
    vectors = vectors * vectors[strongest, torch.arange(count)].sign()
    return values, vectors


@torch.no_grad()
def fit(vae, pictures):
    """Sets the encoder from pictures, float [n, 3, size, size] in 0..1. Returns the share of variance kept."""
    channels = vae.config.latent_channels
    patches = _deepen(_deepen(_deepen(pictures)))  # 192 channels
    mean8, cov8 = _covariance(patches)
    _, first = _components(cov8, WIDTH)
    # Not centred here: the mean is taken off once, at the end.
    reduced = torch.einsum("nchw,ck->nkhw", patches, first.float())
    quads = _deepen(reduced)  # 4 * WIDTH channels of 16 x 16 patches
    mean16, cov16 = _covariance(quads)
    values, second = _components(cov16, channels)
    kept = (values.sum() / 4 / cov8.trace()).item()

    # Standard deviations go as the square root of the components': the coarse
    # ones stay stronger, the fine ones are not lifted to pure noise.
    scale = values.sqrt().clamp_min(1e-6) ** -0.5
    spread = (scale * values.sqrt())
    scale = scale * LATENT_STD / spread.square().mean().sqrt()

    layers = [m for m in vae.encoder.layers if isinstance(m, nn.Conv2d)]
    start, *halvings, end = layers
    for layer in layers:
        layer.weight.zero_()
        if layer.bias is not None:
            layer.bias.zero_()
    for c in range(3):
        start.weight[c, c, 1, 1] = 1
    depth = 3
    for layer in halvings[:2]:
        for c in range(depth):
            for dy in range(2):
                for dx in range(2):
                    # Output i of a stride-2 convolution with padding 1 sees 2i-1, 2i, 2i+1.
                    layer.weight[4 * c + 2 * dy + dx, c, 1 + dy, 1 + dx] = 1
        depth *= 4
    # first is over channels of three _deepen: the last one is 4*c + 2*dy + dx over 48.
    table = first.float().T.reshape(WIDTH, depth, 2, 2)
    halvings[2].weight[:, :depth, 1:, 1:] = table
    table = (second * scale).float().T.reshape(channels, WIDTH, 2, 2)
    halvings[3].weight[:channels, :, 1:, 1:] = table
    for c in range(channels):
        end.weight[c, c, 1, 1] = 1
    end.bias.copy_(-(mean16 @ (second * scale)).float())
    return kept


@torch.no_grad()
def encode(vae, pictures):
    """uint8 [n, size, size, 3] to the UNet's latents [n, c, size/16, size/16] on the autoencoder's device."""
    device = next(vae.parameters()).device
    x = torch.as_tensor(pictures).to(device).movedim(-1, 1).float() / 127.5 - 1
    return vae.encoder(x) * vae.config.scaling_factor


class Linear:
    """The encoder as the one matrix product that it is: sixty times fewer operations than its convolutions."""

    @torch.no_grad()
    def __init__(self, vae):
        size = 2 ** (len(vae.config.encoder_block_out_channels) - 1)
        device = next(vae.parameters()).device
        basis = torch.eye(3 * size * size, device=device).view(-1, 3, size, size)
        zero = vae.encoder(torch.zeros_like(basis[:1])).flatten(1)
        self.size, scaling = size, vae.config.scaling_factor
        found = torch.cat([vae.encoder(part).flatten(1) - zero for part in basis.split(64)])
        # From bytes: x / 127.5 - 1.
        self.table = found / 127.5 * scaling
        self.bias = (zero.flatten() - found.sum(0)) * scaling

    def cpu(self):
        """The same on the processor, as processes that have no device want it."""
        self.table, self.bias = self.table.cpu(), self.bias.cpu()
        return self

    @torch.no_grad()
    def __call__(self, pictures):
        """What encode gives, from uint8 [n, size, size, 3]."""
        x = torch.as_tensor(pictures).to(self.table.device).movedim(-1, 1).float()
        patches = nn.functional.pixel_unshuffle(x, self.size).movedim(1, -1)
        return (patches @ self.table + self.bias).movedim(-1, 1)


def decode(vae, latents):
    """The UNet's latents to pictures, float [n, 3, size, size], about 0..1 (not clamped)."""
    return vae.decoder(latents / vae.config.scaling_factor).add(1).div(2)


def make_seamless(vae):
    """Lets the decoder's convolutions wrap; the encoder reaches over no edge."""
    wrap_convolutions(vae.decoder)
    return vae


def noise_of(generator, n, device):
    """Standard deviations of the noise that decoder training puts on latents: mostly little."""
    u = torch.rand(n, 1, 1, 1, generator=generator).to(device)
    return 0.25 * u**2


def decoder_loss(vae, latents, pictures, generator):
    """Loss of one batch: latents [n, c, h, w] as encode gives, pictures float 0..1.

    The noise teaches the decoder to make clean screens of latents that a UNet
    has sampled, which are never exactly those of a drawing.
    """
    noise = torch.randn(latents.shape, generator=generator).to(latents.device)
    out = decode(vae, latents + noise_of(generator, len(latents), latents.device) * noise)
    error = out - pictures
    return error.square().mean() + 0.25 * error.abs().mean()


@torch.no_grad()
def psnr(vae, pictures, batch=8):
    """Mean PSNR in dB of round trips, pictures uint8 [n, size, size, 3]."""
    total = []
    for i in range(0, len(pictures), batch):
        part = pictures[i : i + batch]
        out = decode(vae, encode(vae, part)).clamp(0, 1)
        want = torch.as_tensor(part).to(out.device).movedim(-1, 1).float() / 255
        mse = (out - want).square().mean((1, 2, 3)).clamp_min(1e-7)
        total += [-10 * math.log10(v) for v in mse.tolist()]
    return float(np.mean(total))
