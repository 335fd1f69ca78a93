"""Judging against a real HTTP server that speaks OpenAI's protocol, well or badly."""

import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from codepref.errors import MissingError
from codepref.judge.config import RemoteJudge
from codepref.judge.judges import remote_judge
from codepref.judge.judging import judge_all
from codepref.judge.prompts import CRITERIA, Judgeable, grading_prompt
from codepref.judge.rows import Rating
from codepref.ledger import Ledger
from tests.judge.fake_endpoint import FakeEndpoint, make_config, prompt_of


def items(n: int) -> list[Judgeable]:
    return [
        Judgeable(
            completion_id=f"c{i}",
            start="m-pretrained",
            variant="baseline",
            benchmark="codal_bench",
            task_id=f"CODAL/{i}",
            sample_index=0,
            wording="complete",
            dimension="readability",
            instruction=f"Add {i}.",
            reference="def add(a): ...",
            answer=f"def add(a):\n    return a + {i}",
        )
        for i in range(n)
    ]


def run(
    server: FakeEndpoint, folder: Path, n: int = 3, key: str | None = None, **changes: object
) -> list[Rating]:
    config = make_config(**changes)
    place = RemoteJudge(url=server.url, model="judge", api_key_variable=key)
    with closing(Ledger(folder / "judgements.sqlite")) as ledger:
        return judge_all(items(n), remote_judge(place, config), ledger, config)


def test_each_completion_is_judged_by_its_own_prompt(
    endpoint: FakeEndpoint, tmp_path: Path
) -> None:
    ratings = run(endpoint, tmp_path)
    assert [(r.completion_id, r.status, r.rating) for r in ratings] == [
        (f"c{i}", "rated", 7) for i in range(3)
    ]
    prompts = sorted(prompt_of(request) for request in endpoint.requests)
    assert ["return a + 0" in p for p in prompts] == [True, False, False]
    assert all(request["temperature"] == 0 for request in endpoint.requests)


def test_a_score_is_the_rating_on_a_scale_from_0_to_1(
    endpoint: FakeEndpoint, tmp_path: Path
) -> None:
    endpoint.behave = lambda _, number: (200, f"Rating: {(1, 4, 10)[number - 1]}")
    assert [r.score for r in run(endpoint, tmp_path, workers=1)] == [0.0, pytest.approx(1 / 3), 1.0]


def test_each_pass_begins_with_the_next_criterion() -> None:
    (item,) = items(1)
    points = CRITERIA["readability"].points
    for number, first in enumerate([*points, points[0]]):
        prompt = grading_prompt(item, number)
        assert sorted(points, key=prompt.index)[0] == first
        assert all(prompt.count(point) == 1 for point in points)


def test_greedy_passes_send_other_prompts_and_no_seed(
    endpoint: FakeEndpoint, tmp_path: Path
) -> None:
    run(endpoint, tmp_path, n=1, passes=4)
    assert len({prompt_of(request) for request in endpoint.requests}) == 4
    assert not any("seed" in request for request in endpoint.requests)


def test_a_judge_that_draws_has_a_seed_for_each_pass(
    endpoint: FakeEndpoint, tmp_path: Path
) -> None:
    run(endpoint, tmp_path, n=1, passes=5, temperature=0.5, seed=7)
    assert sorted(request["seed"] for request in endpoint.requests) == [7, 8, 9, 10, 11]


def test_more_greedy_passes_than_orders_are_refused() -> None:
    with pytest.raises(ValidationError, match="passes is 5 at temperature 0"):
        make_config(passes=5)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"model": None}, "expected both or neither"),
        ({"url": None}, "expected both or neither"),
        ({"url": None, "model": None, "api_key_variable": "K"}, "has no key"),
        (
            {"second_judge": {"url": "http://x/v1", "model": "judge", "api_key_variable": None}},
            "the first judge's name too",
        ),
    ],
)
def test_judges_that_cannot_be_told_apart_or_found_are_refused(
    changes: dict[str, object], problem: str
) -> None:
    with pytest.raises(ValidationError, match=problem):
        make_config(**changes)


def test_what_was_judged_is_not_asked_again(endpoint: FakeEndpoint, tmp_path: Path) -> None:
    first = run(endpoint, tmp_path, passes=2)
    assert len(endpoint.requests) == 6
    assert run(endpoint, tmp_path, passes=2) == first
    assert len(endpoint.requests) == 6
    run(endpoint, tmp_path, n=4, passes=2)
    assert len(endpoint.requests) == 8


def test_the_same_answer_of_two_variants_is_asked_once_and_rated_twice(
    endpoint: FakeEndpoint, tmp_path: Path
) -> None:
    (item,) = items(1)
    other = item.model_copy(update={"completion_id": "d", "variant": "dpo-0"})
    place = RemoteJudge(url=endpoint.url, model="judge", api_key_variable=None)
    config = make_config()
    with closing(Ledger(tmp_path / "judgements.sqlite")) as ledger:
        found = judge_all([item, other], remote_judge(place, config), ledger, config)
    assert [(row.variant, row.rating) for row in found] == [("baseline", 7), ("dpo-0", 7)]
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize("changes", [{"temperature": 0.5}, {"max_new_tokens": 32}])
def test_a_judgement_under_other_conditions_is_another(
    endpoint: FakeEndpoint, tmp_path: Path, changes: dict[str, object]
) -> None:
    run(endpoint, tmp_path)
    run(endpoint, tmp_path, **changes)
    assert len(endpoint.requests) == 6


def test_prose_is_unparsable_a_refusal_a_refusal_and_11_out_of_range(
    endpoint: FakeEndpoint, tmp_path: Path
) -> None:
    replies = {
        "Add 0.": "It is good.",
        "Add 1.": "I'm sorry, I cannot.",
        "Add 2.": "Rating: 11",
        "Add 3.": "Rating: 3",
    }
    endpoint.behave = lambda request, _: next(
        (200, text) for key, text in replies.items() if key in prompt_of(request)
    )
    found = [(r.status, r.rating, r.score is None) for r in run(endpoint, tmp_path, n=4)]
    assert found == [
        ("unparsable", None, True),
        ("refused", None, True),
        ("out_of_range", None, True),
        ("rated", 3, False),
    ]


@pytest.mark.parametrize(
    ("status", "said", "reason"),
    [
        (500, "out of order", "out of order"),
        (400, "maximum context length is 1024", "maximum context length"),
        (200, {"choices": []}, "a reply without text"),
        (200, {"choices": None}, "a reply without text"),
        (200, {"choices": [{"message": {"role": "assistant", "content": None}}]}, "without text"),
        (200, {"choices": [{}]}, "without text"),
        (200, {}, "without text"),
        (200, b"<html>hello</html>", ""),
        (200, b"", ""),
    ],
)
def test_a_failed_request_is_a_named_row_and_asked_again_next_time(
    endpoint: FakeEndpoint, tmp_path: Path, status: int, said: object, reason: str
) -> None:
    def fail_one(request: dict[str, Any], _: int) -> tuple[int, object]:
        return (status, said) if "Add 1." in prompt_of(request) else (200, "Rating: 4")

    endpoint.behave = fail_one
    ratings = run(endpoint, tmp_path)
    assert [r.status for r in ratings] == ["rated", "no_answer", "rated"]
    assert ratings[1].answer and reason in ratings[1].answer
    endpoint.requests.clear()
    endpoint.behave = lambda *_: (200, "Rating: 9")
    assert [r.rating for r in run(endpoint, tmp_path)] == [4, 9, 4]
    assert len(endpoint.requests) == 1


def test_a_request_that_fails_once_is_tried_again(endpoint: FakeEndpoint, tmp_path: Path) -> None:
    endpoint.behave = lambda _, number: (500, "busy") if number == 1 else (200, "Rating: 5")
    ratings = run(endpoint, tmp_path, n=1, retries=2)
    assert [r.rating for r in ratings] == [5]
    assert len(endpoint.requests) == 2


def test_an_endpoint_that_hangs_is_given_up_after_its_time(
    endpoint: FakeEndpoint, tmp_path: Path
) -> None:
    def hang(request: dict[str, Any], _: int) -> tuple[int, str]:
        if "Add 0." in prompt_of(request):
            time.sleep(3)
        return 200, "Rating: 5"

    endpoint.behave = hang
    started = time.monotonic()
    ratings = run(endpoint, tmp_path, timeout_s=0.5)
    assert time.monotonic() - started < 3
    assert [r.status for r in ratings] == ["no_answer", "rated", "rated"]
    assert "Timeout" in ratings[0].answer


def test_who_interrupts_does_not_wait_for_a_request_that_hangs(
    endpoint: FakeEndpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(request: dict[str, Any], _: int) -> tuple[int, str]:
        time.sleep(0 if "Add 0." in prompt_of(request) else 3)
        return 200, "Rating: 5"

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    endpoint.behave = hang
    monkeypatch.setattr(Ledger, "put", interrupt)
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(endpoint, tmp_path, n=20, workers=2)
    assert time.monotonic() - started < 3
    time.sleep(4)  # what is under way ends before the server does
    assert len(endpoint.requests) <= 3


def test_an_endpoint_that_answers_nothing_stops_the_stage(
    endpoint: FakeEndpoint, tmp_path: Path
) -> None:
    endpoint.behave = lambda *_: (500, "down")
    with pytest.raises(MissingError, match=r"none of 3 requests was answered .*down"):
        run(endpoint, tmp_path)


def test_an_endpoint_that_goes_down_is_left_alone_and_what_came_is_kept(
    endpoint: FakeEndpoint, tmp_path: Path
) -> None:
    endpoint.behave = lambda _, number: (200, "Rating: 4") if number <= 5 else (500, "down")
    with pytest.raises(MissingError, match=r"none of 3 in a row was answered .*down.* is kept"):
        run(endpoint, tmp_path, n=50, workers=1, max_failures=3)
    assert len(endpoint.requests) <= 5 + 3 + 2  # the pool may have begun the next
    endpoint.requests.clear()
    endpoint.behave = lambda *_: (200, "Rating: 9")
    ratings = run(endpoint, tmp_path, n=50)
    assert [r.rating for r in ratings] == [4] * 5 + [9] * 45
    assert len(endpoint.requests) == 45


def test_failures_with_answers_between_them_are_not_in_a_row(
    endpoint: FakeEndpoint, tmp_path: Path
) -> None:
    endpoint.behave = lambda _, number: (500, "busy") if number % 2 else (200, "Rating: 4")
    ratings = run(endpoint, tmp_path, n=10, workers=1, max_failures=2)
    assert [r.status for r in ratings] == ["no_answer", "rated"] * 5


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_wrong_key_or_model_is_an_error_of_params_and_what_came_is_kept(
    endpoint: FakeEndpoint, tmp_path: Path, status: int
) -> None:
    endpoint.behave = lambda _, number: (200, "Rating: 4") if number <= 2 else (status, "not you")
    with pytest.raises(MissingError, match=r"not you; check url, model and api_key_variable in"):
        run(endpoint, tmp_path, n=30, workers=1)
    assert len(endpoint.requests) <= 5
    endpoint.behave = lambda *_: (200, "Rating: 9")
    assert [r.rating for r in run(endpoint, tmp_path, n=3)] == [4, 4, 9]


def test_prompts_that_are_too_long_do_not_mean_that_the_endpoint_is_down(
    endpoint: FakeEndpoint, tmp_path: Path
) -> None:
    """They are rows without an answer, also when nothing else is left to ask."""

    def refuse_most(request: dict[str, Any], _: int) -> tuple[int, str]:
        short = "Add 0." in prompt_of(request)
        return (200, "Rating: 4") if short else (400, "maximum context length is 1024")

    endpoint.behave = refuse_most
    for _ in range(2):
        ratings = run(endpoint, tmp_path, n=9, workers=1, max_failures=2)
        assert [r.status for r in ratings] == ["rated", *["no_answer"] * 8]
    assert len(endpoint.requests) == 9 + 8


def test_an_endpoint_that_takes_no_prompt_at_all_stops_the_stage(
    endpoint: FakeEndpoint, tmp_path: Path
) -> None:
    endpoint.behave = lambda *_: (400, "no such parameter")
    with pytest.raises(MissingError, match=r"none of 3 requests was answered .*no such param"):
        run(endpoint, tmp_path)


def test_a_refused_connection_is_named(tmp_path: Path) -> None:
    gone = FakeEndpoint()
    gone.close()
    with pytest.raises(MissingError, match=r"none of 3 requests was answered \(APIConnection"):
        run(gone, tmp_path)


def test_the_key_is_sent_from_its_variable(
    endpoint: FakeEndpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUDGE_KEY", "secret")
    run(endpoint, tmp_path, n=1, key="JUDGE_KEY")
    assert endpoint.keys == ["Bearer secret"]


def test_a_key_that_is_not_set_is_named(
    endpoint: FakeEndpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JUDGE_KEY", raising=False)
    with pytest.raises(MissingError, match="JUDGE_KEY is not set"):
        run(endpoint, tmp_path, key="JUDGE_KEY")
