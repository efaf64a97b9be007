"""The UNet, its wrapping convolutions, and the objective.

v-prediction on a scaled-linear schedule with zero terminal SNR, sampled with
trailing steps: the first step sees pure noise, as it does when sampling, so
the ground can be any share of the picture.
"""

import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from torch import nn

TRAIN_STEPS = 1000


def wrap(x, p, twist=None):
    """Pads [n, c, h, w] by p on all sides with what lies there in the repeat.

    twist is None for a block, ("drop", n, m) or ("brick", n, m): crossing a
    vertical edge of a drop also falls by n/m of the height, crossing a
    horizontal edge of a brick shifts by n/m of the width. The shift has to be
    whole at this resolution. Concatenation costs a fraction of what PyTorch's
    circular padding does.
    """
    left, right = x[..., -p:], x[..., :p]
    if twist and twist[0] == "drop":
        # f(x + W, y + s) = f(x, y): right of the edge stands what is s higher inside.
        s = _whole(x.shape[-2], twist)
        left, right = left.roll(-s, -2), right.roll(s, -2)
    if not (twist and twist[0] == "brick"):
        x = torch.cat((left, x, right), -1)
        return torch.cat((x[..., -p:, :], x, x[..., :p, :]), -2)
    s = _whole(x.shape[-1], twist)
    above, below = x[..., -p:, :].roll(-s, -1), x[..., :p, :].roll(s, -1)
    x = torch.cat((above, x, below), -2)
    return torch.cat((x[..., -p:], x, x[..., :p]), -1)


def _whole(length, twist):
    _, n, m = twist
    if length * n % m:
        raise ValueError(f"a shift of {n}/{m} of {length} samples is not whole; the cell has to be a multiple of the total stride times {m}")
    return length * n // m


def cast(device):
    """bf16 where the device computes with it, plain fp32 elsewhere."""
    enabled = device == "cuda" or torch.cpu._is_avx512_bf16_supported()
    return torch.autocast(device, torch.bfloat16, enabled=enabled)


class WrapConv2d(nn.Conv2d):
    """A convolution whose neighbours beyond the edge are those of the repeat."""

    twist = None

    def forward(self, x):
        p = self.padding[0]
        return nn.functional.conv2d(wrap(x, p, self.twist), self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


def wrap_convolutions(module, twist=None):
    """Makes every padded convolution of module wrap; its weights and names stay."""
    for m in module.modules():
        if isinstance(m, nn.Conv2d) and m.padding[0] > 0:
            m.__class__ = WrapConv2d
            m.twist = twist
    return module


def build_unet(latent_channels, width=192, channels=(64, 96, 192), size=16, reads_from=1):
    """The UNet: words are looked at, and one place by another, from the level reads_from on."""
    levels = range(len(channels))
    return UNet2DConditionModel(
        sample_size=size, in_channels=latent_channels, out_channels=latent_channels,
        block_out_channels=tuple(channels), layers_per_block=1, norm_num_groups=16,
        down_block_types=tuple("CrossAttnDownBlock2D" if i >= reads_from else "DownBlock2D" for i in levels),
        up_block_types=tuple("CrossAttnUpBlock2D" if i >= reads_from else "UpBlock2D" for i in reversed(levels)),
        attention_head_dim=tuple(c // 32 for c in channels), cross_attention_dim=width,
    )


def build_scheduler():
    """The scheduler that ships with the model."""
    return DDIMScheduler(
        num_train_timesteps=TRAIN_STEPS, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
        prediction_type="v_prediction", rescale_betas_zero_snr=True, timestep_spacing="trailing",
        clip_sample=False, set_alpha_to_one=True, steps_offset=0,
    )


class Objective:
    """The training loss on one device."""

    def __init__(self, device):
        self.alphas = build_scheduler().alphas_cumprod.float().to(device)
        self.device = device
        self.importance = torch.ones(1)

    def weigh(self, latents):
        """Lets an error count in proportion to how much of the pictures its channel decides.

        Most of the channels hold fine detail that nobody can foretell. A plain mean over
        all of them spends the network on that, and learns shapes late.
        """
        spread = latents.float().std((0, 2, 3))
        self.importance = (spread / spread.mean()).view(1, -1, 1, 1).to(self.device)

    def timesteps(self, n, generator):
        """One timestep in each n-th of their distribution, in random order.

        Two in five are uniform over the schedule, the others logit-normal around its middle
        (Esser et al. 2024, https://arxiv.org/abs/2403.03206), where what a shape is gets
        decided. With one in five uniform, half of what was lost between a drawing's latents
        and a sample was lost in the last two fifths of the schedule, where contours are.
        """
        u = (torch.rand(n, generator=generator) + torch.randperm(n, generator=generator)) / n
        even = torch.arange(n) % 5 < 2
        middle = torch.sigmoid(torch.special.ndtri(u.double().clamp(1e-6, 1 - 1e-6)) - 0.2)
        u = torch.where(even, u.double(), middle)
        return (u * TRAIN_STEPS).long().clamp_max(TRAIN_STEPS - 1).to(self.device)

    def noisy(self, latents, noise, t):
        """The noisy latents, the velocity to predict, and each sample's weight."""
        a = self.alphas[t].view(-1, 1, 1, 1)
        x = a.sqrt() * latents + (1 - a).sqrt() * noise
        v = a.sqrt() * noise - (1 - a).sqrt() * latents
        snr = a / (1 - a)
        return x, v, (snr + 1).clamp_max(5).div(snr + 1).flatten()

    def losses(self, unet, latents, context, noise, t):
        """The velocity error of each sample, by the channels' importance, and the sample's weight."""
        x, v, weight = self.noisy(latents, noise, t)
        out = unet(x, t, context).sample
        return ((out.float() - v).square() * self.importance).mean((1, 2, 3)), weight


def roll(latents, generator):
    """Each sample rolled by its own amount: a repeat may be cut anywhere."""
    n, _, h, w = latents.shape
    dy = torch.randint(h, (n, 1), generator=generator).to(latents.device)
    dx = torch.randint(w, (n, 1), generator=generator).to(latents.device)
    rows = (torch.arange(h, device=latents.device)[None] + dy) % h
    cols = (torch.arange(w, device=latents.device)[None] + dx) % w
    batch = torch.arange(n, device=latents.device)[:, None, None]
    return latents.movedim(1, -1)[batch, rows[:, :, None], cols[:, None, :]].movedim(-1, 1)


class Average:
    """Exponential moving average of weights, with a horizon of a tenth of the steps so far."""

    def __init__(self, modules, every=4, limit=0.9995):
        self.every, self.limit = every, limit
        self.sources = [p for m in modules for p in m.state_dict().values() if p.is_floating_point()]
        self.values = [p.detach().clone() for p in self.sources]

    @torch.no_grad()
    def update(self, step):
        if step % self.every:
            return
        decay = min(self.limit, (1 + step) / (10 + step)) ** self.every
        torch._foreach_lerp_(self.values, self.sources, 1 - decay)

    @torch.no_grad()
    def swap(self):
        """Exchanges the averages and the weights; a second call puts them back."""
        for a, b in zip(self.values, self.sources):
            kept = a.clone()
            a.copy_(b)
            b.copy_(kept)
