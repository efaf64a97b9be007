"""Muon: momentum whose matrices are made orthogonal, for the convolutions and products of the UNet.

Jordan et al. 2024 (https://kellerjordan.github.io/posts/muon/), scaled so that it takes AdamW's
rates (Liu et al. 2025, https://arxiv.org/abs/2502.16982). torch.optim has one for matrices only, and most of
the UNet is convolutions.
"""

import torch

# The coefficients of the quintic iteration, as Jordan et al. found them.
A, B, C = 3.4445, -4.7750, 2.0315


def orthogonal(matrix, steps=5):
    """About the orthogonal factor of a matrix [r, c]: singular values between 0.7 and 1.2 or so.

    Every step multiplies from the left by a polynomial of what the matrix's Gram matrix has become. All these commute, so
    the steps are done on the small Gram matrix, and the matrix itself is multiplied once.
    """
    if matrix.shape[0] > matrix.shape[1]:
        return orthogonal(matrix.T, steps).T
    matrix = matrix / (matrix.norm() + 1e-12)
    gram = matrix @ matrix.T
    whole = None
    for step in range(steps):
        factor = torch.addmm(gram, gram, gram, beta=B, alpha=C)
        factor.diagonal().add_(A)
        whole = factor if whole is None else factor @ whole
        if step + 1 < steps:
            gram = factor @ (factor @ gram)
    return whole @ matrix


def matrices(unet):
    """A UNet's parameters in two parts: those that Muon is for, and those where AdamW is better, the first and last layers and all that are vectors."""
    inner, outer = [], []
    for name, parameter in unet.named_parameters():
        (inner if parameter.ndim > 1 and not name.startswith(("conv_in", "conv_out", "time_emb")) else outer).append(parameter)
    return inner, outer


class Muon(torch.optim.Optimizer):
    """Muon over parameters of two dimensions and more; lr and weight_decay as AdamW's.

    Of several processes with the same gradients each makes its share of the updates, and
    combine, given a flat tensor that is zero but for that share, adds up those of all.
    """

    def __init__(self, params, lr, momentum=0.95, weight_decay=0.01, number=0, count=1, combine=None):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        self.number, self.count, self.combine = number, count, combine

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            learning = [p for p in group["params"] if p.grad is not None]
            updates = torch.zeros(sum(p.numel() for p in learning), device=learning[0].device)
            parts = updates.split([p.numel() for p in learning])
            for i, (p, update) in enumerate(zip(learning, parts)):
                state = self.state[p]
                if not state:
                    state["momentum"] = torch.zeros_like(p)
                kept = state["momentum"].lerp_(p.grad, 1 - group["momentum"])
                if i % self.count == self.number:
                    # The same root mean square as AdamW's updates have.
                    step = orthogonal(p.grad.lerp(kept, group["momentum"]).flatten(1))
                    update.view(len(p), -1).copy_(step).mul_(0.2 * max(step.shape) ** 0.5)
            if self.combine:
                self.combine(updates)
            for p, update in zip(learning, parts):
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.add_(update.view(p.shape), alpha=-group["lr"])
