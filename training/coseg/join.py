"""python -m coseg.join average|members RUN RUN … --to RUN [--views as-is,xy x,y]: one run of several. `average`: the mean of weights of the same shape (of
runs that started from the same weights). `members`: an ensemble as one network, each member on mirror images of its own; no flips are then made outside.

Clusters, data and settings are the first run's. Which runs to join is a choice: make it on held-back training patients.
"""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from .config import from_plain, plain

State = dict[str, Tensor]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("how", choices=["average", "members"])
    arguments.add_argument("runs", type=Path, nargs="+")
    arguments.add_argument("--to", type=Path, required=True)
    arguments.add_argument("--views", nargs="*", help="of each member, separated by commas: as-is, x, y, xy")
    given = arguments.parse_intermixed_args()
    join(given.how, given.runs, given.to, [names.split(",") for names in given.views or ["as-is"] * len(given.runs)])


def join(how: str, runs: list[Path], to: Path, views: list[list[str]]) -> None:
    states = [torch.load(run / "final.pt", map_location="cpu", weights_only=False) for run in runs]
    config = from_plain(states[0]["config"])
    parts = [state["weights"] for state in states]
    if how == "average":
        weights = averaged(parts)
    else:
        widths = tuple(tuple(state["config"]["network"]["widths"]) for state in states)
        mirror_images = tuple(tuple(names) for names in views)
        config = replace(config, network=replace(config.network, members=widths, views=mirror_images), flips="none")
        weights = {f"members.{k}.{name}": value for k, part in enumerate(parts) for name, value in part.items()}
    to.mkdir(parents=True, exist_ok=True)
    torch.save({"config": plain(config), "weights": weights, "step": sum(state["step"] for state in states)}, to / "final.pt")
    shutil.copy(runs[0] / "clusters.npz", to / "clusters.npz")
    facts = json.loads((runs[0] / "run.json").read_text())
    facts["parameters"] = sum(json.loads((run / "run.json").read_text())["parameters"] for run in runs) if how == "members" else facts["parameters"]
    facts |= {"config": plain(config), "weights": f"{how} of {', '.join(run.name for run in runs)}"}
    (to / "run.json").write_text(json.dumps(facts, indent=1) + "\n")
    finished = [json.loads((run / "finished.json").read_text()) for run in runs]
    total = {"steps": sum(one["steps"] for one in finished), "seconds": sum(one["seconds"] for one in finished)}
    (to / "finished.json").write_text(json.dumps({**total, "chosen_step": total["steps"]}) + "\n")


def averaged(parts: list[State]) -> State:
    """Counters (of batch norm) are the first part's."""
    mean = lambda values: torch.stack(values).mean(dim=0) if values[0].is_floating_point() else values[0]
    return {name: mean([part[name] for part in parts]) for name in parts[0]}


if __name__ == "__main__":
    main()
