"""Members that see the same patch, each in mirror images of its own, and answer together: features, skips and gates lie one after the other, log odds
are averaged. Two members of two views each cost as much as one of four, and err less alike.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

VIEWS: dict[str, tuple[int, ...]] = {"as-is": (), "x": (3,), "y": (2,), "xy": (2, 3)}
"""Axes along which the patch is mirrored."""


class Ensemble(nn.Module):
    """Behaves as one co-segmenter whose channels are those of its members' views. widths of each member: its skips' channels, its features' last.
    A member's gate is that of its first view."""

    def __init__(self, members: Sequence[nn.Module], widths: Sequence[Sequence[int]], views: Sequence[Sequence[str]]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.views = [[VIEWS[name] for name in names] for names in views]
        self.of_level = [
            [width for width, names in zip(level, views, strict=True) for _ in names] for level in zip(*widths, strict=True)
        ]
        self.lengths = [member.attention.length for member in members]  # type: ignore[union-attr, operator]

    def encode(self, patch: Tensor) -> tuple[Tensor, list[Tensor]]:
        levels: list[list[Tensor]] = [[] for _ in self.of_level]
        for member, views in zip(self.members, self.views, strict=True):
            features, skips = member.encode(torch.cat([mirrored(patch, axes) for axes in views]))  # type: ignore[operator]
            for found, level in zip([*skips, features], levels, strict=True):
                level += apart(found, len(views))
        *skips, features = [torch.cat(level, dim=1) for level in levels]
        return features, skips

    def gate(self, features: Tensor) -> Tensor:
        of_members = self.of_members(features.split(self.of_level[-1], dim=1))
        return torch.cat([member.gate(parts[0]) for member, parts in zip(self.members, of_members, strict=True)], dim=1)  # type: ignore[operator]

    def decode(self, features: Tensor, skips: list[Tensor], partner: Tensor) -> Tensor:
        """[n, 1, h, w]: mean of the log odds of all views."""
        levels = [self.of_members(level.split(widths, dim=1)) for level, widths in zip([*skips, features], self.of_level, strict=True)]
        logits: list[Tensor] = []
        for k, (member, views, gate) in enumerate(zip(self.members, self.views, partner.split(self.lengths, dim=1), strict=True)):
            *own_skips, own_features = [torch.cat(level[k]) for level in levels]
            together = member.decode(own_features, own_skips, torch.cat([gate] * len(views)))  # type: ignore[operator]
            logits += [mirrored(one, axes) for one, axes in zip(apart(together, len(views)), views, strict=True)]
        return torch.stack(logits).mean(dim=0)

    def of_members(self, parts: Sequence[Tensor]) -> list[list[Tensor]]:
        found, start = [], 0
        for views in self.views:
            found.append(list(parts[start : start + len(views)]))
            start += len(views)
        return found

    def ones(self, n: int) -> Tensor:
        return torch.cat([member.ones(n) for member in self.members], dim=1)  # type: ignore[operator]

    def forward(self, patch: Tensor, partner: str = "pair") -> Tensor:
        features, skips = self.encode(patch)
        gate = self.ones(len(patch)).to(patch) if partner == "one" else self.gate(features)
        return self.decode(features, skips, torch.cat(gate.chunk(2)[::-1]) if partner == "pair" else gate)


def mirrored(pictures: Tensor, axes: tuple[int, ...]) -> Tensor:
    return torch.flip(pictures, axes) if axes else pictures


def apart(together: Tensor, count: int) -> list[Tensor]:
    """What was concatenated along the batch."""
    return [together] if count == 1 else list(together.reshape(count, -1, *together.shape[1:]).unbind(0))
