from codepref.checkpoints.manifest import Manifest
from codepref.sampling.engine import Sample
from codepref.sampling.responses import (
    SampleResponsesConfig,
    count_responses,
    requests_for_solutions,
    requests_for_tests,
    to_response,
)
from codepref.selfalign.rows import Instruction

CONFIG = SampleResponsesConfig(
    n=2, shots=0, temperature=0.8, top_p=1, max_new_tokens=8, max_new_test_tokens=4, seed=0
)
MANIFEST = Manifest(
    model="tiny",
    start="pretrained",
    template="plain",
    kind="local",
    source="weights",
    revision=None,
    licence="MIT",
    parent_digest=None,
    files={},
    parameters=0,
    digest="d" * 64,
)


def _instruction(name: str) -> Instruction:
    return Instruction(
        instruction_id=name,
        origin="problems",
        seed_id=None,
        problem_id=name,
        category="function",
        difficulty="easy",
        language="python",
        concepts=[],
        text=f"Write {name}.",
        entry_point=None,
        test_setup="",
        tests=[],
        reference=None,
        source="own",
        licence="MIT",
        generator_digest=None,
        prompt_sha256=None,
    )


def _text(row: Instruction) -> str:
    return row.text


def _sample(completion: str, finish_reason: str = "stop") -> Sample:
    return Sample(
        completion=completion,
        finish_reason=finish_reason,  # type: ignore[arg-type]
        n_tokens=3,
        logprob_sum=-1.5,
        engine="fake 1",
    )


def test_each_instruction_is_asked_n_times_with_seeds_of_its_own() -> None:
    requests = requests_for_solutions(
        [_instruction("a"), _instruction("b")], CONFIG, lambda row: row.text.upper()
    )
    assert [r.key for r in requests] == ["a/0", "a/1", "b/0", "b/1"]
    assert [r.prompt for r in requests] == ["WRITE A."] * 2 + ["WRITE B."] * 2
    assert len({r.seed for r in requests}) == 4


def test_a_rows_seed_does_not_depend_on_n_or_on_other_instructions() -> None:
    more = CONFIG.model_copy(update={"n": 5})
    alone = requests_for_solutions([_instruction("b")], CONFIG, _text)
    among = requests_for_solutions([_instruction("a"), _instruction("b")], more, _text)
    seeds = {request.key: request.seed for request in among}
    assert all(seeds[request.key] == request.seed for request in alone)


def test_tests_are_asked_for_after_the_solution_with_another_seed() -> None:
    (first, _) = requests_for_solutions([_instruction("a")], CONFIG, _text)
    (asked,) = requests_for_tests(
        [first], {"a/0": _sample("\nx = 1\n```")}, CONFIG, lambda prompt, text: prompt + text
    )
    assert asked.key == first.key
    assert asked.prompt == "Write a.\nx = 1\n```"
    assert asked.seed != first.seed


def test_tests_are_as_long_as_their_own_limit_says() -> None:
    assert CONFIG.solution_params().max_new_tokens == 8
    assert CONFIG.test_params().max_new_tokens == 4
    assert CONFIG.test_params().stop == CONFIG.solution_params().stop


def test_a_truncated_response_is_kept_and_marked() -> None:
    (request, _) = requests_for_solutions([_instruction("a")], CONFIG, _text)
    row = to_response(request, _sample("\nx = (", "length"), None, CONFIG, MANIFEST)
    assert (row.completion, row.solution, row.tests) == ("\nx = (", "x = (\n", None)
    assert (row.finish_reason, row.instruction_id, row.sample_index) == ("length", "a", 0)
    assert row.generator_digest == MANIFEST.digest


def test_the_counts_of_three_responses() -> None:
    (first, second) = requests_for_solutions([_instruction("a")], CONFIG, _text)
    (other, _) = requests_for_solutions([_instruction("b")], CONFIG, _text)
    same = _sample("\nx = 1\n```")
    rows = [
        to_response(first, same, _sample("\nassert x\n```"), CONFIG, MANIFEST),
        to_response(second, same, _sample("\n```"), CONFIG, MANIFEST),
        to_response(other, _sample("", "length"), None, CONFIG, MANIFEST),
    ]
    assert len({row.response_id for row in rows}) == 3
    assert count_responses(rows) == {
        "n_instructions": 2,
        "n_responses": 3,
        "n_truncated": 1,
        "n_empty_solutions": 1,
        "n_distinct_solutions": 2,
        "n_with_own_tests": 2,
        "n_empty_own_tests": 1,
        "n_tokens": 9,
    }
