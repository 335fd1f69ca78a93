"""Pairs and responses as token ids."""

from pathlib import Path

import pytest

from codepref.alignment.imitation import encode_responses, instruction_texts, select_responses
from codepref.alignment.rows import Row, encode_pairs, fit_length
from codepref.checkpoints.prompts import Renderer, load_tokenizer
from codepref.errors import DataError
from codepref.pairs.eligibility import Executed
from tests.alignment.cells import execution, instruction, pair, response
from tests.tiny_model import make_tiny_model


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    folder = make_tiny_model(tmp_path_factory.mktemp("tiny"))
    return Renderer(load_tokenizer(Path(folder)), "chat")


def passing(i: int, *solutions: str) -> list[Executed]:
    answers = [response(i, k, solution) for k, solution in enumerate(solutions)]
    return [Executed(answer, execution(answer, "passed")) for answer in answers]


def test_a_pair_is_encoded_as_it_was_sampled_with_nothing_added(renderer: Renderer) -> None:
    (row,) = encode_pairs([pair(3)], renderer)
    decode = renderer.tokenizer.decode
    assert decode(row.prompt) == pair(3).prompt
    assert [decode(answer) for answer in row.answers] == [pair(3).chosen, pair(3).rejected]


def test_equal_sides_are_refused_by_pair(renderer: Renderer) -> None:
    same = pair(3, rejected=pair(3).chosen)
    with pytest.raises(DataError, match=r"1 have the same text.*pair3"):
        encode_pairs([pair(1), same], renderer)


def test_rows_over_the_limit_are_left_out_whole_and_counted() -> None:
    short, long = Row("a", [1, 2], [[3], [4, 5]]), Row("b", [1, 2, 3], [[4], [5, 6]])
    fitting = fit_length([short, long], max_length=4)
    assert fitting.rows == [short]
    assert fitting.n_too_long == 1


def test_no_program_is_imitated_twice_and_the_rest_is_counted() -> None:
    items = passing(1, "x = 1", "x  = 1  # again", "x = 2", "x = 3")
    selection = select_responses(items, per_instruction=2, seed=0)
    assert len(selection.responses) == 2
    assert (selection.n_same_program, selection.n_over_limit) == (1, 1)


def test_a_draw_depends_on_its_own_instruction_alone() -> None:
    group = passing(2, *[f"x = {k}" for k in range(9)])
    alone = select_responses(group, per_instruction=3, seed=0).responses
    both = select_responses([*passing(1, "y = 1"), *group[::-1]], per_instruction=3, seed=0)
    assert [r for r in both.responses if r.instruction_id == "instruction2"] == alone


def test_responses_are_rendered_anew_for_the_start_to_be_made(renderer: Renderer) -> None:
    answers = [item.response for item in passing(1, "x = 1", "x = 2")]
    (row,) = encode_responses(answers, instruction_texts([instruction(1)]), renderer)
    prompt = renderer.tokenizer.decode(row.prompt)
    assert prompt == renderer.prompt("Add 1 to a number.") and "<|im_start|>" in prompt
    assert len(row.answers) == 2


def test_a_response_to_an_unknown_instruction_is_refused(renderer: Renderer) -> None:
    with pytest.raises(DataError, match="1 instructions are not in the table"):
        encode_responses([response(1, 0, "x = 1")], {}, renderer)
