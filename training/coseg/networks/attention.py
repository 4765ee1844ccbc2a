"""What a lesion gives its partner (a gate, a vector) and what the partner's gate does to a lesion's features.

    d = mean over h, w of f          g = sigmoid(W2 tanh(W1 d + b1) + b2)          out_A = decoder(attend(f_A, g_B))

Chen, Huang, Nakayama (ACCV 2018) and the authors' code for `ca`; `fca`, `csa` and its variants are our reading of the paper's text.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

KINDS = ("none", "ca", "fca", "csa", "csa-1x1", "csa-cross")
CROSS_WIDTH = 64


class Attention(nn.Module):
    """`gate(features)` -> [n, g]; `forward(features, partner)` -> features of the same shape. hidden = `widening` x channels (Chen: 8)."""

    def __init__(self, kind: str, channels: int, widening: int = 8) -> None:
        super().__init__()
        if kind not in KINDS:
            raise ValueError(f"attention {kind}: none of {', '.join(KINDS)}")
        self.kind, self.channels = kind, channels
        if kind == "none":
            self.length = 1
            return
        self.squeeze = nn.Linear(channels, widening * channels)
        self.excite = nn.Linear(widening * channels, channels)
        self.length = channels
        if kind == "csa":
            self.spatial = nn.Conv2d(2, 1, 7, padding=3)
        elif kind == "csa-1x1":
            self.spatial = nn.Conv2d(channels, 1, 1)
        elif kind == "csa-cross":
            self.query = nn.Conv2d(channels, CROSS_WIDTH, 1, bias=False)
            self.key = nn.Linear(channels, CROSS_WIDTH, bias=False)
            self.bias = nn.Parameter(torch.zeros(1))
            self.length = channels + CROSS_WIDTH

    def gate(self, features: Tensor) -> Tensor:
        """[n, c, h, w] -> [n, g]: for `csa-cross` the gate is followed by V d; for `none` it is a column of ones."""
        descriptor = features.mean(dim=(2, 3))
        if self.kind == "none":
            return torch.ones_like(descriptor[:, :1])
        gate = torch.sigmoid(self.excite(torch.tanh(self.squeeze(descriptor))))
        return torch.cat([gate, self.key(descriptor)], dim=1) if self.kind == "csa-cross" else gate

    def forward(self, features: Tensor, partner: Tensor) -> Tensor:
        if self.kind == "none":
            return features + 0.0 * partner[:, :1, None, None]
        gate = partner[:, : self.channels]
        if self.kind == "fca":
            gate = gate * self.gate(features)
        gated = features * gate[:, :, None, None]
        if self.kind == "csa":
            pooled = torch.cat([gated.mean(dim=1, keepdim=True), gated.amax(dim=1, keepdim=True)], dim=1)
            return gated * torch.sigmoid(self.spatial(pooled))
        if self.kind == "csa-1x1":
            return gated * torch.sigmoid(self.spatial(gated))
        if self.kind == "csa-cross":
            key = partner[:, self.channels :, None, None]
            score = (self.query(features) * key).sum(dim=1, keepdim=True) / CROSS_WIDTH**0.5
            return gated * torch.sigmoid(score + self.bias)
        return gated

    def ones(self, n: int) -> Tensor:
        """The partner of the control arm `one`: every channel passes; V d is 0."""
        partner = torch.ones(n, self.length)
        if self.kind == "csa-cross":
            partner[:, self.channels :] = 0
        return partner
