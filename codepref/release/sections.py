"""Sections of the dataset card: Markdown made of metrics, dvc.lock and the tables."""

from collections.abc import Mapping
from pathlib import Path

from codepref.config import load_section
from codepref.files import read_json
from codepref.grid import Grid
from codepref.lineage.ancestry import own_params
from codepref.lineage.lock import flatten
from codepref.records import Json
from codepref.release.rows import Generator, Source
from codepref.report.funnel import Step, steps_to_instructions, steps_to_pairs
from codepref.report.matrix import flatten_texts
from codepref.report.numbers import Study
from codepref.report.tables import NONE, markdown_table, percent

CHECKS = {  # stages that may have looked at the pairs, by the heading of what they found
    "check_contamination": "Contamination: overlap with the benchmarks",
    "audit_pairs": "Audit",
}
FAULTS = (
    "Self-written tests show that an answer agrees with itself, not that it is right.",
    "A chosen answer passed the tests that it was given; tests can be too weak to see an error.",
    "Tests that call methods of an object made by the program are answered by the program's code.",
    "Programs ran with the standard library alone, without network, in limited time and memory.",
    "The split is by instruction: two that say nearly the same may stand on both sides.",
    "Prompts are rendered for the model that answered; another model expects another template.",
    "No person has read the pairs.",
)
NOT_CHECKED = "Not checked: {path} does not exist."


def counts_section(source: Source) -> str:
    """Give the pairs and instructions of each generator and split."""
    rows = [
        [
            found.name,
            str(found.n_pairs),
            str(found.n_by_split.get("train", 0)),
            str(found.n_by_split.get("held_out", 0)),
            str(found.n_instructions),
        ]
        for found in source.generators
    ]
    table = markdown_table(("generator", "pairs", "train", "held out", "instructions"), rows)
    note = "The split is by instruction: no instruction has pairs in both files."
    return f"## Counts\n\n{table}\n\n{note}"


def funnel_section(source: Source) -> str:
    """Give what each step from seeds to pairs took away, by reason."""
    study = _study(source)
    steps = steps_to_instructions(study)
    for found in source.generators:
        steps += steps_to_pairs(study, found.name)
    rows = [_step(step) for step in steps]
    columns = ("stage", "step", "in", "out", "share", "taken away, by reason")
    return f"## From seeds to pairs\n\n{markdown_table(columns, rows)}"


def verdicts_section(source: Source) -> str:
    """Give the verdicts on all sampled answers, and those of the rejected ones."""
    parts = ["## Verdicts"]
    for found in source.generators:
        path = Path(source.metrics) / "execute_responses" / f"{found.name}.json"
        sampled = read_json(path)["verdicts"]
        mix: Mapping[str, Json] = sampled if isinstance(sampled, Mapping) else {}
        rows = [
            [name, str(mix.get(name, 0)), str(found.verdicts.get(name, 0))]
            for name in sorted({*mix, *found.verdicts})
        ]
        table = markdown_table(("verdict", "sampled answers", "rejected of a pair"), rows)
        parts += [f"### {found.name}", table]
    return "\n\n".join(parts)


def policy_section(source: Source) -> str:
    """Give the params that decided which answers make a pair, as dvc.lock has them."""
    parts = ["## Pair policy and constraints", "Params of the stage `build_pairs`, from dvc.lock."]
    shared: dict[str, list[str]] = {}
    for found in source.generators:
        rows = [[name, text] for name, text in flatten(own_params(found.entry)).items()]
        shared.setdefault(markdown_table(("param", "value"), rows), []).append(found.name)
    for table, names in shared.items():
        parts += [f"### {', '.join(names)}", table]
    return "\n\n".join(parts)


def lengths_section(source: Source) -> str:
    """Give the lengths of both sides: what the metrics say, and the range over the pairs."""
    parts = ["## Length gaps"]
    for found in source.generators:
        path = Path(source.metrics) / "build_pairs" / f"{found.name}.json"
        shown = {name: value for name, value in read_json(path).items() if not _counted(value)}
        means = [[name, text] for name, text in flatten_texts(shown).items()]
        rows = [
            [item.name, f"{item.low:.4g}", f"{item.median:.4g}", f"{item.high:.4g}"]
            for item in found.ranges
        ]
        parts += [
            f"### {found.name}",
            markdown_table(("build_pairs", "value"), means),
            markdown_table(("over the pairs", "smallest", "median", "largest"), rows),
        ]
    return "\n\n".join(parts)


def checks_sections(source: Source) -> list[str]:
    """Give what contamination check and audit found; each number under its own name."""
    sections = []
    for stage, heading in CHECKS.items():
        parts = [f"## {heading}"]
        for found in source.generators:
            parts += [f"### {found.name}", _check(Path(source.metrics) / stage, found.name)]
        sections.append("\n\n".join(parts))
    return sections


def generators_section(source: Source) -> str:
    """Give the checkpoints that wrote the answers."""
    rows = [
        [
            found.name,
            item.name or "not a start of the study",
            f"`{item.digest}`",
            item.source,
            item.revision,
            item.licence,
            str(item.n_pairs),
        ]
        for found in source.generators
        for item in found.checkpoints
    ]
    columns = ("pairs of", "checkpoint", "digest", "source", "revision", "licence", "pairs")
    return f"## Generators\n\n{markdown_table(columns, rows)}"


def licences_section(source: Source) -> str:
    """Give the licences of the instructions: a generated one has its seed's."""
    rows = [
        [
            found.name,
            item.licence,
            item.origin,
            item.source,
            str(item.n_instructions),
            str(item.n_pairs),
        ]
        for found in source.generators
        for item in found.licences
    ]
    columns = ("pairs of", "licence", "origin", "source", "instructions", "pairs")
    note = "An instruction that was generated stands under the licence of its seed."
    return f"## Licences of seeds and instructions\n\n{note}\n\n{markdown_table(columns, rows)}"


def faults_section() -> str:
    """Name the faults that are known of every such release."""
    return "\n".join(["## Known faults", "", *(f"- {fault}" for fault in FAULTS)])


def lineage_section(source: Source) -> str:
    """Give the commit, the md5 of every file behind the pairs, and how to follow a pair."""
    made = [
        [f"`{out.path}`", f"`{out.md5}`", entry.stage]
        for entry in source.entries
        for out in sorted(entry.outs, key=lambda out: out.path)
    ]
    given = [[f"`{item.path}`", f"`{item.md5}`", NONE] for item in source.given()]
    commit = source.revision.commit or "none: not a git repository"
    dirty = "yes" if source.revision.dirty else "no"
    parts = [
        "## Lineage",
        f"- commit: {commit}\n- tracked files differ from it: {dirty}\n"
        f"- date of the commit: {source.committed_on or NONE}",
        *_stale(source),
        "Files behind the pairs, with the md5 that dvc.lock has of each; `dvc pull` brings them.",
        markdown_table(("file", "md5", "made by"), [*made, *given]),
        *_how_to_trace(source.generators, source.metrics),
    ]
    return "\n\n".join(parts)


def _study(source: Source) -> Study:
    """Give the metrics that the funnel reads."""
    names = [found.name for found in source.generators]
    files = ["gather_seeds.json", "judge_seeds.json", "write_instructions.json"]
    files += [f"build_pairs/{name}.json" for name in names]
    return Study(
        metrics=source.metrics,
        grid=load_section("grid", Grid),
        scores=[],
        gains=[],
        findings=[],
        hits=[],
        files={name: dict(read_json(Path(source.metrics) / name)) for name in files},  # type: ignore[arg-type]  # JSON by its source
    )


def _step(step: Step) -> list[str]:
    reasons = ", ".join(f"{name} {count}" for name, count in sorted(step.reasons.items()))
    numbers = [str(step.n_in), str(step.n_out), percent(step.share)]
    return [step.name, step.what, *numbers, reasons or NONE]


def _counted(value: Json) -> bool:
    """Say whether the funnel or the counts show a value already."""
    return isinstance(value, (Mapping, int)) and not isinstance(value, bool)


def _check(folder: Path, name: str) -> str:
    path = folder / f"{name}.json"
    if not path.exists():
        return NOT_CHECKED.format(path=path.as_posix())
    rows = [[key, text] for key, text in flatten_texts(read_json(path)).items()]
    return markdown_table(("number", "value"), rows)


def _stale(source: Source) -> list[str]:
    if not source.stale:
        return []
    reasons = "\n".join(f"- {reason}" for reason in source.stale)
    return [f"STALE: these files are not what the workspace would make now:\n\n{reasons}"]


def _how_to_trace(generators: list[Generator], metrics: str) -> list[str]:
    lines = [
        f"codepref trace {metrics}/build_pairs/{found.name}.json:n_pairs --pair {found.first_pair}"
        for found in generators
        if found.first_pair
    ]
    if not lines:
        return []
    text = "A pair is followed to its answers, executions, instruction and seed, in the study:"
    return [text, "\n".join(["```", *lines, "```"])]
