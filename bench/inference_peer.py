"""The networks of a bundle in PyTorch for inference.mjs: the same graphs and weights, each node as PyTorch's own operator, eager, one thread."""
import os

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from peer import array, packed, serve, timed
from torch.nn import functional as F

torch.set_num_threads(1)
torch.set_num_interop_threads(1)
held = {}


def pads(attributes):
    top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
    if (top, left) != (bottom, right):
        raise ValueError("padding of one side only")
    return [top, left]


def conv(a):
    common = {"stride": a.get("strides", [1, 1]), "padding": pads(a), "dilation": a.get("dilations", [1, 1]), "groups": a.get("group", 1)}
    return lambda x, w, b=None: F.conv2d(x, w, b, **common)


def conv_transpose(a):
    common = {"stride": a.get("strides", [1, 1]), "padding": pads(a), "groups": a.get("group", 1)}
    return lambda x, w, b=None: F.conv_transpose2d(x, w, b, **common)


def gemm(a):
    if a.get("alpha", 1) != 1 or a.get("beta", 1) != 1 or a.get("transA", 0):
        raise ValueError("a product of another form")
    return (lambda x, w, b: F.linear(x, w, b)) if a.get("transB", 0) else (lambda x, w, b: torch.addmm(b, x, w))


def resize(a):
    corners = {"align_corners": a.get("coordinate_transformation_mode") == "align_corners"} if a["mode"] == "linear" else {}
    mode = {"linear": "bilinear", "nearest": "nearest"}[a["mode"]]

    def work(x, roi=None, scales=None, sizes=None):
        if sizes is not None:
            return F.interpolate(x, size=sizes[2:].tolist(), mode=mode, **corners)
        return F.interpolate(x, scale_factor=scales[2:].tolist(), mode=mode, **corners)

    return work


def reduced(function):
    def bind(a):
        keep = bool(a.get("keepdims", 1))
        return lambda x, axes=None: function(x, list(a.get("axes") or axes.tolist()), keep)

    return bind


def slice_(a):
    def work(x, starts, ends, axes, steps=None):
        steps = [1] * len(axes) if steps is None else steps.tolist()
        for axis, start, end, step in zip(axes.tolist(), starts.tolist(), ends.tolist(), steps):
            if step == -1 and start == -1:
                x = torch.flip(x, (axis,))
            elif step == 1:
                x = x.narrow(axis, start, min(end, x.shape[axis]) - start)
            else:
                raise ValueError("a slice of another form")
        return x

    return work


def split(a):
    return lambda x, sizes: torch.split(x, sizes.tolist(), a.get("axis", 0))


def gather(a):
    return lambda x, index: torch.index_select(x, a.get("axis", 0), index) if index.dim() else x.select(a.get("axis", 0), int(index))


plain = lambda function: lambda a: function
OPERATORS = {
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "Gemm": gemm,
    "MatMul": plain(torch.matmul),
    "Resize": resize,
    "MaxPool": lambda a: lambda x: F.max_pool2d(x, a["kernel_shape"], a.get("strides"), pads(a)),
    "AveragePool": lambda a: lambda x: F.avg_pool2d(x, a["kernel_shape"], a.get("strides"), pads(a)),
    "GlobalAveragePool": plain(lambda x: x.mean((2, 3), keepdim=True)),
    "Relu": plain(torch.relu),
    "Sigmoid": plain(torch.sigmoid),
    "Tanh": plain(torch.tanh),
    "Add": plain(torch.add),
    "Sub": plain(torch.sub),
    "Mul": plain(torch.mul),
    "Div": plain(torch.div),
    "Abs": plain(torch.abs),
    "Clip": plain(lambda x, low=None, high=None: torch.clamp(x, low, high)),
    "ReduceMean": reduced(lambda x, axes, keep: x.mean(axes, keepdim=keep)),
    "ReduceMax": reduced(lambda x, axes, keep: x.amax(axes, keepdim=keep)),
    "ReduceL2": reduced(lambda x, axes, keep: torch.linalg.vector_norm(x, dim=axes, keepdim=keep)),
    "Concat": lambda a: lambda *parts: torch.cat(parts, a["axis"]),
    "Unsqueeze": plain(lambda x, axes: x[(...,) + (None,) * len(axes)] if axes.tolist() == list(range(x.dim(), x.dim() + len(axes))) else x.unsqueeze(int(axes[0]))),
    "Squeeze": plain(lambda x, axes: x.squeeze(tuple(axes.tolist()))),
    "Slice": slice_,
    "Split": split,
    "Gather": gather,
    "Reshape": plain(lambda x, shape: x.reshape(shape.tolist())),
    "Shape": plain(lambda x: torch.tensor(x.shape)),
    "Expand": plain(lambda x, shape: x.expand(shape.tolist())),
    "Identity": plain(lambda x: x),
    "Flatten": lambda a: lambda x: x.flatten(a.get("axis", 1)),
}


class Graph:
    def __init__(self, path):
        graph = onnx.load(path).graph
        self.known = {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in graph.initializer}
        self.outputs = [o.name for o in graph.output]
        self.steps = []
        for node in graph.node:
            a = {x.name: helper.get_attribute_value(x) for x in node.attribute}
            a = {name: value.decode() if isinstance(value, bytes) else value for name, value in a.items()}
            if node.op_type == "Constant":
                self.known[node.output[0]] = torch.from_numpy(np.array(numpy_helper.to_array(a["value"])))
                continue
            self.steps.append((OPERATORS[node.op_type](a), list(node.input), list(node.output)))

    def __call__(self, **values):
        values = {**self.known, **values}
        for work, inputs, outputs in self.steps:
            found = work(*(values[name] if name else None for name in inputs))
            values.update(zip(outputs, found) if len(outputs) > 1 else [(outputs[0], found)])
        return {name: values[name] for name in self.outputs}


def load(request):
    held.update(
        encoder=Graph(os.path.join(request["folder"], "encoder.onnx")),
        decoder=Graph(os.path.join(request["folder"], "decoder.onnx")),
        patches=torch.from_numpy(array(request["patches"]).reshape(request["shape"])),
        partner=torch.from_numpy(array(request["partners"]).reshape(len(array(request["partners"])) // request["gate"], -1)),
        turns=[(), (3,), (2,), (2, 3)] if request["flips"] == "four" else [()],
    )
    return {"version": torch.__version__}


def probabilities(patches, partners):
    """What a caller of the network does: mirror images, encoder, decoder with the partners that are known, mean of the images turned back."""
    turns = held["turns"]
    views = torch.cat([torch.flip(patches, turn) if turn else patches for turn in turns])
    encoded = held["encoder"](patch=views)
    del encoded["gate"], encoded["embedding"]
    decoded = held["decoder"](**encoded, partner=partners.repeat(len(turns), 1))["probability"]
    parts = decoded.chunk(len(turns))
    return sum(torch.flip(part, turn) if turn else part for part, turn in zip(parts, turns)) / len(turns)


def run(request):
    """All lesions as one batch, or one after the other."""
    count = request["count"]
    each = count if request["together"] else 1

    def work():
        with torch.inference_mode():
            parts = [
                probabilities(held["patches"][first : first + each], held["partner"][first : first + each])
                for first in range(0, count, each)
            ]
            return torch.cat(parts)

    result, ms = timed(work)
    return {"ms": ms, "probability": packed(result[:1].numpy())}


WORK = {"load": load, "run": run}
serve(lambda request: WORK[request["do"]](request))
