"""Section gather_seeds of params.yaml."""

from typing import Annotated, Literal

from pydantic import Field

from codepref.schema import Strict


class StdlibSource(Strict):
    """The standard library of the running interpreter, whose version is recorded.

    Attributes:
        skip: names of folders and modules that are left out, at any depth.
    """

    kind: Literal["stdlib"]
    skip: list[str]


class FolderSource(Strict):
    """Any folder of Python files.

    Attributes:
        name: what rows give as their source, with a version, such as "our-utils 2.1".
        licence: SPDX id of all of it, or "unknown".
        skip: names of folders and modules that are left out, at any depth.
    """

    kind: Literal["folder"]
    folder: str
    name: str
    licence: str
    skip: list[str]


class StackColumns(Strict):
    """Names of the columns; bigcode/the-stack and the-stack-dedup differ from copies of them."""

    content: str
    repository: str
    path: str
    licences: str
    hexsha: str


class StackSource(Strict):
    """The Stack, or a data set of its schema, streamed from a hub or read from a local folder.

    Attributes:
        repo: hub id, or a folder with Parquet or JSONL files.
        revision: commit of the hub repository, needed there; null for a folder.
        data_dir: folder inside the repository, such as "data/python"; null for all.
        max_files: files read, first ones first; 0 for all.
    """

    kind: Literal["stack"]
    repo: str
    revision: str | None
    data_dir: str | None
    split: str
    max_files: int = Field(ge=0)
    columns: StackColumns


Source = Annotated[StdlibSource | FolderSource | StackSource, Field(discriminator="kind")]


class Rules(Strict):
    """Which rules are on; a rule that is off counts 0. Order here is the order of the rules.

    Always on: unreadable_file, file_too_large, syntax_error, and exact_duplicate, since a seed's id
    is its content.
    """

    no_docstring: bool
    no_return_value: bool
    async_function: bool
    private_name: bool
    test_function: bool
    too_long: bool
    zero_arguments: bool
    not_ascii: bool
    todo_comment: bool
    excluded_import: bool
    undefined_name: bool
    benchmark_overlap: bool
    near_duplicate: bool


class GatherSeedsConfig(Strict):
    """Where seeds come from and which functions are kept.

    Attributes:
        seed: of the sample that `limit` takes.
        limit: seeds kept of those that pass all rules; 0 for all.
        max_lines: of a function with its decorators and docstring.
        near_duplicate_jaccard: similarity of two functions, on sets of 5 words in a row.
    """

    sources: list[Source] = Field(min_length=1)
    seed: int
    limit: int = Field(ge=0)
    max_file_bytes: int = Field(ge=1)
    max_lines: int = Field(ge=1)
    excluded_imports: list[str]
    todo_words: list[str]
    near_duplicate_jaccard: float = Field(gt=0, le=1)
    rules: Rules
