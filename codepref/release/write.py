"""Write a release folder whole or not at all."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

import pyarrow.parquet as pq

from codepref.errors import ConfigError, MissingError
from codepref.files import sha256_file
from codepref.pairs.rows import Pair
from codepref.pairs.split import Split
from codepref.release.card import render_card
from codepref.release.croissant import croissant
from codepref.release.rows import DataFile, Generator, Source
from codepref.tables import ROWS_PER_GROUP, arrow_schema

CARD, CROISSANT = "README.md", "croissant.json"
OURS = re.compile(rf"{CARD}|{CROISSANT}|data/[^/]+/(train|held_out)\.parquet")


def write_release(source: Source, out: Path) -> list[DataFile]:
    """Write pairs, card and Croissant description; an earlier release in the folder is replaced.

    Same study, same bytes.

    Raises:
        ConfigError: the folder holds something else.
        MissingError: the folder cannot be written.
    """
    _refuse_others(out)
    with _replacing_folder(out) as folder:
        files = [
            _write_split(folder, found, split)
            for found in source.generators
            for split in get_args(Split)
            if found.n_by_split.get(split)
        ]
        (folder / CARD).write_text(render_card(source, files), encoding="utf-8")
        text = json.dumps(croissant(source, files), indent=2, ensure_ascii=False) + "\n"
        (folder / CROISSANT).write_text(text, encoding="utf-8")
    return files


def _refuse_others(out: Path) -> None:
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise ConfigError(f"--out {out}: is no folder; name a new one")
    found = [path for path in out.rglob("*") if not path.is_dir() or path.is_symlink()]
    names = sorted(path.relative_to(out).as_posix() for path in found)
    others = [name for name in names if not OURS.fullmatch(name)]
    if others:
        raise ConfigError(
            f"--out {out}: holds something else than a release, first {others[0]}; name a new "
            "folder"
        )
    if names and CROISSANT not in names:
        raise ConfigError(f"--out {out}: has {names[0]} and no {CROISSANT}, so is no release")


@contextmanager
def _replacing_folder(out: Path) -> Iterator[Path]:
    temporary = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if out.exists():
            shutil.rmtree(out)
        temporary.rename(out)
    except OSError as error:
        raise MissingError(f"--out {out}: cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _write_split(folder: Path, found: Generator, split: Split) -> DataFile:
    """Copy the rows of one split, in the order and with the schema of the pair table."""
    name = f"data/{found.name}/{split}.parquet"
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = pq.read_table(found.pairs, filters=[("split", "=", split)], memory_map=False)
    rows = rows.select(arrow_schema(Pair).names).cast(arrow_schema(Pair))
    pq.write_table(rows, path, compression="zstd", row_group_size=ROWS_PER_GROUP)
    return DataFile(
        generator=found.name,
        split=split,
        path=name,
        n_rows=rows.num_rows,
        n_bytes=path.stat().st_size,
        sha256=sha256_file(path),
    )
