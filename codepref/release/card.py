"""The dataset card: YAML that `datasets` and a hub read, and Markdown for people."""

import io
import itertools
from collections.abc import Mapping, Sequence

from ruamel.yaml import YAML

from codepref.records import Json
from codepref.release.rows import DataFile, Source
from codepref.release.sections import (
    checks_sections,
    counts_section,
    faults_section,
    funnel_section,
    generators_section,
    lengths_section,
    licences_section,
    lineage_section,
    policy_section,
    verdicts_section,
)

TITLE = "Preference pairs of code, made by execution"
SUMMARY = (
    "Answers of code models to programming tasks, each executed against tests. Of two answers to "
    "one prompt, `chosen` is the one that execution prefers to `rejected`."
)
# Upper ends of a hub's size categories: huggingface.co/docs/hub/datasets-cards
SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)
LARGEST = "10M<n<100M"
# Licences by the ids of a hub; all else is "other": huggingface.co/docs/hub/repositories-licenses
HUB_LICENCES = {"Apache-2.0": "apache-2.0", "MIT": "mit", "CC-BY-4.0": "cc-by-4.0"}


def render_card(source: Source, files: Sequence[DataFile]) -> str:
    """Write the card of a release, README.md."""
    sections = [
        _usage(files),
        counts_section(source),
        funnel_section(source),
        verdicts_section(source),
        policy_section(source),
        lengths_section(source),
        *checks_sections(source),
        generators_section(source),
        licences_section(source),
        faults_section(),
        lineage_section(source),
    ]
    head = f"---\n{_yaml(_front_matter(source, files))}---\n\n# {TITLE}\n\n{SUMMARY}"
    return "\n\n".join([head, *sections]) + "\n"


def licences_of(source: Source) -> list[str]:
    """Give all licences of instructions and of the checkpoints that answered, sorted."""
    names = {item.licence for found in source.generators for item in found.licences}
    names |= {item.licence for found in source.generators for item in found.checkpoints}
    return sorted(names)


def _front_matter(source: Source, files: Sequence[DataFile]) -> dict[str, Json]:
    return {
        "pretty_name": TITLE,
        **_licence(licences_of(source)),
        "language": ["en"],
        "task_categories": ["text-generation"],
        "tags": ["code", "preference", "dpo", "execution-feedback", "synthetic", "croissant"],
        "size_categories": [_size(sum(file.n_rows for file in files))],
        "configs": [
            {
                "config_name": name,
                "data_files": [{"split": file.split, "path": file.path} for file in group],
            }
            for name, group in itertools.groupby(files, key=lambda file: file.generator)
        ],
    }


def _licence(licences: Sequence[str]) -> dict[str, Json]:
    if len(licences) == 1 and licences[0] in HUB_LICENCES:
        return {"license": HUB_LICENCES[licences[0]]}
    return {"license": "other", "license_name": " and ".join(licences) or "unknown"}


def _size(n_rows: int) -> str:
    return next((name for end, name in SIZES if n_rows < end), LARGEST)


def _yaml(values: Mapping[str, Json]) -> str:
    stream = io.StringIO()
    yaml = YAML()
    yaml.width = 1_000_000
    yaml.dump(dict(values), stream)
    return stream.getvalue()


def _usage(files: Sequence[DataFile]) -> str:
    names = list(dict.fromkeys(file.generator for file in files))
    lines = [f'load_dataset("FOLDER", "{name}")' for name in names]
    text = "Each generator is a configuration with the splits `train` and `held_out`; a split "
    text += "without pairs has no file. The columns prompt, chosen and rejected are those of TRL."
    return "\n".join(
        [
            "## Use",
            "",
            text,
            "",
            "```python",
            "from datasets import load_dataset",
            "",
            *lines,
            "```",
        ]
    )
