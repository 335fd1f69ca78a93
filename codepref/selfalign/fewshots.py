"""Examples that prompts are made of."""

import random
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field, TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from codepref.checkpoints.fences import STOP
from codepref.checkpoints.prompts import Example, answer_with_tests
from codepref.errors import ConfigError, DataError
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

    def solved(self) -> Example:
        """The task with its answer."""
        return Example(self.instruction, f"\n{self.response.strip()}{STOP}")

    def tested(self) -> Example:
        """The task with its answer and the answer's tests."""
        return Example(self.instruction, answer_with_tests(self.response, "\n".join(self.tests)))


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


def draw_shots(
    shots: Sequence[FewShot], n: int, *, seed: int, row_id: str, step: str
) -> list[FewShot]:
    """Draw n examples by the row's id and their places: another text moves no other row's draw."""
    return random.Random(f"{seed}/{row_id}/{step}").sample(list(shots), n)


def require_shots(shots: Sequence[FewShot], wanted: int, section: str) -> None:
    """Refuse a number of shots that the file does not have.

    Raises:
        ConfigError: more examples are wanted than there are.
    """
    if wanted > len(shots):
        raise ConfigError(
            f"params {section}: {wanted} shots are asked for and the few-shot file has "
            f"{len(shots)}; lower `shots` or add examples"
        )
