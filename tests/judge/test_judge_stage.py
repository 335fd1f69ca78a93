"""Stage judge_completions, from files to files, with an endpoint that answers."""

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from codepref.benchmarks.rows import Completion, Task
from codepref.errors import DataError, MissingError
from codepref.judge.rows import Rating
from codepref.tables import read_table, write_table
from stages import judge_completions
from tests.judge.fake_endpoint import FakeEndpoint, prompt_of
from tests.judge.made_answers import answer, instruction

PARAMS = Path(__file__).parents[2] / "params.yaml"
SOURCE = {"release": "1", "source": "a file", "source_sha256": "ab"}
KEYS = ("m-pretrained", "m-finetuned")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, endpoint: FakeEndpoint) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    put_params(endpoint.url)
    write_table(
        Path("tasks/starter_instructions.parquet"), [instruction(i) for i in range(5)], Task
    )
    Path("sources").mkdir()
    Path("sources/starter_instructions.json").write_text(json.dumps(SOURCE))
    for key in KEYS:
        put_answers(key, answer(0, f"First of {key}."), answer(1, f"Second of {key}."))
    return tmp_path


def put_params(
    url: str | None, benchmarks: tuple[str, ...] = ("starter_instructions",), **changes: object
) -> None:
    params = YAML(typ="safe").load(PARAMS)
    params["grid"] |= {
        "models": ["m"],
        "benchmarks": list(benchmarks),
        "searched": list(benchmarks),
        "generators": list(KEYS),
        "off_policy": {},
    }
    own = {"url": url, "model": "judge", "retries": 0, "resamples": 100}
    params["judge_completions"] |= own | changes
    YAML(typ="safe").dump(params, Path("params.yaml"))


def put_answers(key: str, *rows: Completion) -> None:
    write_table(Path(f"completions/{key}.parquet"), rows, Completion)


def judge() -> dict[str, Any]:
    judge_completions.main(
        Path("completions"),
        Path("tasks"),
        Path("sources"),
        Path("no/start"),
        Path("ratings.parquet"),
        Path("metrics.json"),
    )
    found: dict[str, Any] = json.loads(Path("metrics.json").read_text())
    return found


def ratings() -> list[Rating]:
    return read_table(Path("ratings.parquet"), Rating)


@pytest.mark.usefixtures("workspace")
def test_every_start_is_rated_against_the_reference_of_its_task(endpoint: FakeEndpoint) -> None:
    endpoint.behave = lambda request, _: (
        200,
        "Rating: 3" if "of m-pretrained" in prompt_of(request) else "Rating: 8",
    )
    found = judge()
    for key, value in zip(KEYS, (3.0, 8.0), strict=True):
        cell = found[key]["starter_instructions"]["baseline"]
        assert (cell["rating"], cell["n_tasks"], cell["n_judgements"]) == (value, 2, 4)
        assert (cell["coverage"], cell["policy_digest"]) == (0.4, "digest")
        assert cell["harness"] == found["harness"]["starter_instructions"]["fingerprint"]
    assert found["agreement"]["passes_0_1"]["overall"]["kappa"] == 1.0
    assert found["counts"]["statuses"]["rated"] == len(ratings()) == 8
    prompts = [prompt_of(request) for request in endpoint.requests]
    assert sum("Reference 1." in prompt and "Add 1." in prompt for prompt in prompts) == 4


@pytest.mark.usefixtures("workspace")
def test_a_second_run_asks_nothing_and_writes_the_same_bytes(endpoint: FakeEndpoint) -> None:
    judge()
    files = [Path("ratings.parquet"), Path("metrics.json")]
    first = [path.read_bytes() for path in files]
    endpoint.requests.clear()
    judge()
    assert [path.read_bytes() for path in files] == first
    assert endpoint.requests == []


@pytest.mark.usefixtures("workspace")
def test_answers_in_other_wordings_or_to_tests_are_not_judged(endpoint: FakeEndpoint) -> None:
    put_answers(
        "m-finetuned",
        answer(0),
        answer(1, wording="terse"),
        answer(2, benchmark="humaneval", task_id="HumanEval/2"),
    )
    judge()
    assert len(endpoint.requests) == 2 * (2 + 1)


@pytest.mark.usefixtures("workspace")
def test_a_grid_without_judged_benchmarks_has_empty_ratings_and_zero_counts() -> None:
    """No judge is looked for: neither tasks nor the start of a server need be there."""
    put_params(None, ("humaneval",), model=None)
    found = judge()
    assert ratings() == []
    assert found["counts"] == {
        "n_judgements": 0,
        "statuses": dict.fromkeys(
            ("rated", "refused", "unparsable", "out_of_range", "no_answer"), 0
        ),
    }
    assert (found["m-pretrained"], found["harness"]) == ({}, {})
    assert found["agreement"]["passes_0_1"]["overall"]["n_items"] == 0


@pytest.mark.usefixtures("workspace")
def test_a_second_judge_rates_the_same_and_is_compared(endpoint: FakeEndpoint) -> None:
    endpoint.behave = lambda request, _: (
        200,
        f"Rating: {4 if request['model'] == 'judge' else 6}",
    )
    second = {"url": endpoint.url, "model": "other", "api_key_variable": None}
    put_params(endpoint.url, second_judge=second, passes=1)
    found = judge()
    cell = found["m-pretrained"]["starter_instructions"]["baseline"]
    assert (cell["rating"], cell["second_rating"]) == (4.0, 6.0)
    assert found["agreement"]["judges"]["overall"]["kappa"] == 0.0
    assert found["agreement"]["judges"]["overall"]["n_items"] == 4


@pytest.mark.usefixtures("workspace")
def test_the_fingerprint_is_of_what_judges_and_of_nothing_else(endpoint: FakeEndpoint) -> None:
    def fingerprint(**changes: object) -> str:
        put_params(endpoint.url, **changes)
        name: str = judge()["harness"]["starter_instructions"]["fingerprint"]
        return name

    own = fingerprint()
    assert fingerprint(workers=1, timeout_s=9, confidence=0.9) == own
    for change in ({"passes": 1}, {"temperature": 0.5}, {"max_new_tokens": 99}, {"model": "b"}):
        assert fingerprint(**change) != own


@pytest.mark.usefixtures("workspace")
def test_what_breaks_off_is_gone_on_with(endpoint: FakeEndpoint) -> None:
    endpoint.behave = lambda _, number: (200, "Rating: 5") if number <= 3 else (500, "down")
    put_params(endpoint.url, workers=1, max_failures=2)
    with pytest.raises(MissingError, match="none of 2 in a row"):
        judge()
    assert not Path("ratings.parquet").exists()
    endpoint.requests.clear()
    endpoint.behave = lambda *_: (200, "Rating: 5")
    assert judge()["counts"]["statuses"]["rated"] == 8
    assert len(endpoint.requests) == 8 - 3


@pytest.mark.usefixtures("workspace")
@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([answer(0, benchmark="codal_bench")], "m-finetuned: no completion of starter_instruct"),
        ([answer(7)], "1 answered tasks are not in their benchmark, first CODAL/7"),
        ([answer(0), answer(0, completion_id="again")], "1 answers stand twice, first baseline"),
    ],
)
def test_answers_that_cannot_be_are_refused_before_anyone_is_asked(
    endpoint: FakeEndpoint, rows: list[Completion], problem: str
) -> None:
    put_answers("m-finetuned", *rows)
    with pytest.raises(DataError, match=problem):
        judge()
    assert endpoint.requests == []
