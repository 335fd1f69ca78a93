"""Seeds to instructions: concepts of a seed first, then a task that needs them."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from codepref.records import content_id, digest
from codepref.sampling.completing import Complete, Fits
from codepref.sampling.engine import Request, Sample, SamplingParams, row_seed
from codepref.seeds.rows import Seed
from codepref.selfalign.config import StepConfig, WriteInstructionsConfig
from codepref.selfalign.fewshots import FewShot, draw_shots, require_shots
from codepref.selfalign.parse import Copies, Unread, parse_concepts, parse_instruction
from codepref.selfalign.prompts import (
    LANGUAGE,
    NEXT_EXAMPLE,
    Properties,
    concepts_prompt,
    instruction_prompt,
)
from codepref.selfalign.repeats import find_repeats
from codepref.selfalign.rows import (
    Category,
    Difficulty,
    Instruction,
    RejectedInstruction,
    instruction_id,
)

CATEGORIES: tuple[Category, ...] = ("function", "class", "program")
DIFFICULTIES: tuple[Difficulty, ...] = ("easy", "medium", "hard")
CONCEPTS_STOP = ["\n"]
FENCE = "```"


@dataclass(frozen=True)
class Generator:
    """The model that writes.

    Attributes:
        draw: samples one completion for each request, by key.
        fits: whether a prompt leaves room for that many tokens.
        digest: of its weights.
    """

    draw: Complete
    fits: Fits
    digest: str


@dataclass
class Written:
    """What became of the seeds.

    Attributes:
        n_concepts: seeds whose concepts could be read.
        n_texts: tasks that could be read, repeats included.
    """

    instructions: list[Instruction] = field(default_factory=list)
    rejects: list[RejectedInstruction] = field(default_factory=list)
    n_concepts: int = 0
    n_texts: int = 0


class Writer:
    """Turns seeds into instructions. Every draw depends on the row's id and the stage's seed."""

    def __init__(
        self, shots: Sequence[FewShot], config: WriteInstructionsConfig, generator: Generator
    ) -> None:
        wanted = max(config.concepts.shots, config.instruction.shots)
        require_shots(shots, wanted, "write_instructions")
        self._shots = shots
        self._config = config
        self._generator = generator
        self._tasks = [shot.instruction for shot in shots]

    def write(self, seeds: Iterable[Seed]) -> Written:
        """Write one instruction a seed where both steps can be read; else keep the reject."""
        written = Written()
        by_id = {seed.seed_id: seed for seed in seeds}
        concepts = self._read_concepts(by_id, written)
        written.n_concepts = len(concepts)
        texts = self._write_texts(by_id, concepts, written)
        written.n_texts = len(texts)
        written.instructions = self._without_repeats(texts, written)
        return written

    def _read_concepts(self, seeds: Mapping[str, Seed], written: Written) -> dict[str, list[str]]:
        step = self._config.concepts
        prompts = {
            name: concepts_prompt(self._draw_shots(name, "concepts", step), seed.code)
            for name, seed in seeds.items()
        }
        concepts = {}
        for name, sample in self._complete(prompts, "concepts", CONCEPTS_STOP, written).items():
            finished = sample.finish_reason == "stop"
            read = parse_concepts(sample.completion, finished=finished, config=self._config)
            if isinstance(read, Unread):
                written.rejects.append(_reject(name, "concepts", read.reason, sample.completion))
            else:
                concepts[name] = read
        return concepts

    def _write_texts(
        self, seeds: Mapping[str, Seed], concepts: Mapping[str, list[str]], written: Written
    ) -> list[Instruction]:
        step = self._config.instruction
        properties = {name: self._draw_properties(name, some) for name, some in concepts.items()}
        prompts = {
            name: instruction_prompt(self._draw_shots(name, "instruction", step), wanted)
            for name, wanted in properties.items()
        }
        instructions = []
        stop = [NEXT_EXAMPLE, FENCE] if self._config.rules.has_code else [NEXT_EXAMPLE]
        samples = self._complete(prompts, "instruction", stop, written)
        for name, sample in samples.items():
            read = parse_instruction(
                sample.completion,
                finished=sample.finish_reason == "stop",
                copies=Copies(self._tasks, seeds[name].code, self._config.copied_words),
                config=self._config,
            )
            if isinstance(read, Unread):
                written.rejects.append(_reject(name, "instruction", read.reason, sample.completion))
                continue
            instructions.append(
                self._instruction(seeds[name], properties[name], read, prompts[name])
            )
        return instructions

    def _complete(
        self, prompts: Mapping[str, str], step: str, stop: list[str], written: Written
    ) -> Mapping[str, Sample]:
        limits: StepConfig = getattr(self._config, step)
        fitting = {}
        for name, prompt in prompts.items():
            if self._generator.fits(prompt, limits.max_new_tokens):
                fitting[name] = prompt
            else:
                written.rejects.append(_reject(name, step, "prompt_too_long", ""))
        requests = [
            Request(
                key=name,
                prompt=prompt,
                sample_index=0,
                seed=row_seed(self._config.seed, step, name),
            )
            for name, prompt in sorted(fitting.items())
        ]
        params = SamplingParams(
            temperature=self._config.temperature,
            top_p=self._config.top_p,
            max_new_tokens=limits.max_new_tokens,
            stop=stop,
        )
        return self._generator.draw(requests, params) if requests else {}

    def _draw_shots(self, seed_id: str, step: str, limits: StepConfig) -> list[FewShot]:
        return draw_shots(
            self._shots, limits.shots, seed=self._config.seed, row_id=seed_id, step=step
        )

    def _draw_properties(self, seed_id: str, concepts: list[str]) -> Properties:
        rng = random.Random(f"{self._config.seed}/{seed_id}/properties")
        weights = self._config.categories
        (category,) = rng.choices(CATEGORIES, [weights.function, weights.class_, weights.program])
        return Properties(category=category, difficulty=rng.choice(DIFFICULTIES), concepts=concepts)

    def _instruction(
        self, seed: Seed, properties: Properties, text: str, prompt: str
    ) -> Instruction:
        return Instruction(
            instruction_id=instruction_id(text, [], ""),
            origin="generated",
            seed_id=seed.seed_id,
            problem_id=None,
            category=properties.category,
            difficulty=properties.difficulty,
            language=LANGUAGE,
            concepts=properties.concepts,
            text=text,
            entry_point=None,
            test_setup="",
            tests=[],
            reference=None,
            source=seed.source,
            licence=seed.licence,
            generator_digest=self._generator.digest,
            prompt_sha256=digest(prompt),
        )

    def _without_repeats(
        self, instructions: list[Instruction], written: Written
    ) -> list[Instruction]:
        first: dict[str, Instruction] = {}
        for item in sorted(instructions, key=lambda item: item.seed_id or ""):
            if first.setdefault(item.instruction_id, item) is not item:
                written.rejects.append(_reject(item.seed_id, "instruction", "duplicate", item.text))
        texts = {name: item.text for name, item in first.items()}
        repeats = find_repeats(texts, self._config)
        for name, reason in repeats.items():
            item = first[name]
            written.rejects.append(_reject(item.seed_id, "instruction", reason, item.text))
        return [item for name, item in first.items() if name not in repeats]


def _reject(seed_id: str | None, step: str, reason: str, text: str) -> RejectedInstruction:
    return RejectedInstruction.model_validate(
        {
            "reject_id": content_id(step, seed_id, reason, text),
            "seed_id": seed_id,
            "problem_id": None,
            "step": step,
            "reason": reason,
            "text": text,
        }
    )
