"""Examples that prompts are made of."""

from pathlib import Path

from pydantic import Field, TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from codepref.errors import DataError
from codepref.schema import Strict, describe
from codepref.selfalign.rows import Category, Difficulty


class FewShot(Strict):
    """A snippet, the concepts in it, and a new task with an answer and tests that it passes."""

    snippet: str = Field(min_length=1)
    concepts: list[str] = Field(min_length=1)
    category: Category
    difficulty: Difficulty
    instruction: str = Field(min_length=1)
    response: str = Field(min_length=1)
    tests: list[str] = Field(min_length=1)


def load_fewshots(path: Path) -> list[FewShot]:
    """Read examples in the file's order.

    Raises:
        DataError: the file is absent, is not YAML, or an example breaks the schema.
    """
    try:
        values = YAML(typ="safe").load(path)
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; expected a YAML list of examples") from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    try:
        return TypeAdapter(list[FewShot]).validate_python(values)
    except ValidationError as error:
        raise DataError(f"{path}: {describe(error)}") from error
