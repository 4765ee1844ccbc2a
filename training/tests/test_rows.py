from pathlib import Path

from conftest import ROOT
from test_train import CONFIGS, overrides

from coseg.compare import compared
from coseg.config import load_config
from coseg.rows import ROWS, Row, run_row


def test_every_row_has_a_configuration_and_one_size() -> None:
    assert {row.name for row in ROWS} <= set(CONFIGS)
    for row in ROWS:
        config = load_config(ROOT / "configs" / f"{row.name}.yaml", row.overrides)
        assert (config.patch.px, config.train.iterations, config.train.batch_pairs) == (64, 300, 6), row.name


def test_a_row_is_trained_and_scored_once(lesion_set: Path, tmp_path: Path) -> None:
    for name in ("small-one", "small-self"):
        config = load_config(ROOT / "configs" / f"{name}.yaml", overrides(lesion_set))
        row = Row(name, (), ("none", "self"))
        run_row(row, config, tmp_path)
        files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
        run_row(row, config, tmp_path)
        assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == files
    runs = sorted(tmp_path.iterdir())
    assert len(runs) == 2 and all(len(list(run.glob("scores-val-*.csv"))) == 2 for run in runs)
    clusters = [(run / "clusters.npz").read_bytes() for run in runs]
    assert clusters[0] == clusters[1]


def test_rows_are_compared_lesion_by_lesion() -> None:
    score = lambda patient, dice: {"source": "lidc", "patient": patient, "dice": str(dice)}
    first = {1: {"a": score("1", 0.9), "b": score("2", 0.8)}, 2: {"a": score("1", 0.7), "b": score("2", 0.6)}}
    second = {1: {"a": score("1", 0.8), "b": score("2", 0.7)}, 3: {}}
    (line,) = compared(first, second)
    assert line.startswith("lidc: +0.1000 (95 % +0.1000 to +0.1000), 1 seeds, 2 patients")
    assert compared(first, {3: {}}) == ["no seed has both"]
