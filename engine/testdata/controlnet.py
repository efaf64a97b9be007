"""Makes the small golden copy's ControlNet, its UNet and their two cases, with diffusers.

    python controlnet.py golden        in an environment with torch, diffusers and safetensors

The formats are those of the full set's README. Weights are random and stored in half
precision; expected values belong to exactly the stored numbers. Tolerances are ten times
the distance of the reference from itself in float64.
"""

import json
import pathlib
import sys

import torch
import torch.nn.functional as F
from diffusers import ControlNetModel, UNet2DConditionModel
from safetensors.torch import save_file

root = pathlib.Path(sys.argv[1])
torch.manual_seed(20261124)
shape = dict(block_out_channels=(8, 16), layers_per_block=1, cross_attention_dim=12, attention_head_dim=4, norm_num_groups=4,
             down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"))
unet = UNet2DConditionModel(sample_size=8, up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), **shape)
control = ControlNetModel(conditioning_embedding_out_channels=(8, 12, 16), **shape)
with torch.no_grad():
    for name, p in control.named_parameters():
        if "controlnet_" in name:  # zero convolutions, which would hide everything
            p.copy_(torch.randn_like(p) * 0.2)
    for m in (unet, control):
        for p in m.parameters():
            p.copy_(p.half().float())
unet.eval()
control.eval()



def plane(x, p):
    """x continued by p samples beyond every edge, as a half-drop by 1/2 has it."""
    h, w = x.shape[2:]
    i = torch.arange(-p, h + p)[:, None]
    j = torch.arange(-p, w + p)[None, :]
    q = torch.div(j, w, rounding_mode="floor")
    return x[:, :, (i - h // 2 * q) % h, j - q * w]


class Wrapped(torch.nn.Module):
    """A convolution that sees the plane of the repeat in place of zeros."""

    def __init__(self, conv):
        super().__init__()
        self.conv = conv

    def forward(self, x, *args, **kwargs):
        c = self.conv
        return F.conv2d(plane(x, c.padding[0]), c.weight, c.bias, c.stride)


def wrap(m):
    for name, child in list(m.named_children()):
        if not isinstance(child, torch.nn.Conv2d):
            wrap(child)
        elif child.padding != (0, 0):
            setattr(m, name, Wrapped(child))


g = torch.Generator().manual_seed(7)
x = dict(latent=torch.randn(1, 4, 8, 8, generator=g), timestep=torch.tensor([321.0]), context=torch.randn(1, 6, 12, generator=g),
         control=torch.rand(1, 3, 32, 32, generator=g))


def compute(scale, dtype):
    c, u = control.to(dtype), unet.to(dtype)
    taps = {}
    h = c.controlnet_cond_embedding.register_forward_hook(lambda m, i, o: taps.__setitem__("tap/controlnet_cond_embedding", o))
    with torch.no_grad():
        v = {k: t.to(dtype) for k, t in x.items()}
        down, mid = c(v["latent"], v["timestep"], v["context"], v["control"], conditioning_scale=scale, return_dict=False)
        y = u(v["latent"], v["timestep"], v["context"], down_block_additional_residuals=list(down), mid_block_additional_residual=mid, return_dict=False)[0]
    h.remove()
    out = {**taps, **{f"down_residual.{i}": d for i, d in enumerate(down)}, "mid_residual": mid, "sample": y}
    return {k: t.detach().clone().contiguous() for k, t in out.items()}


def half(m):
    return {k: v.half().contiguous() for k, v in m.state_dict().items()}


for m, d in ((unet, root / "models/tiny/unet"), (control, root / "models/tiny-controlnet")):
    d.mkdir(parents=True, exist_ok=True)
    m.save_config(d)
    save_file(half(m), d / "diffusion_pytorch_model.safetensors", metadata={"format": "pt"})
(root / "models/tiny/model_index.json").write_text(json.dumps({"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.42.1", "unet": ["diffusers", "UNet2DConditionModel"]}, indent=2) + "\n")
save_file(x, root / "cases/controlnet-tiny.inputs.safetensors")
cases = []
for name, kind, scale, repeat in (("controlnet-tiny", "controlnet", 0.8, None), ("seamless_controlnet-tiny", "seamless_controlnet", 0.9, {"kind": "half-drop", "drop": [1, 2]})):
    if repeat:
        wrap(control)
        wrap(unet)
    exact, single = compute(scale, torch.float64), compute(scale, torch.float32)
    far = max((exact[k].float() - single[k]).abs().max().item() for k in single)
    save_file(single, root / f"cases/{name}.expected.safetensors")
    p = {"controlnet": "tiny-controlnet", "conditioning_scale": scale}
    if repeat:
        p["repeat"] = repeat
    cases.append({"name": name, "kind": kind, "model": "tiny", "inputs": "cases/controlnet-tiny.inputs.safetensors", "expected": f"cases/{name}.expected.safetensors",
                  "params": p, "rtol": 1e-4, "atol": float(f"{10 * far:.3g}"), "atol_unit": "absolute", "fp32_vs_fp64": float(f"{far:.2g}")})
text = (root / "manifest.json").read_text()
m = json.loads(text)
m["models"]["tiny"] = {"path": "models/tiny", "layout": "diffusers", "family": "sd1", "notes": "a UNet alone, of two levels, for a ControlNet; fp16"}
m["models"]["tiny-controlnet"] = {"path": "models/tiny-controlnet", "layout": "diffusers", "family": "controlnet", "notes": "for tiny; the zero convolutions are not zero here; fp16"}
m["cases"] = [c for c in m["cases"] if not c["name"].endswith("controlnet-tiny")] + cases
(root / "manifest.json").write_text(json.dumps(m, separators=(",", ":")) + ("\n" if text.endswith("\n") else ""))
