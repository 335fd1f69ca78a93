"""Seeds to instructions with a fake generator."""

from collections import Counter

import pytest

from codepref.errors import ConfigError
from codepref.records import digest
from codepref.selfalign.generate import Writer, Written
from tests.selfalign.selfalign_config import CONFIG, SHOTS, FakeModel, sample, seed_named

SUBJECTS = ["shoes", "planets", "letters", "trains"]
SEEDS = [seed_named(name) for name in SUBJECTS]
IDS = {seed.name: seed.seed_id for seed in SEEDS}


def answers(**changes: str) -> FakeModel:
    """A model that answers every seed well, but for the changes ("name_step": text)."""
    texts = {
        name: f"Given many {name}, return those {name} sorted by their {name} size." for name in IDS
    }
    return FakeModel(
        concepts={
            i: sample(changes.get(f"{n}_concepts", " sorting, lists\n")) for n, i in IDS.items()
        },
        texts={i: sample(changes.get(f"{n}_text", f" {texts[n]}")) for n, i in IDS.items()},
    )


def write(model: FakeModel, max_chars: int = 10_000) -> Written:
    return Writer(SHOTS, CONFIG, model.generator(max_chars)).write(SEEDS)


def test_every_seed_gives_an_instruction_with_its_parents() -> None:
    model = answers()
    written = write(model)
    assert {item.seed_id for item in written.instructions} == set(IDS.values())
    assert (written.n_concepts, written.n_texts, written.rejects) == (4, 4, [])
    prompts = {request.key: request.prompt for request in model.asked["instruction"]}
    for item in written.instructions:
        assert item.seed_id is not None
        assert item.prompt_sha256 == digest(prompts[item.seed_id])
        assert f"Category: {item.category}\n" in prompts[item.seed_id]
        assert f"Difficulty: {item.difficulty}\nConcepts: sorting, lists\n" in prompts[item.seed_id]
        assert (item.origin, item.tests, item.licence) == ("generated", [], "MIT")
        assert item.generator_digest == "d" * 64


def test_prompts_and_seeds_of_a_row_do_not_depend_on_other_rows() -> None:
    all_rows, one_row = answers(), answers()
    write(all_rows)
    Writer(SHOTS, CONFIG, one_row.generator()).write(SEEDS[2:3])
    for step in ("concepts", "instruction"):
        by_key = {request.key: request for request in all_rows.asked[step]}
        (alone,) = one_row.asked[step]
        assert by_key[alone.key] == alone


def test_both_steps_and_all_rows_have_their_own_seeds() -> None:
    model = answers()
    write(model)
    requests = [request for step in model.asked.values() for request in step]
    assert len({request.seed for request in requests}) == len(requests) == 8


def test_what_cannot_be_read_is_kept_with_step_reason_and_text() -> None:
    model = answers(shoes_concepts=" sorting\n", trains_text=" Too short.")
    written = write(model)
    assert {(r.seed_id, r.step, r.reason, r.text) for r in written.rejects} == {
        (IDS["shoes"], "concepts", "too_few_concepts", " sorting\n"),
        (IDS["trains"], "instruction", "too_short", " Too short."),
    }
    assert (written.n_concepts, written.n_texts, len(written.instructions)) == (3, 2, 2)


def test_repeated_instructions_are_rejects() -> None:
    text = "Given many shoes, return those shoes sorted by their shoes size."
    model = answers(planets_text=text, trains_text=f"{text[:-1]} too.")
    written = write(model)
    reasons = Counter(reject.reason for reject in written.rejects)
    assert reasons == {"duplicate": 1, "near_duplicate": 1}
    assert len(written.instructions) == 2


def test_a_prompt_that_does_not_fit_is_a_reject_and_is_not_sent() -> None:
    model = answers()
    written = write(model, max_chars=100)
    assert model.asked == {}
    assert Counter((r.step, r.reason) for r in written.rejects) == {
        ("concepts", "prompt_too_long"): 4
    }


def test_categories_follow_their_weights() -> None:
    seeds = [seed_named(f"f{i}") for i in range(400)]
    texts = {s.seed_id: sample(f" Do a thing with {s.name} and stop.") for s in seeds}
    model = FakeModel({s.seed_id: sample(" sorting, lists\n") for s in seeds}, texts)
    written = Writer(SHOTS, CONFIG, model.generator()).write(seeds)
    drawn = Counter(item.category for item in written.instructions)
    # 400 draws of 1/2, 1/4, 1/4: four standard deviations are 40 and 35
    assert abs(drawn["function"] - 200) < 40
    assert abs(drawn["class"] - 100) < 35


def test_more_shots_than_examples_are_a_config_error() -> None:
    with pytest.raises(ConfigError, match="2 shots are asked for and the few-shot file has 1"):
        Writer(SHOTS[:1], CONFIG, answers().generator())
