"""Losses on log odds: cross-entropy, and cross-entropy + soft Dice an image (smoothing 1 px). Pixels of weight 0 do not count."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def cross_entropy(logits: Tensor, label: Tensor, weight: Tensor) -> Tensor:
    """[n]: mean over an image's weighted pixels. logits, label (0..1), weight: [n, 1, h, w]."""
    each = F.binary_cross_entropy_with_logits(logits, label, reduction="none") * weight
    return each.sum(dim=(1, 2, 3)) / weight.sum(dim=(1, 2, 3)).clamp_min(1)


def soft_dice(logits: Tensor, label: Tensor, weight: Tensor) -> Tensor:
    """[n]: 1 - (2 sum p t + 1) / (sum p + sum t + 1), with t the label cut at a half."""
    probability = logits.sigmoid() * weight
    truth = (label >= 0.5).to(logits) * weight
    both = (probability * truth).sum(dim=(1, 2, 3))
    return 1 - (2 * both + 1) / (probability.sum(dim=(1, 2, 3)) + truth.sum(dim=(1, 2, 3)) + 1)


def total(kind: str, logits: Tensor, label: Tensor, weight: Tensor, lesion_weight: Tensor) -> Tensor:
    """Mean over the lesions of both sides of the pairs. kind: `ce` | `ce+dice`. lesion_weight: [n]."""
    each = cross_entropy(logits, label, weight)
    if kind == "ce+dice":
        each = each + soft_dice(logits, label, weight)
    elif kind != "ce":
        raise ValueError(f"loss {kind} is unknown")
    return (each * lesion_weight).sum() / lesion_weight.sum().clamp_min(1e-6)
