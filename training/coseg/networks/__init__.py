"""Networks: encoders, attention, decoders, and the co-segmenter that joins them."""

from .cosegmenter import CoSegmenter, NetworkConfig, build

__all__ = ["CoSegmenter", "NetworkConfig", "build"]
