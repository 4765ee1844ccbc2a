"""A configuration is a YAML file: one row of a table. Unknown keys and wrong types stop here, with the line."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import types
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .jitter import JitterRule
from .networks import NetworkConfig
from .patch import PatchRule

WINDOWS = (
    {"kind": "window", "lowHu": -1350, "highHu": 150},
    {"kind": "window", "lowHu": -160, "highHu": 240},
    {"kind": "marks-window", "deviations": 3, "minimumSdHu": 20},
)


@dataclass(frozen=True)
class DataConfig:
    """set: folder of the data set, relative to the configuration. labels: `expert` masks or `seeds` (weak). marks: `fresh` (the exact axes,
    jittered anew each time) or `observer` (as stored). hold_out: share of training patients kept back for choosing recipes.
    draws: share of each source among the samples; empty: every lesion alike. synthetic: number of drawn lesions that are added (`synthetic` in
    `draws`)."""

    set: str
    seeds: str | None = None
    sources: tuple[str, ...] = ("lidc", "sts")
    labels: str = "seeds"
    marks: str = "observer"
    hold_out: float = 0.15
    draws: dict[str, float] = field(default_factory=dict)
    synthetic: int = 0


@dataclass(frozen=True)
class PatchConfig:
    px: int = 128
    scale: str = "box-relative"
    multiple: float = 2.0
    minimum_mm: float = 32.0
    channels: tuple[dict[str, Any], ...] = WINDOWS
    normalisation: str = "imagenet"

    def rule(self) -> PatchRule:
        return PatchRule(self.px, self.channels, self.scale, self.multiple, self.minimum_mm, self.normalisation)


@dataclass(frozen=True)
class AugmentConfig:
    """turn: `full` (any angle and flips) | `flips` (each image left-right with probability 1/2) | `none`. zoom: sd of its logarithm.
    stretch: sd of the logarithm of a stretch in a random direction (and a squeeze across it). shift: sd in patch pixels. hu: largest shift of
    the HU scale. picture: share of the samples whose contrast is scaled (0.5 to 1.4 about the lesion's mean); half of it get noise, a quarter blur."""

    turn: str = "flips"
    zoom: float = 0.0
    stretch: float = 0.0
    shift: float = 0.0
    hu: float = 0.0
    picture: float = 0.0


@dataclass(frozen=True)
class PairsConfig:
    """partner in training: cluster | random (another cluster) | self | one. clusters: 0 = n / 20. appearance: folder of MobileNetV2's weights,
    or `none`."""

    partner: str = "cluster"
    clusters: int = 0
    appearance: str = "none"
    cap_per_lesion: int = 10


@dataclass(frozen=True)
class TrainConfig:
    """settle_norms: batches over which batch norm's statistics are measured anew on the final weights (0: the running ones stay)."""

    optimiser: str = "adam"
    lr: float = 1e-5
    weight_decay: float = 5e-4
    batch_pairs: int = 20
    iterations: int = 24_000
    schedule: str = "constant"
    loss: str = "ce"
    ema: float = 0.0
    precision: str = "fp32"
    threads: int = 2
    workers: int = 1
    save_every: int = 500
    evaluate_every: int = 0
    patience: int = 0
    settle_norms: int = 0
    start_from: str | None = None


@dataclass(frozen=True)
class Config:
    """row: its name in the table. track: `image` | `image+recist`. labels: `weak` | `weak+expert`."""

    row: str
    track: str
    labels: str
    data: DataConfig
    seed: int = 20240501
    note: str = ""
    patch: PatchConfig = field(default_factory=PatchConfig)
    jitter: JitterRule = field(default_factory=JitterRule)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    pairs: PairsConfig = field(default_factory=PairsConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    flips: str = "none"
    threshold: float = 0.5


class ConfigProblem(ValueError):
    pass


def load_config(path: Path | str, overrides: typing.Sequence[str] = ()) -> Config:
    """`overrides`: `train.iterations=100` and the like, each a YAML value. Paths in `data` are taken relative to the file."""
    path = Path(path)
    node = yaml.compose(path.read_text(), Loader=yaml.SafeLoader)
    raw = yaml.safe_load(path.read_text())
    for override in overrides:
        keys, _, value = override.partition("=")
        place = raw
        *parents, last = keys.split(".")
        for key in parents:
            place = place.setdefault(key, {})
        place[last] = yaml.safe_load(value)
    config = _made(Config, raw, node, str(path))
    base = path.resolve().parent
    absolute = lambda text: text if text in (None, "none", "random") or Path(text).is_absolute() else str((base / text).resolve())
    return dataclasses.replace(
        config,
        data=dataclasses.replace(config.data, set=absolute(config.data.set), seeds=absolute(config.data.seeds)),
        pairs=dataclasses.replace(config.pairs, appearance=absolute(config.pairs.appearance)),
        network=dataclasses.replace(config.network, weights=absolute(config.network.weights)),
        train=dataclasses.replace(config.train, start_from=absolute(config.train.start_from)),
    )


def _made(cls: type, raw: Any, node: Any, where: str) -> Any:
    line = f"{where}:{node.start_mark.line + 1}" if node is not None else where
    if not isinstance(raw, dict):
        raise ConfigProblem(f"{line}: a mapping is expected for {cls.__name__}")
    hints = typing.get_type_hints(cls)
    nodes = {key.value: (key, value) for key, value in node.value} if isinstance(node, yaml.MappingNode) else {}
    values = {}
    for key, value in raw.items():
        at = f"{where}:{nodes[key][0].start_mark.line + 1}" if key in nodes else line
        if key not in hints:
            raise ConfigProblem(f"{at}: unknown key `{key}`; known: {', '.join(hints)}")
        values[key] = _value(hints[key], value, nodes.get(key, (None, None))[1], where, f"{at}: `{key}`")
    try:
        return cls(**values)
    except TypeError as error:
        raise ConfigProblem(f"{line}: {error}") from None


def _value(hint: Any, value: Any, node: Any, where: str, at: str) -> Any:
    if dataclasses.is_dataclass(hint):
        return _made(typing.cast(type, hint), value, node, where)
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        inner = [option for option in typing.get_args(hint) if option is not type(None)]
        return None if value is None else _value(inner[0], value, node, where, at)
    if origin is tuple:
        if not isinstance(value, list):
            raise ConfigProblem(f"{at}: a list is expected")
        inner = typing.get_args(hint)[0]
        return tuple(_value(inner, entry, None, where, at) for entry in value)
    if origin is dict:
        if not isinstance(value, dict):
            raise ConfigProblem(f"{at}: a mapping is expected")
        return dict(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise ConfigProblem(f"{at}: {hint.__name__} is expected, not {value!r}")
    return value


def from_plain(raw: dict[str, Any]) -> Config:
    """From what `plain` wrote into a checkpoint."""
    return _made(Config, json.loads(json.dumps(raw)), None, "checkpoint")


def plain(config: Config) -> dict[str, Any]:
    return json.loads(json.dumps(dataclasses.asdict(config)))


def config_hash(config: Config, splits_sha256: str) -> str:
    """Names the run folder: the settings without their paths, and the data's split."""
    raw = plain(config)
    for group, key in (("data", "set"), ("data", "seeds"), ("pairs", "appearance"), ("network", "weights"), ("train", "start_from")):
        raw[group][key] = Path(raw[group][key]).name if raw[group][key] else None
    for key in ("threads", "workers", "save_every"):
        del raw["train"][key]
    return hashlib.sha256((json.dumps(raw, sort_keys=True) + splits_sha256).encode()).hexdigest()[:10]
