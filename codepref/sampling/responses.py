"""Instructions to responses: what is asked, and the rows made of what comes back."""

from collections.abc import Callable, Mapping, Sequence

from pydantic import Field

from codepref.checkpoints.fences import STOP, extract_code
from codepref.checkpoints.manifest import Manifest
from codepref.records import Json, content_id
from codepref.sampling.engine import Request, Sample, SamplingParams, row_seed
from codepref.sampling.rows import Response
from codepref.schema import Strict
from codepref.selfalign.rows import Instruction


class SampleResponsesConfig(Strict):
    """How responses are drawn from a start.

    Attributes:
        n: responses to each instruction.
        shots: examples in each prompt, drawn for each instruction; 0 leaves the start's own prompt.
        temperature: 0 is greedy.
        top_p: nucleus; 1 keeps every token.
        max_new_test_tokens: for the tests that a model writes where the instruction has none.
        seed: of the stage; each row has its own, derived from it.
    """

    n: int = Field(ge=1)
    shots: int = Field(ge=0)
    temperature: float = Field(ge=0)
    top_p: float = Field(gt=0, le=1)
    max_new_tokens: int = Field(ge=1)
    max_new_test_tokens: int = Field(ge=1)
    seed: int

    def solution_params(self) -> SamplingParams:
        """How solutions are drawn."""
        return SamplingParams(
            temperature=self.temperature,
            top_p=self.top_p,
            max_new_tokens=self.max_new_tokens,
            stop=[STOP],
        )

    def test_params(self) -> SamplingParams:
        """How tests are drawn: as solutions are, with another length."""
        return self.solution_params().model_copy(
            update={"max_new_tokens": self.max_new_test_tokens}
        )


def requests_for_solutions(
    instructions: Sequence[Instruction],
    config: SampleResponsesConfig,
    render: Callable[[Instruction], str],
) -> list[Request]:
    """Ask for n solutions to each instruction. A row's seed depends on its ids alone."""
    return [
        Request(
            key=f"{instruction.instruction_id}/{index}",
            prompt=prompt,
            sample_index=index,
            seed=row_seed(config.seed, instruction.instruction_id, index),
        )
        for instruction, prompt in ((row, render(row)) for row in instructions)
        for index in range(config.n)
    ]


def requests_for_tests(
    requests: Sequence[Request],
    solutions: Mapping[str, Sample],
    config: SampleResponsesConfig,
    render: Callable[[str, str], str],
) -> list[Request]:
    """Ask for tests after each solution, with a seed of their own.

    Args:
        requests: for the solutions, with the prompts that the tests are asked in.
        solutions: what came back, by request key.
        config: seed of the stage.
        render: prompt and solution to the prompt for tests.
    """
    return [
        Request(
            key=request.key,
            prompt=render(request.prompt, solutions[request.key].completion),
            sample_index=request.sample_index,
            seed=row_seed(config.seed, request.key, "tests"),
        )
        for request in requests
    ]


def to_response(
    request: Request,
    solution: Sample,
    tests: Sample | None,
    config: SampleResponsesConfig,
    manifest: Manifest,
) -> Response:
    """Make the row of one sampled solution, and of its tests if it brought some."""
    instruction_id = request.key.rpartition("/")[0]
    own_tests = None if tests is None else extract_code(tests.completion)
    return Response(
        response_id=content_id(
            instruction_id, manifest.digest, request.sample_index, solution.completion, own_tests
        ),
        instruction_id=instruction_id,
        sample_index=request.sample_index,
        prompt=request.prompt,
        completion=solution.completion,
        solution=extract_code(solution.completion),
        tests=own_tests,
        finish_reason=solution.finish_reason,
        n_tokens=solution.n_tokens,
        logprob_sum=solution.logprob_sum,
        generator_digest=manifest.digest,
        template=manifest.template,
        engine=solution.engine,
        temperature=config.temperature,
        top_p=config.top_p,
        max_new_tokens=config.max_new_tokens,
        seed=request.seed,
    )


def count_responses(responses: Sequence[Response]) -> dict[str, Json]:
    """Count what was sampled; solutions are distinct within their instruction."""
    own_tests = [row.tests for row in responses if row.tests is not None]
    return {
        "n_instructions": len({row.instruction_id for row in responses}),
        "n_responses": len(responses),
        "n_truncated": sum(row.finish_reason == "length" for row in responses),
        "n_empty_solutions": sum(not row.solution for row in responses),
        "n_distinct_solutions": len({(row.instruction_id, row.solution) for row in responses}),
        "n_with_own_tests": len(own_tests),
        "n_empty_own_tests": sum(not tests for tests in own_tests),
        "n_tokens": sum(row.n_tokens for row in responses),
    }
