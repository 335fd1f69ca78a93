"""Section gather_seeds of params.yaml."""

from typing import Annotated, Literal

from pydantic import Field

from codepref.schema import Strict
from codepref.statistics.config import BootstrapConfig


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

    Always on: unreadable_file, not_regular_file, file_too_large, syntax_error, and exact_duplicate,
    since a seed's id is its content. With type_error on, a function that Pyright gives no verdict
    on is counted as type_check_timeout or type_check_crash.
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
    todo_docstring: bool
    excluded_import: bool
    undefined_name: bool
    benchmark_overlap: bool
    type_error: bool
    near_duplicate: bool


class TypeCheckConfig(Strict):
    """How many functions Pyright checks at once, and for how long.

    Attributes:
        batch_timeout_s: of a whole batch; a smaller one has its share.
        file_timeout_s: the least that any batch has.
    """

    batch_size: int = Field(ge=1)
    batch_timeout_s: float = Field(gt=0)
    file_timeout_s: float = Field(gt=0)


class GatherSeedsConfig(Strict):
    """Where seeds come from and which functions are kept.

    Attributes:
        seed: of the sample that `limit` takes.
        limit: seeds kept of those that pass all rules; 0 for all.
        max_lines: of a function with its decorators and docstring.
        near_duplicate_jaccard: similarity of two functions, on sets of 5 words in a row.
        infer_imports: whether the standard library may give what the function's module does not.
        infer_timeout_s: for the imports of one name.
    """

    sources: list[Source] = Field(min_length=1)
    seed: int
    limit: int = Field(ge=0)
    max_file_bytes: int = Field(ge=1)
    max_lines: int = Field(ge=1)
    excluded_imports: list[str]
    todo_words: list[str]
    near_duplicate_jaccard: float = Field(gt=0, le=1)
    infer_imports: bool
    infer_timeout_s: float = Field(gt=0)
    type_check: TypeCheckConfig
    rules: Rules


class JudgeSeedsConfig(Strict):
    """Whether and how a model judges the docstrings of seeds.

    Attributes:
        generator: key of the start that votes.
        seed: of the examples' order and of the samples.
        votes: samples per seed; each has its own order of the examples.
        threshold: least fraction of Yes votes; "calibrated" takes the best one on the labelled set.
        interval: of the judge's AUC on the labelled set; the accuracy's has its confidence.
    """

    enabled: bool
    generator: str
    seed: int
    votes: int = Field(ge=1)
    shots: int = Field(ge=0)
    temperature: float = Field(ge=0)
    top_p: float = Field(gt=0, le=1)
    max_new_tokens: int = Field(ge=1)
    threshold: Literal["calibrated"] | Annotated[float, Field(gt=0, le=1)]
    interval: BootstrapConfig
