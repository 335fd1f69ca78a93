"""Settings and a voter in place of a model, for tests of the judge."""

from collections.abc import Callable, Sequence

from codepref.records import content_id
from codepref.sampling.completing import Completer
from codepref.sampling.engine import Request, Sample, SamplingParams
from codepref.seeds.config import JudgeSeedsConfig
from codepref.seeds.rows import Seed
from codepref.statistics.config import BootstrapConfig
from tests.selfalign.selfalign_config import sample

JUDGE = JudgeSeedsConfig(
    enabled=True,
    generator="tiny-pretrained",
    seed=7,
    votes=4,
    shots=3,
    temperature=0.0,
    top_p=1.0,
    max_new_tokens=5,
    threshold="calibrated",
    interval=BootstrapConfig(confidence=0.95, resamples=200, seed=0),
)


def seed_named(name: str) -> Seed:
    """A seed whose docstring names its function."""
    code = f'def {name}(value):\n    """Give {name} of value."""\n    return value\n'
    return Seed(
        seed_id=content_id(code),
        code=code,
        name=name,
        docstring=f"Give {name} of value.",
        imports=[],
        source="here 1",
        path="a.py",
        licence="MIT",
        source_sha256="0" * 64,
    )


class FakeVoter:
    """Answers each request by a function of it, and keeps what it was asked."""

    def __init__(self, answer: Callable[[Request], str]) -> None:
        self.answer = answer
        self.asked: list[Request] = []

    @classmethod
    def always(cls, text: str) -> "FakeVoter":
        """A voter that says the same of everything."""
        return cls(lambda _: text)

    def completer(self, max_chars: int = 100_000) -> Completer:
        """Wrap it; a prompt fits if it has at most so many characters."""
        return Completer(
            complete=self._complete, fits=lambda prompt, new: len(prompt) + new <= max_chars
        )

    def _complete(self, requests: Sequence[Request], params: SamplingParams) -> dict[str, Sample]:
        del params
        self.asked += requests
        return {request.key: sample(self.answer(request)) for request in requests}
