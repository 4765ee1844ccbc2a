"""cv2.grabCut for grabcut.mjs and grabcut-exactness.mjs, and an energy that judges both."""
import cv2
import numpy as np
from peer import array, packed, serve, timed_on_processor

cv2.setNumThreads(1)
held = {}


def mixture(model):
    """OpenCV's 1 x 65 numbers of a grey picture in three equal channels: 5 weights, 5 x 3 means, 5 x 9 covariances, whose entries off the
    diagonal are the variance. Where OpenCV adds 0.01 to the diagonal, the three channels together spread as one of variance + 1/300."""
    m = model[0]
    return {
        "weight": m[:5].tolist(),
        "mean": m[5:20:3].tolist(),
        "variance": [m[20 + 9 * k + 1] + 1 / 300 for k in range(5)],
    }


def load(request):
    shape = (request["height"], request["width"])
    grey = array(request["grey"]).reshape(shape)
    held.update(grey=grey, image=np.repeat(grey[..., None], 3, 2), seeds=array(request["seeds"]).reshape(shape))
    return {"version": cv2.__version__, "unknown": int((held["seeds"] > 1).sum())}


def first_models(seed):
    """The models that k-means gives: no round, nothing is cut."""
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(seed)
    cv2.grabCut(held["image"], held["seeds"].copy(), None, background, foreground, 0, cv2.GC_INIT_WITH_MASK)
    return background, foreground


def run(request):
    """Rounds from OpenCV's own start: the mask, the models it ends with and those it began with."""
    background, foreground = first_models(request["seed"])
    start = {"background": mixture(background), "foreground": mixture(foreground)}
    mask = held["seeds"].copy()
    cv2.grabCut(held["image"], mask, None, background, foreground, request["rounds"], cv2.GC_EVAL)
    return {
        "start": start,
        "mask": packed((mask & 1).astype(np.uint8)),
        "background": mixture(background),
        "foreground": mixture(foreground),
    }


def time_run(request):
    """What a caller pays: first models and rounds."""
    mask = held["seeds"].copy()
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(1)
    _, ms = timed_on_processor(
        lambda: cv2.grabCut(held["image"], mask, None, *models, request["rounds"], cv2.GC_INIT_WITH_MASK)
    )
    return {"ms": ms}


def energy(request):
    """GrabCut's energy as OpenCV has it (mixtures as sums, gamma 50), pixel by pixel in numpy: nothing of either program is used."""
    grey = held["grey"].astype(float)
    label = array(request["mask"]).reshape(grey.shape)
    cost = []
    for side in ("background", "foreground"):
        w, m, v = (np.array(request[side][k])[:, None, None] for k in ("weight", "mean", "variance"))
        with np.errstate(divide="ignore"):
            logs = np.log(w) - 0.5 * np.log(v) - (grey - m) ** 2 / (2 * v)
        cost.append(-np.logaddexp.reduce(logs, axis=0))
    total = np.where(label == 1, cost[1], cost[0]).sum()
    pairs = [(np.s_[:, :-1], np.s_[:, 1:], 1), (np.s_[:-1], np.s_[1:], 1)]
    pairs += [(np.s_[:-1, :-1], np.s_[1:, 1:], 2**0.5), (np.s_[:-1, 1:], np.s_[1:, :-1], 2**0.5)]
    squares = [(grey[a] - grey[b]) ** 2 for a, b, _ in pairs]
    mean = sum(s.sum() for s in squares) / sum(s.size for s in squares)
    beta = 0 if mean == 0 else 1 / (2 * mean)
    for (a, b, length), square in zip(pairs, squares):
        total += (50 / length * np.exp(-beta * square))[label[a] != label[b]].sum()
    return {"energy": float(total)}


WORK = {"load": load, "run": run, "time": time_run, "energy": energy}
serve(lambda request: WORK[request["do"]](request))
