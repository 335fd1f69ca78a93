"""Pairs and responses as token ids."""

from pathlib import Path

import pytest

from codepref.alignment.imitation import select_responses
from codepref.alignment.rows import Encoder, Row, fit_length
from codepref.alignment.similarity import differing_share, near_identical
from codepref.checkpoints.prompts import Example, Renderer, load_tokenizer
from codepref.errors import DataError
from codepref.pairs.eligibility import Executed
from codepref.pairs.rows import Pair
from codepref.selfalign.rows import instruction_texts
from tests.alignment.cells import execution, instruction, join, pair, response
from tests.tiny_model import make_tiny_model


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    folder = make_tiny_model(tmp_path_factory.mktemp("tiny"))
    return Renderer(load_tokenizer(Path(folder)), "chat")


def passing(i: int, *solutions: str) -> list[Executed]:
    answers = [response(i, k, solution) for k, solution in enumerate(solutions)]
    return [join(answer, execution(answer, "passed")) for answer in answers]


@pytest.fixture(scope="module")
def plain(renderer: Renderer) -> Encoder:
    texts = instruction_texts([instruction(i) for i in range(4)])
    return Encoder(Renderer(renderer.tokenizer, "plain"), texts, "policy", 256)


def own(i: int, plain: Encoder) -> Pair:
    return pair(i, generator_digest="policy", prompt=plain.renderer.prompt(f"Add {i} to a number."))


def test_a_pair_is_encoded_as_it_was_sampled_with_nothing_added(plain: Encoder) -> None:
    (row,) = plain.pairs([own(3, plain)]).rows
    decode = plain.renderer.tokenizer.decode
    assert decode(row.prompt) == own(3, plain).prompt
    assert [decode(answer) for answer in row.answers] == [pair(3).chosen, pair(3).rejected]


def test_anothers_pair_gets_the_prompt_of_the_model_to_be_trained(
    plain: Encoder, renderer: Renderer
) -> None:
    (row,) = (
        plain._replace(renderer=renderer)
        .pairs([own(3, plain).model_copy(update={"generator_digest": "other"})])
        .rows
    )
    assert renderer.tokenizer.decode(row.prompt) == renderer.prompt("Add 3 to a number.")


def test_a_pair_sampled_behind_few_shots_is_trained_without_them(plain: Encoder) -> None:
    shot = Example("Halve x.", "\ndef halve(x):\n    return x / 2\n```")
    few_shot = plain.renderer.prompt("Add 3 to a number.", [shot])
    (row,) = plain.pairs([own(3, plain).model_copy(update={"prompt": few_shot})]).rows
    assert plain.renderer.tokenizer.decode(row.prompt) == own(3, plain).prompt != few_shot


def test_a_prompt_of_ones_own_that_has_changed_since_is_refused(plain: Encoder) -> None:
    stale = pair(3, generator_digest="policy", prompt="another layout")
    with pytest.raises(DataError, match=r"1 rows were sampled from another prompt.*pair3"):
        plain.pairs([own(1, plain), stale])


def test_equal_sides_are_refused_by_pair(plain: Encoder) -> None:
    same = pair(3, rejected=pair(3).chosen)
    with pytest.raises(DataError, match=r"1 rows have the same text.*pair3"):
        plain.pairs([pair(1), same])


def test_a_prompt_that_leaves_no_room_is_refused_by_pair(plain: Encoder) -> None:
    with pytest.raises(DataError, match=r"2 rows have prompts of up to \d+ tokens.*pair1, pair2"):
        plain._replace(max_length=8).pairs([pair(1), pair(2)])


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
    answers = passing(1, "x = 1", "x = 2")
    encoder = Encoder(renderer, instruction_texts([instruction(1)]), "policy", 256)
    (row,) = encoder.responses(answers).rows
    prompt = renderer.tokenizer.decode(row.prompt)
    assert prompt == renderer.prompt("Add 1 to a number.") and "<|im_start|>" in prompt
    assert len(row.answers) == 2


def test_a_response_to_an_unknown_instruction_is_refused(plain: Encoder) -> None:
    with pytest.raises(DataError, match="1 rows are on instructions that are not in the table"):
        plain.responses([response(9, 0, "x = 1")])


@pytest.mark.parametrize(
    ("first", "second", "share"),
    [
        ([1, 2, 3], [1, 2, 3], 0.0),
        ([1, 2, 3], [1, 9, 3], 1 / 3),
        ([1, 2], [1, 5, 6, 2], 0.5),
        ([1, 1, 1], [1, 1], 1 / 3),
        ([], [4], 1.0),
    ],
)
def test_how_alike_two_answers_are(first: list[int], second: list[int], share: float) -> None:
    assert differing_share(first, second) == pytest.approx(share)
    assert differing_share(second, first) == pytest.approx(share)


def test_near_identical_pairs_are_named() -> None:
    long = list(range(30))
    rows = [Row("near", [1], [long, [*long[:9], 99, *long[10:]]]), Row("far", [1], [[1], [2]])]
    assert near_identical(rows) == ["near"]
