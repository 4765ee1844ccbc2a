"""A co-segmenter: one encoder, a gate from the deepest features, one decoder; two lesions of a pair go through as one batch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from .attention import Attention
from .decoders import Fcn16Head, LightDecoder, LightEncoder, PaperDecoder, SkipDecoder
from .encoders import MobileNetV2, ResNet101, Vgg16, freeze_norms, load_folded_mobilenet
from .ensemble import Ensemble

REDUCED = 512
"""Channels that 2048 features are reduced to before gate and decoder."""


@dataclass(frozen=True)
class NetworkConfig:
    """encoder: light | vgg16 | resnet101 | drn101 | mobilenet-v2 | fcn16. weights: `random`, or a path (torchvision state file; folder for
    MobileNetV2). divide: widths divided by it (a CPU form of the paper's networks, said in every table). members: widths of the members of an
    ensemble of light networks (`coseg.join`), views: the mirror images that each of them sees; `widths` is then not looked at."""

    encoder: str = "light"
    attention: str = "ca"
    widths: tuple[int, ...] = (16, 32, 64, 128)
    widening: int = 8
    weights: str = "random"
    divide: int = 1
    light_head: bool = False
    members: tuple[tuple[int, ...], ...] = ()
    views: tuple[tuple[str, ...], ...] = ()


class CoSegmenter(nn.Module):
    """encode -> (features, skips); attention.gate(features) -> gate; decode(features, skips, partner's gate) -> logits of the foreground."""

    def __init__(self, encoder: nn.Module, reduce: nn.Module, attention: Attention, decoder: nn.Module, skips: int) -> None:
        """skips: how many of the encoder's deepest skips the decoder uses; an exported decoder takes no others."""
        super().__init__()
        self.encoder, self.reduce, self.attention, self.decoder = encoder, reduce, attention, decoder
        self.skips = skips

    def encode(self, patch: Tensor) -> tuple[Tensor, list[Tensor]]:
        features, skips = self.encoder(patch)
        return self.reduce(features), skips[len(skips) - self.skips :]

    def gate(self, features: Tensor) -> Tensor:
        return self.attention.gate(features)

    def decode(self, features: Tensor, skips: list[Tensor], partner: Tensor) -> Tensor:
        """[n, 1, h, w]: log odds of the foreground; of two logits their difference."""
        logits = self.decoder(self.attention(features, partner), skips)
        return logits if logits.shape[1] == 1 else logits[:, 1:] - logits[:, :1]

    def ones(self, n: int) -> Tensor:
        return self.attention.ones(n)

    def forward(self, patch: Tensor, partner: str = "pair") -> Tensor:
        """`pair`: the batch is [A; B], each half is the other's partner. `self`: own gate. `one`: every channel passes."""
        features, skips = self.encode(patch)
        if partner == "one":
            return self.decode(features, skips, self.ones(len(patch)).to(patch))
        gate = self.gate(features)
        if partner == "pair":
            gate = torch.cat(gate.chunk(2)[::-1])
        return self.decode(features, skips, gate)


def build(config: NetworkConfig, depth: int) -> tuple[CoSegmenter | Ensemble, str]:
    """The network and one line that says where its weights come from. depth: channels of the patch. Nothing is ever downloaded."""
    if config.members:
        single = [replace(config, widths=widths, members=()) for widths in config.members]
        return Ensemble([built(one, depth)[0] for one in single], config.members, config.views), "joined"
    return built(config, depth)


def built(config: NetworkConfig, depth: int) -> tuple[CoSegmenter, str]:
    reduce: nn.Module = nn.Identity()
    started = "random weights"
    if config.encoder == "light":
        encoder: nn.Module = LightEncoder(depth, config.widths)
        decoder: nn.Module = LightDecoder(encoder.channels, encoder.skip_channels)
        channels, skips = encoder.channels, len(encoder.skip_channels)
    elif config.encoder == "mobilenet-v2":
        encoder = MobileNetV2()
        if config.weights != "random":
            load_folded_mobilenet(encoder, Path(config.weights))
            freeze_norms(encoder)
            started = "ImageNet weights (MobileNetV2)"
        decoder = SkipDecoder(encoder.channels, encoder.skip_channels)
        channels, skips = encoder.channels, len(encoder.skip_channels)
    elif config.encoder in ("vgg16", "fcn16", "resnet101", "drn101"):
        vgg = config.encoder in ("vgg16", "fcn16")
        encoder = Vgg16(config.divide) if vgg else ResNet101(config.encoder == "drn101", config.divide)
        if config.weights != "random":
            state = torch.load(config.weights, map_location="cpu", weights_only=True)
            encoder.load_state_dict({name: value for name, value in state.items() if name in encoder.state_dict()})
            started = f"ImageNet weights ({Path(config.weights).name})"
        else:
            kaiming(encoder)
        channels = encoder.channels
        if not vgg:
            channels = REDUCED // config.divide
            reduce = nn.Sequential(nn.Conv2d(encoder.channels, channels, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU())
        skips = 1 if config.encoder == "fcn16" else 0
        decoder = Fcn16Head(channels, encoder.skip_channels[-1], config.light_head) if skips else PaperDecoder(channels, encoder.stride)
    else:
        raise ValueError(f"encoder {config.encoder} is unknown")
    if config.divide > 1:
        started += f", widths / {config.divide}"
    return CoSegmenter(encoder, reduce, Attention(config.attention, channels, config.widening), decoder, skips), started


def kaiming(encoder: nn.Module) -> None:
    """How torchvision starts VGG and ResNet: without it a VGG without batch norm does not begin to learn."""
    for layer in encoder.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
