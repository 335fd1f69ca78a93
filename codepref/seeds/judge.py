"""Is a docstring enough to write the function from? A model's votes, and a threshold on them.

The model completes a list of worked examples; a vote is the first word of its answer. The examples'
order is drawn for each vote by the row's id, so rows do not decide about each other.
"""

import ast
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar, get_args

from pydantic import Field, TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from codepref.errors import ConfigError, DataError
from codepref.sampling.completing import Completer
from codepref.sampling.engine import Request, SamplingParams, row_seed
from codepref.schema import Strict, describe
from codepref.seeds.config import JudgeSeedsConfig
from codepref.seeds.functions import parse
from codepref.syntax import FunctionNode

Reason = Literal["prompt_too_long", "unparsable", "tie", "judged_poor"]
REASONS: tuple[Reason, ...] = get_args(Reason)
Fault = Literal["vague", "wrong", "missing_return", "unrelated"]
STOP = ["\n"]
SYSTEM = (
    "Each function below is shown without its documentation, and then its description alone.\n"
    "Answer Yes if a programmer could write the function from the description alone and the "
    "description fits the code, else No, with a short reason. Style and speed do not matter."
)
RowT = TypeVar("RowT", bound=Strict)


class Shot(Strict):
    """A worked example."""

    code: str = Field(min_length=1)
    verdict: Literal["Yes", "No"]
    reason: str = Field(min_length=1)


class Label(Strict):
    """A function whose docstring is known to be good, or to have a fault."""

    code: str = Field(min_length=1)
    fault: Fault | None


@dataclass(frozen=True)
class Votes:
    """What the model said of one docstring.

    Attributes:
        unread: votes that say neither yes nor no.
        fits: whether the prompts left room for an answer; without room there are no votes.
    """

    yes: int
    no: int
    unread: int
    fits: bool

    @property
    def score(self) -> float:
        """Fraction of Yes among the votes that say yes or no; 0 if none does."""
        return self.yes / (self.yes + self.no) if self.yes + self.no else 0.0

    def reject_reason(self, threshold: float) -> Reason | None:
        """Say why the docstring is turned away; None if its score reaches the threshold."""
        if not self.fits:
            return "prompt_too_long"
        if not self.yes + self.no:
            return "unparsable"
        if self.score >= threshold:
            return None
        return "tie" if self.yes == self.no else "judged_poor"


class Judge:
    """Asks for votes. Every draw depends on the row's id and the stage's seed."""

    def __init__(
        self, shots: Sequence[Shot], config: JudgeSeedsConfig, completer: Completer
    ) -> None:
        if config.shots > len(shots):
            raise ConfigError(
                f"params judge_seeds.shots: {config.shots} are asked for and the few-shot file has "
                f"{len(shots)}; lower it or add examples"
            )
        self._shots = shots
        self._config = config
        self._completer = completer

    def vote(self, codes: Mapping[str, str]) -> dict[str, Votes]:
        """Give the votes on each code's docstring, by the code's id."""
        requests = {name: self._requests(name, code) for name, code in sorted(codes.items())}
        fitting = {name: items for name, items in requests.items() if all(map(self._fits, items))}
        config = self._config
        params = SamplingParams(
            temperature=config.temperature,
            top_p=config.top_p,
            max_new_tokens=config.max_new_tokens,
            stop=STOP,
        )
        samples = self._completer.complete(
            [request for items in fitting.values() for request in items], params
        )
        return {
            name: _count([samples[item.key].completion for item in items])
            if name in fitting
            else Votes(yes=0, no=0, unread=0, fits=False)
            for name, items in requests.items()
        }

    def _requests(self, name: str, code: str) -> list[Request]:
        return [
            Request(
                key=f"{name}/{vote}",
                prompt=prompt_for(self._draw_shots(name, vote), code),
                sample_index=vote,
                seed=row_seed(self._config.seed, "judge", name, vote),
            )
            for vote in range(self._config.votes)
        ]

    def _draw_shots(self, name: str, vote: int) -> list[Shot]:
        rng = random.Random(f"{self._config.seed}/{name}/judge/{vote}")
        return rng.sample(list(self._shots), self._config.shots)

    def _fits(self, request: Request) -> bool:
        return self._completer.fits(request.prompt, self._config.max_new_tokens)


def prompt_for(shots: Sequence[Shot], code: str) -> str:
    """Render worked examples and the code in question; the prompt ends before the answer."""
    asked = [f"{_question(shot.code)} {shot.verdict}, {shot.reason}" for shot in shots]
    parts = [*asked, _question(code)]
    numbered = [f"### Function {number}\n{part}" for number, part in enumerate(parts, start=1)]
    return "\n\n".join([SYSTEM, *numbered])


def _question(code: str) -> str:
    bare, docstring = split_docstring(code)
    return f"Code:\n```python\n{bare}\n```\nDescription: {docstring}\nAnswer:"


def split_docstring(code: str) -> tuple[str, str]:
    """Give the code without the docstring of its last function, and that docstring.

    Raises:
        DataError: there is no function with a docstring.
    """
    tree = parse(code)
    functions = [node for node in tree.body if isinstance(node, FunctionNode)]
    docstring = ast.get_docstring(functions[-1]) if functions else None
    if docstring is None:
        raise DataError(f"no function with a docstring in {code[:60]!r}")
    body = functions[-1].body
    lines = code.rstrip("\n").split("\n")
    first, last = body[0].lineno, body[0].end_lineno or body[0].lineno
    alone = not lines[first - 1][: body[0].col_offset].strip()
    follows = len(body) > 1 and body[1].lineno > last
    if alone and follows:
        return "\n".join([*lines[: first - 1], *lines[last:]]), docstring
    functions[-1].body = body[1:] or [ast.Pass()]
    return ast.unparse(tree), docstring


def _count(completions: Sequence[str]) -> Votes:
    found = [re.match(r"\W*(yes|no)\b", text, re.IGNORECASE) for text in completions]
    words = [match[1].lower() for match in found if match]
    yes, no = words.count("yes"), words.count("no")
    return Votes(yes=yes, no=no, unread=len(completions) - yes - no, fits=True)


def load_shots(path: Path) -> list[Shot]:
    """Read the worked examples, in the file's order."""
    return _load(path, Shot)


def load_labels(path: Path) -> list[Label]:
    """Read the labelled functions, in the file's order."""
    return _load(path, Label)


def _load(path: Path, schema: type[RowT]) -> list[RowT]:
    try:
        values = YAML(typ="safe").load(path)
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; expected a YAML list") from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    try:
        return TypeAdapter(list[schema]).validate_python(values)  # type: ignore[valid-type]
    except ValidationError as error:
        raise DataError(f"{path}: {describe(error)}") from error
