"""Decoders: the paper's (no skips), one with skips for light encoders, and the light U-Net's own encoder and decoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class ResidualBlock(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        conv = lambda: nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect")
        self.body = nn.Sequential(conv(), nn.BatchNorm2d(channels), nn.ReLU(), conv(), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


class PaperDecoder(nn.Module):
    """Two residual blocks, log2(stride) times (nearest x 2, reflect 2, conv5 c -> c/2, batch norm, ReLU), reflect 3, conv7 -> 2 logits."""

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [ResidualBlock(channels), ResidualBlock(channels)]
        while stride > 1:
            layers += [
                nn.Upsample(scale_factor=2, mode="nearest"),
                nn.Conv2d(channels, channels // 2, 5, padding=2, padding_mode="reflect"),
                nn.BatchNorm2d(channels // 2),
                nn.ReLU(),
            ]
            channels, stride = channels // 2, stride // 2
        layers.append(nn.Conv2d(channels, 2, 7, padding=3, padding_mode="reflect"))
        self.layers = nn.Sequential(*layers)

    def forward(self, features: Tensor, skips: list[Tensor]) -> Tensor:
        return self.layers(features)


class SkipDecoder(nn.Module):
    """For encoders with skips at strides 2, 4, 8, 16: bilinear x 2, 1 x 1 to the width, concatenate, depth-wise 3 x 3 + 1 x 1."""

    def __init__(self, channels: int, skip_channels: tuple[int, ...], width: int = 64) -> None:
        super().__init__()
        self.squeeze = nn.ModuleList()
        self.mix = nn.ModuleList()
        for skip in reversed(skip_channels):
            self.squeeze.append(nn.Conv2d(channels, width, 1))
            both = width + skip
            self.mix.append(
                nn.Sequential(
                    nn.Conv2d(both, both, 3, padding=1, groups=both, bias=False),
                    nn.BatchNorm2d(both),
                    nn.ReLU(),
                    nn.Conv2d(both, width, 1, bias=False),
                    nn.BatchNorm2d(width),
                    nn.ReLU(),
                )
            )
            channels = width
        self.head = nn.Conv2d(width, 2, 3, padding=1)

    def forward(self, features: Tensor, skips: list[Tensor]) -> Tensor:
        x = features
        for squeeze, mix, skip in zip(self.squeeze, self.mix, reversed(skips), strict=True):
            x = F.interpolate(squeeze(x), scale_factor=2.0, mode="bilinear", align_corners=False)
            x = mix(torch.cat([x, skip], dim=1))
        return F.interpolate(self.head(x), scale_factor=2.0, mode="bilinear", align_corners=False)


def double(before: int, width: int) -> nn.Sequential:
    conv = lambda a, b: [nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU(inplace=True)]
    return nn.Sequential(*conv(before, width), *conv(width, width))


class LightEncoder(nn.Module):
    """U-Net contraction: `widths` channels at strides 1, 2, 4, …; the last is the deepest."""

    def __init__(self, depth: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.channels, self.stride, self.skip_channels = widths[-1], 2 ** (len(widths) - 1), widths[:-1]
        self.levels = nn.ModuleList(double(a, b) for a, b in zip((depth, *widths[:-1]), widths, strict=True))

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        skips: list[Tensor] = []
        for index, level in enumerate(self.levels):
            x = level(F.max_pool2d(x, 2) if index else x)
            skips.append(x)
        return x, skips[:-1]


class LightDecoder(nn.Module):
    """U-Net expansion: 1 x 1 to the finer width, bilinear x 2, concatenate the skip, two convolutions; one logit."""

    def __init__(self, channels: int, skip_channels: tuple[int, ...]) -> None:
        super().__init__()
        self.squeeze, self.mix = nn.ModuleList(), nn.ModuleList()
        for width in reversed(skip_channels):
            self.squeeze.append(nn.Conv2d(channels, width, 1))
            self.mix.append(double(2 * width, width))
            channels = width
        self.head = nn.Conv2d(channels, 1, 1)

    def forward(self, features: Tensor, skips: list[Tensor]) -> Tensor:
        x = features
        for squeeze, mix, skip in zip(self.squeeze, self.mix, reversed(skips), strict=True):
            x = F.interpolate(squeeze(x), scale_factor=2.0, mode="bilinear", align_corners=False)
            x = mix(torch.cat([x, skip], dim=1))
        return self.head(x)


class Fcn16Head(nn.Module):
    """FCN-16s (Long 2015): fc6, fc7 as convolutions, score, x 2 up, + score of pool4, x 16 up. `light`: one 3 x 3 convolution for fc6 and fc7."""

    def __init__(self, channels: int, pool4: int, light: bool) -> None:
        super().__init__()
        if light:
            self.classify: nn.Module = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU(inplace=True))
            wide = channels
        else:
            wide = 4096
            self.classify = nn.Sequential(
                nn.Conv2d(channels, wide, 7, padding=3), nn.ReLU(inplace=True), nn.Dropout2d(0.5),
                nn.Conv2d(wide, wide, 1), nn.ReLU(inplace=True), nn.Dropout2d(0.5),
            )  # fmt: skip
        self.score = nn.Conv2d(wide, 2, 1)
        self.score_pool4 = nn.Conv2d(pool4, 2, 1)
        self.up2 = bilinear_transposed(4, 2)
        self.up16 = bilinear_transposed(32, 16)

    def forward(self, features: Tensor, skips: list[Tensor]) -> Tensor:
        coarse = self.up2(self.score(self.classify(features))) + self.score_pool4(skips[-1])
        return self.up16(coarse)


def bilinear_transposed(kernel: int, stride: int) -> nn.ConvTranspose2d:
    layer = nn.ConvTranspose2d(2, 2, kernel, stride, (kernel - stride) // 2, bias=False)
    ramp = 1 - torch.abs(torch.arange(kernel) - (kernel - 1) / 2) / stride
    with torch.no_grad():
        layer.weight.zero_()
        for channel in range(2):
            layer.weight[channel, channel] = ramp[:, None] * ramp[None, :]
    return layer
