"""P2's two contrasts: DPO against RFT on the very same pairs, and own against another's pairs.

Source: Miao et al. 2024, arXiv:2410.18585, tables 1 and 2.
"""

import itertools
from collections.abc import Mapping, Sequence

from codepref.lineage.leaf import Leaf, leaves
from codepref.report.measured import Measured, baselines, less
from codepref.report.noise import difference_cell, plain_cell, score_cell
from codepref.report.numbers import Study, Training, part
from codepref.report.tables import percent

SAME_PAIRS = (
    "benchmark",
    "model",
    "start",
    "seed",
    "baseline",
    "RFT",
    "RFT to baseline",
    "DPO",
    "DPO to baseline",
    "DPO less RFT",
    "same pairs and steps",
)
ORIGINS = (
    "benchmark",
    "model",
    "start",
    "trained by",
    "on pairs of",
    "pairs",
    "on-policy",
    "baseline",
    "score",
    "difference to baseline",
)


def origin_cells(study: Study, rows: Sequence[Measured]) -> list[list[str]]:
    """Give a line for each training that params name off-policy, the on-policy one before it.

    The latter is there where the grid has the same method and seed on the start's own pairs.
    """
    others = [leaf for leaf in leaves(study.grid) if leaf.cell and leaf.cell.generator]
    names = dict.fromkeys(name for leaf in others for name in (_own(leaf).name, leaf.name))
    found, before = _by_name(rows), baselines(rows)
    keys = itertools.product(study.grid.benchmarks, names)
    return [_origin(study, found[key], before) for key in keys if key in found]


def same_pairs_cells(study: Study, rows: Sequence[Measured]) -> list[list[str]]:
    """Compare RFT with DPO of one start and seed; none where the grid lacks a method."""
    found, before = _by_name(rows), baselines(rows)
    lines = []
    for (benchmark, _), rft in found.items():
        if rft.leaf.cell is None or rft.leaf.cell.method != "rft":
            continue
        dpo = found.get((benchmark, _with(rft.leaf, method="dpo").name))
        if dpo is not None:
            lines.append(_same_pairs(study, rft, dpo, before))
    return lines


def _by_name(rows: Sequence[Measured]) -> dict[tuple[str, str], Measured]:
    """Give whole scores, not those of a dimension, by benchmark and leaf."""
    return {(row.benchmark, row.leaf.name): row for row in rows if not row.dimension}


def _with(leaf: Leaf, **changes: str | None) -> Leaf:
    """Give the leaf of another training of the same start."""
    cell = leaf.cell.model_copy(update=changes) if leaf.cell else None
    return leaf.model_copy(update={"cell": cell})


def _own(leaf: Leaf) -> Leaf:
    """Give the leaf of the same method and seed on the start's own pairs."""
    return _with(leaf, generator=None)


def _origin(study: Study, row: Measured, before: Mapping[tuple[str, str], Measured]) -> list[str]:
    leaf, training = row.leaf, _training(study, row.leaf)
    pairs_of = leaf.cell.generator if leaf.cell and leaf.cell.generator else leaf.start_key
    return [
        row.benchmark,
        leaf.model,
        leaf.start,
        _own(leaf).variant,
        pairs_of,
        str(training.n_pairs),
        percent(training.on_policy_share),
        score_cell(before[leaf.start_key, row.measure].score),
        score_cell(row.score),
        difference_cell(row.gain),
    ]


def _same_pairs(
    study: Study, rft: Measured, dpo: Measured, before: Mapping[tuple[str, str], Measured]
) -> list[str]:
    leaf = rft.leaf
    return [
        rft.benchmark,
        leaf.model,
        leaf.start,
        str(leaf.cell.seed) if leaf.cell else "",
        score_cell(before[leaf.start_key, rft.measure].score),
        score_cell(rft.score),
        difference_cell(rft.gain),
        score_cell(dpo.score),
        difference_cell(dpo.gain),
        plain_cell(less(dpo.score, rft.score), rft.score.unit),
        _agreement(_training(study, leaf), _training(study, dpo.leaf)),
    ]


def _agreement(rft: Training, dpo: Training) -> str:
    """Say whether both read the same pairs as often; which of them is in their rows_digest."""
    rows = "yes" if rft.rows_digest == dpo.rows_digest else "NO"
    steps = "yes" if rft.n_steps == dpo.n_steps else "NO"
    return (
        f"pairs: {rows} ({rft.n_pairs}, {dpo.n_pairs}); steps: {steps} "
        f"({rft.n_steps}, {dpo.n_steps})"
    )


def _training(study: Study, leaf: Leaf) -> Training:
    return part(study, f"align/{leaf.name}.json", Training)
