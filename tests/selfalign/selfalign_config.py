"""Settings, examples and a fake generator for tests of this room."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from codepref.records import content_id
from codepref.sampling.engine import Request, Sample, SamplingParams
from codepref.seeds.rows import Seed
from codepref.selfalign.config import (
    CategoryWeights,
    InstructionRules,
    StepConfig,
    WriteInstructionsConfig,
)
from codepref.selfalign.fewshots import FewShot
from codepref.selfalign.generate import Generator

CONFIG = WriteInstructionsConfig(
    origins=["generated", "problems"],
    generator="tiny-pretrained",
    problems="problems.jsonl",
    problems_dataset=None,
    problems_source="starter 1",
    problems_licence="MIT",
    mbpp_split="train",
    problem_difficulty="medium",
    problems_limit=0,
    require_reference=True,
    seed=7,
    temperature=0.7,
    top_p=1.0,
    concepts=StepConfig(shots=2, max_new_tokens=20),
    instruction=StepConfig(shots=2, max_new_tokens=40),
    categories=CategoryWeights.model_validate({"function": 2, "class": 1, "program": 1}),
    min_concepts=2,
    max_concepts=3,
    max_concept_words=3,
    min_words=4,
    max_words=30,
    copied_words=5,
    near_duplicate_jaccard=0.5,
    rules=InstructionRules.model_validate(dict.fromkeys(InstructionRules.model_fields, True)),
)
SHOTS = [
    FewShot(
        snippet=f"def shot{i}(x):\n    return x + {i}",
        concepts=[f"idea {i}", "addition"],
        category="function",
        difficulty="easy",
        instruction=f"Number {i}: write a function that adds one more to every item given.",
        response="def f(x):\n    return x",
        tests=["assert f(1) == 1"],
    )
    for i in range(4)
]


def seed_named(name: str) -> Seed:
    """A seed whose code defines this function."""
    code = f"def {name}(value):\n    return value\n"
    return Seed(
        seed_id=content_id(code),
        code=code,
        name=name,
        docstring="Give value.",
        imports=[],
        source="here 1",
        path="a.py",
        licence="MIT",
        source_sha256="0" * 64,
    )


def sample(completion: str, finish_reason: str = "stop") -> Sample:
    """What an engine would return."""
    return Sample.model_validate(
        {
            "completion": completion,
            "finish_reason": finish_reason,
            "n_tokens": 3,
            "logprob_sum": None,
            "engine": "fake 1",
        }
    )


@dataclass
class FakeModel:
    """Answers by seed id: concepts and an instruction; keeps what it was asked."""

    concepts: Mapping[str, Sample]
    texts: Mapping[str, Sample]
    asked: dict[str, list[Request]] = field(default_factory=dict)

    def draw(self, requests: Sequence[Request], params: SamplingParams) -> dict[str, Sample]:
        """Answer; the stop strings tell which step asks."""
        step = "concepts" if params.stop == ["\n"] else "instruction"
        self.asked[step] = list(requests)
        answers = self.concepts if step == "concepts" else self.texts
        return {request.key: answers[request.key] for request in requests}

    def generator(self, max_chars: int = 10_000) -> Generator:
        """Wrap it; a prompt fits if it has at most so many characters."""
        return Generator(
            draw=self.draw,
            fits=lambda prompt, new_tokens: len(prompt) + new_tokens <= max_chars,
            digest="d" * 64,
        )
