"""Encoders with torchvision's parameter names, so that its weight files load. Each returns (deepest features, skips from fine to coarse).

VGG-16 (Simonyan, Zisserman 2015), ResNet-101 (He 2016), DRN-101 = the same weights, stride 1 and dilation 2 and 4 in the last two stages
(first block of a stage keeps the previous stage's dilation, Yu 2017), MobileNetV2 (Sandler 2018).
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

VGG16 = (64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M")


class Vgg16(nn.Module):
    """`features.N` as torchvision's vgg16; 512 channels at stride 32. skips: after each pooling but the last."""

    channels, stride = 512, 32
    skip_channels = (64, 128, 256, 512)

    def __init__(self, divide: int = 1) -> None:
        """`divide`: widths divided by it, for smoke tests on a CPU."""
        super().__init__()
        self.channels = 512 // divide
        self.skip_channels = tuple(width // divide for width in Vgg16.skip_channels)
        layers: list[nn.Module] = []
        before = 3
        for step in VGG16:
            if step == "M":
                layers.append(nn.MaxPool2d(2))
            else:
                width = int(step) // divide
                layers += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU(inplace=True)]
                before = width
        self.features = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        pooled: list[Tensor] = []
        for layer in self.features:
            x = layer(x)
            if isinstance(layer, nn.MaxPool2d):
                pooled.append(x)
        return x, pooled[:-1]


class Bottleneck(nn.Module):
    def __init__(self, before: int, width: int, stride: int, dilation: int, downsample: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, dilation, dilation, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        if downsample:
            self.downsample = nn.Sequential(nn.Conv2d(before, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width))

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return torch.relu(y + (self.downsample(x) if hasattr(self, "downsample") else x))


class ResNet101(nn.Module):
    """2048 channels at stride 32; `dilated`: stride 8 (DRN-101). skips: stem (stride 2) and the stages before the last."""

    def __init__(self, dilated: bool = False, divide: int = 1, blocks: tuple[int, ...] = (3, 4, 23, 3)) -> None:
        super().__init__()
        base = 64 // divide
        self.stride = 8 if dilated else 32
        self.channels = 32 * base
        self.skip_channels = (base, 4 * base, 8 * base, 16 * base)
        self.conv1 = nn.Conv2d(3, base, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(base)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        before, dilation = base, 1
        for index, count in enumerate(blocks):
            width, stride, first = base * 2**index, 1 if index == 0 else 2, dilation
            if dilated and index >= 2:
                stride, dilation = 1, 2 * dilation
            stage = [Bottleneck(before, width, stride, first, True)]
            before = 4 * width
            stage += [Bottleneck(before, width, 1, dilation, False) for _ in range(count - 1)]
            setattr(self, f"layer{index + 1}", nn.Sequential(*stage))

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        stem = torch.relu(self.bn1(self.conv1(x)))
        one = self.layer1(self.maxpool(stem))
        two = self.layer2(one)
        three = self.layer3(two)
        return self.layer4(three), [stem, one, two, three]


class ConvBnReLU(nn.Sequential):
    def __init__(self, before: int, width: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        pad = nn.Identity() if stride == 1 else nn.ZeroPad2d((0, 1, 0, 1))
        conv = nn.Conv2d(before, width, kernel, stride, kernel // 2 if stride == 1 else 0, groups=groups, bias=False)
        super().__init__(conv, nn.BatchNorm2d(width), nn.ReLU6(inplace=True))
        self.pad = pad

    def forward(self, x: Tensor) -> Tensor:
        # TensorFlow's padding of stride-2 convolutions, (0, 1) on each axis: these weights were trained with it
        return self[2](self[1](self[0](self.pad(x))))


class InvertedResidual(nn.Module):
    def __init__(self, before: int, width: int, stride: int, expand: int) -> None:
        super().__init__()
        hidden = before * expand
        layers: list[nn.Module] = [] if expand == 1 else [ConvBnReLU(before, hidden, 1)]
        layers += [ConvBnReLU(hidden, hidden, 3, stride, hidden), nn.Conv2d(hidden, width, 1, bias=False), nn.BatchNorm2d(width)]
        self.conv = nn.Sequential(*layers)
        self.residual = stride == 1 and before == width

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x) if self.residual else self.conv(x)


class MobileNetV2(nn.Module):
    """`features.0` … `features.17` of torchvision's mobilenet_v2: 320 channels at stride 32. skips at strides 2, 4, 8, 16."""

    channels, stride = 320, 32
    skip_channels = (16, 24, 32, 96)
    SETTINGS = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
    SKIPS = (1, 3, 6, 13)

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [ConvBnReLU(3, 32, 3, 2)]
        before = 32
        for expand, width, count, stride in self.SETTINGS:
            for index in range(count):
                layers.append(InvertedResidual(before, width, stride if index == 0 else 1, expand))
                before = width
        self.features = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        skips: list[Tensor] = []
        for index, layer in enumerate(self.features):
            x = layer(x)
            if index in self.SKIPS:
                skips.append(x)
        return x, skips


def load_folded_mobilenet(encoder: MobileNetV2, folder: Path) -> None:
    """Weights of `mobilenet_v2_1.0_224.npz` beside `names.csv`: batch norm is folded into the biases, so every BatchNorm keeps weight 1, mean 0
    and variance 1 and must stay in eval mode (`freeze_norms`), else the network is destroyed. Input range -1..1."""
    arrays = np.load(folder / "mobilenet_v2_1.0_224.npz")
    own = encoder.state_dict()
    with (folder / "names.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["torchvision"] in own:
                own[row["torchvision"]] = torch.from_numpy(arrays[row["array"]].astype(np.float32)).reshape(own[row["torchvision"]].shape)
    for name in own:
        if name.endswith("running_var"):
            own[name] = torch.full_like(own[name], 1 - 1e-5)
    encoder.load_state_dict(own)


def freeze_norms(module: nn.Module) -> None:
    """Keeps every BatchNorm in eval mode, whatever `train()` says."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.eval()
            part.train = lambda mode=True, part=part: part  # type: ignore[method-assign]
