import math

import pytest
import torch

from coseg import losses
from coseg.networks import NetworkConfig, build
from coseg.networks.attention import KINDS, Attention
from coseg.networks.encoders import MobileNetV2, ResNet101, Vgg16, load_folded_mobilenet


def parameters(module: torch.nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_parameters_of_the_papers_networks() -> None:
    """Counts of the papers' architectures: VGG-16 and ResNet-101 without their classifiers, the co-segmenter on VGG-16."""
    with torch.device("meta"):
        assert parameters(Vgg16()) == 14_714_688
        assert parameters(ResNet101()) == parameters(ResNet101(dilated=True)) == 42_500_160
        assert parameters(Attention("ca", 512)) == 4_198_912
    model, _ = build(NetworkConfig(encoder="vgg16", attention="ca"), 3)
    assert parameters(model) == 32_724_786


def test_parameter_names_are_torchvisions() -> None:
    with torch.device("meta"):
        assert "features.28.weight" in Vgg16().state_dict()
        names = ResNet101().state_dict()
        assert {"conv1.weight", "layer3.22.conv3.weight", "layer4.0.downsample.1.running_var"} <= names.keys()
        assert "features.17.conv.2.weight" in MobileNetV2().state_dict()


@pytest.mark.parametrize("attention", KINDS)
@pytest.mark.parametrize("encoder", ["light", "vgg16"])
def test_shapes_and_partners(encoder: str, attention: str) -> None:
    torch.manual_seed(0)
    model, started = build(NetworkConfig(encoder=encoder, attention=attention, widths=(4, 8, 8, 16), divide=16), 3)
    assert "random" in started
    model.eval()
    patch = torch.randn(4, 3, 64, 64)
    with torch.inference_mode():
        features, skips = model.encode(patch)
        gate = model.gate(features)
        paired = model(patch)
        by_hand = model.decode(features, skips, gate[[2, 3, 0, 1]])
        other = model.attention(features, gate * 0.5)
        own = model.attention(features, gate)
    assert paired.shape == (4, 1, 64, 64) and gate.shape == (4, model.attention.length)
    assert torch.allclose(paired, by_hand, atol=1e-6)
    assert torch.allclose(other, own) == (attention == "none")


@pytest.mark.parametrize(("encoder", "stride"), [("resnet101", 32), ("drn101", 8), ("mobilenet-v2", 32), ("fcn16", 32)])
def test_strides(encoder: str, stride: int) -> None:
    model, _ = build(NetworkConfig(encoder=encoder, attention="none" if encoder == "fcn16" else "ca", divide=8, light_head=True), 3)
    model.eval()
    with torch.inference_mode():
        features, _ = model.encode(torch.randn(1, 3, 64, 64))
        assert features.shape[-1] == 64 // stride
        assert model(torch.randn(2, 3, 64, 64)).shape == (2, 1, 64, 64)


def test_losses_by_hand() -> None:
    logits = torch.tensor([[[[0.0, math.log(3.0)]]]])
    label, weight = torch.tensor([[[[1.0, 0.0]]]]), torch.ones(1, 1, 1, 2)
    assert losses.cross_entropy(logits, label, weight).item() == pytest.approx((math.log(2) + math.log(4)) / 2)
    # p = 0.5 and 0.75, truth 1 and 0: 1 - (2 * 0.5 + 1) / (1.25 + 1 + 1)
    assert losses.soft_dice(logits, label, weight).item() == pytest.approx(1 - 2 / 3.25)
    ignored = torch.tensor([[[[1.0, 0.0]]]])
    assert losses.cross_entropy(logits, label, ignored).item() == pytest.approx(math.log(2))
    both = losses.total("ce+dice", logits.expand(2, -1, -1, -1), label.expand(2, -1, -1, -1), weight.expand(2, -1, -1, -1), torch.tensor([1.0, 0.0]))
    assert both.item() == pytest.approx((math.log(2) + math.log(4)) / 2 + 1 - 2 / 3.25)


def test_imagenet_weights_load(shared) -> None:  # noqa: ANN001
    encoder = MobileNetV2()
    load_folded_mobilenet(encoder, shared / "weights-imagenet")
    assert encoder.features[0][1].weight.eq(1).all() and encoder.features[0][0].weight.abs().sum() > 1
