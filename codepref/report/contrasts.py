"""P2's two contrasts: own against another's pairs, and DPO against RFT on the very same pairs.

Source: Miao et al. 2024, arXiv:2410.18585, table 2.
"""

import itertools

from codepref.lineage.leaf import Leaf, leaves
from codepref.report.numbers import ScoredLeaf, Study, Training, part
from codepref.report.tables import NONE, interval, percent, signed

ORIGINS = (
    "benchmark",
    "model",
    "start",
    "trained by",
    "on pairs of",
    "pairs",
    "on-policy",
    "pass@1",
    "interval",
    "difference to baseline",
    "its interval",
)
SAME_PAIRS = (
    "benchmark",
    "model",
    "start",
    "seed",
    "pass@1 of rft, dpo",
    "dpo less rft",
    "rft to baseline",
    "its interval",
    "dpo to baseline",
    "its interval",
    "same pairs and steps",
)


def origin_cells(study: Study) -> list[list[str]]:
    """Give a line for each training that params name off-policy, the on-policy one before it.

    The latter is there where the grid has the same method and seed on the start's own pairs.
    """
    others = [leaf for leaf in leaves(study.grid) if leaf.cell and leaf.cell.generator]
    names = dict.fromkeys(name for leaf in others for name in (_own(leaf).name, leaf.name))
    scored = _by_name(study)
    keys = itertools.product(study.grid.benchmarks, names)
    return [_origin(study, scored[key]) for key in keys if key in scored]


def same_pairs_cells(study: Study) -> list[list[str]]:
    """Compare RFT with DPO of one start and seed; none where the grid lacks a method."""
    scored = _by_name(study)
    found = []
    for (benchmark, _), rft in scored.items():
        cell = rft.leaf.cell
        if cell is None or cell.method != "rft":
            continue
        dpo = scored.get((benchmark, _with(rft.leaf, method="dpo").name))
        if dpo is not None:
            found.append(_same_pairs(study, rft, dpo, cell.seed))
    return found


def _by_name(study: Study) -> dict[tuple[str, str], ScoredLeaf]:
    return {(row.benchmark, row.leaf.name): row for row in study.scores}


def _with(leaf: Leaf, **changes: str | None) -> Leaf:
    """Give the leaf of another training of the same start."""
    cell = leaf.cell.model_copy(update=changes) if leaf.cell else None
    return leaf.model_copy(update={"cell": cell})


def _own(leaf: Leaf) -> Leaf:
    """Give the leaf of the same method and seed on the start's own pairs."""
    return _with(leaf, generator=None)


def _origin(study: Study, row: ScoredLeaf) -> list[str]:
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
        percent(row.score.pass_at_1),
        interval(row.score.low, row.score.high),
        *_to_baseline(row),
    ]


def _same_pairs(study: Study, rft: ScoredLeaf, dpo: ScoredLeaf, seed: int) -> list[str]:
    leaf, before, after = rft.leaf, rft.score.pass_at_1, dpo.score.pass_at_1
    return [
        rft.benchmark,
        leaf.model,
        leaf.start,
        str(seed),
        f"{percent(before)}, {percent(after)}",
        NONE if before is None or after is None else signed(after - before),
        *_to_baseline(rft),
        *_to_baseline(dpo),
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


def _to_baseline(row: ScoredLeaf) -> list[str]:
    found = row.comparison
    if found is None:
        return [NONE, NONE]
    return [signed(found.difference), interval(found.low, found.high, plus=True)]


def _training(study: Study, leaf: Leaf) -> Training:
    return part(study, f"align/{leaf.name}.json", Training)
