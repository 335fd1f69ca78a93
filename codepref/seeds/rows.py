"""Rows of the seed tables."""

from codepref.records import Record


class Seed(Record):
    """A function that inspires one instruction.

    Attributes:
        seed_id: content id of the code.
        code: the function's source, with the imports it needs above it.
        name: the function's name.
        docstring: its docstring, cleaned of indentation.
        imports: top-level modules it imports, sorted.
        source: where the file is from, with a version, such as "python-stdlib 3.11.7".
        path: the file inside that source.
        licence: SPDX id, or "unknown".
        source_sha256: of the whole file.
    """

    seed_id: str
    code: str
    name: str
    docstring: str
    imports: list[str]
    source: str
    path: str
    licence: str
    source_sha256: str


class RejectedSeed(Record):
    """A function that a rule turned away; the first rule that did is named."""

    seed_id: str
    name: str
    source: str
    path: str
    rule: str
    detail: str
