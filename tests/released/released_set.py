"""Small sets with the columns of bigcode's self-oss-instruct-sc2-*, as Parquet folders.

Columns of -concepts and -exec-filter-50k as their cards give them, and those that SelfCodeAlign's
generator and its execution filter add: `parsing_result`, or `response` with `pass` and `output`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from codepref.released.config import Columns, ImportResponsesConfig

COLUMNS = Columns(
    instruction="instruction", response="response", tests=None, concepts="concepts", passed="pass"
)
TEXTS = {name: f"Write a function named {name} that gives its argument back." for name in "abcd"}


def answer(name: str, body: str = "x") -> str:
    """An answer in the layout of StarCoder2-Instruct."""
    return (
        "[Reasoning]\nGive it back.\n\n[Implementation]\n"
        f"Here it is:\n```python\ndef {name}(x):\n    return {body}\n```\n\n"
        "[Explanation]\nFor instance:\n```python\nprint('no test')\n```\n\n"
        f"[Tests]\nRun these:\n```python\nassert {name}(1) == 1\nassert {name}('k') == 'k'\n```\n"
    )


def row(number: int, instruction: str, response: object, **more: Any) -> dict[str, Any]:
    """One row of the released schema."""
    return {
        "fingerprint": None,
        "sha1": f"{number:040x}",
        "seed": f"def seed_{number}(): ...",
        "response": response,
        "concepts": ["identity", "functions"],
        "prompt": "the generator's",
        "instruction": instruction,
        "id": number,
        "pass": True,
        "output": "",
        **more,
    }


def write_set(folder: Path, rows: Sequence[dict[str, Any]]) -> ImportResponsesConfig:
    """Write a split `train`, and give the params that read it."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), folder / "data" / "train-00000-of-00001.parquet")
    return ImportResponsesConfig(
        repo=str(folder),
        revision=None,
        split="train",
        licence="ODC-By-1.0",
        limit=0,
        columns=COLUMNS,
        temperature=0.7,
        top_p=1.0,
        max_new_tokens=1536,
    )
