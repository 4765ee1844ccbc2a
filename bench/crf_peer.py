"""pydensecrf (PyPI pydensecrf2), and the mean field itself by brute force, as the peers of crf.mjs."""
from importlib.metadata import version

import numpy as np
from pydensecrf.densecrf import DenseCRF2D
from pydensecrf.utils import create_pairwise_bilateral, create_pairwise_gaussian

from peer import array, packed, serve, timed_on_processor

problem = {}


def load(request):
    """Keeps the problem, and prepares what a caller has to give the library: log probabilities and features."""
    n = request["size"]
    image, p = array(request["image"]).reshape(n, n), array(request["probability"]).reshape(n, n)
    problem.update(request, image=image, probability=p)
    unary = -np.log(np.maximum(np.stack([1 - p, p]), 1e-5)).reshape(2, -1)
    problem["unary"] = np.ascontiguousarray(unary, dtype=np.float32)
    spatial, bilateral = request["spatial"], request["bilateral"]
    problem["spatial features"] = create_pairwise_gaussian((spatial["theta"],) * 2, (n, n))
    problem["bilateral features"] = create_pairwise_bilateral(
        (bilateral["theta"],) * 2, (bilateral["thetaHu"],), image[..., None], chdim=2
    )
    return {"version": version("pydensecrf2")}


def mean_field():
    """The library's own work: lattices, norms and iterations. One channel, the model's normalisation."""
    n = problem["size"]
    crf = DenseCRF2D(n, n, 2)
    crf.setUnaryEnergy(problem["unary"])
    crf.addPairwiseEnergy(problem["spatial features"], compat=problem["spatial"]["weight"])
    crf.addPairwiseEnergy(problem["bilateral features"], compat=problem["bilateral"]["weight"])
    return np.array(crf.inference(problem["iterations"])).reshape(2, n, n)[1]


def brute_force():
    """The model's mean field in double precision, N^2, without any approximation; the kernels by rows of pixels."""
    n = problem["size"]
    y, x = np.mgrid[:n, :n].reshape(2, -1).astype(float)
    hu, p = problem["image"].astype(float).ravel(), problem["probability"].astype(float).ravel()
    logit = np.log(np.maximum(p, 1e-5)) - np.log(np.maximum(1 - p, 1e-5))
    square = (x[:, None] - x) ** 2 + (y[:, None] - y) ** 2
    bilateral, spatial = problem["bilateral"], problem["spatial"]
    kernels = [
        (np.exp(-square / (2 * spatial["theta"] ** 2)), spatial["weight"]),
        (
            np.exp(-square / (2 * bilateral["theta"] ** 2) - (hu[:, None] - hu) ** 2 / (2 * bilateral["thetaHu"] ** 2)),
            bilateral["weight"],
        ),
    ]
    total = np.zeros((n * n, n * n))
    for kernel, weight in kernels:
        root = np.sqrt(kernel.sum(1))
        total += weight * kernel / root[:, None] / root
    rest = total.sum(1)
    q = 1 / (1 + np.exp(-logit))
    for _ in range(problem["iterations"]):
        q = 1 / (1 + np.exp(-(logit + 2 * total @ q - rest)))
    return q


def answer(request):
    if request["do"] == "load":
        return load(request)
    if request["do"] == "time":
        return {"ms": timed_on_processor(mean_field)[1]}
    result = brute_force() if request["do"] == "brute-force" else mean_field()
    return {"probability": packed(np.asarray(result, dtype=np.float64))}


serve(answer)
