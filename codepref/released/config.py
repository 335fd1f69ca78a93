"""Section import_responses of params.yaml: released answer sets, by name."""

from pydantic import Field

from codepref.schema import Strict


class Columns(Strict):
    """What the set calls its columns; null for one that it lacks.

    Attributes:
        instruction: what was asked.
        response: a text, a list of texts, or one of mappings with the key "response".
        tests: texts of their own; null where they are part of the response.
        concepts: a list of words, or words separated by commas.
        passed: true or false of all its row's answers, as those who released it found.
    """

    instruction: str
    response: str
    tests: str | None
    concepts: str | None
    passed: str | None


class ImportResponsesConfig(Strict):
    """One set of released answers, whose name stands in grid.generators.

    Attributes:
        repo: of a hub, or a folder of Parquet or JSONL files.
        revision: commit of the hub; null for a folder.
        licence: of its rows.
        limit: rows that are read, from the first; 0 for all.
        temperature, top_p, max_new_tokens: how its answers were sampled, as published.
    """

    repo: str
    revision: str | None
    split: str
    licence: str
    limit: int = Field(ge=0)
    columns: Columns
    temperature: float = Field(ge=0)
    top_p: float = Field(gt=0, le=1)
    max_new_tokens: int = Field(ge=1)
