"""Released sets as instructions and responses."""

from pathlib import Path

import pytest

from codepref.checkpoints.fences import extract_code
from codepref.contamination.rows import removed_by
from codepref.errors import DataError, MissingError
from codepref.pairs.eligibility import EligibilityConfig, label
from codepref.released.config import ImportResponsesConfig
from codepref.released.instructions import select_released
from codepref.released.responses import REASONS, import_responses
from codepref.released.sets import read_set, set_digest
from codepref.selfalign.rows import instruction_id
from tests.alignment.cells import execution, join
from tests.released.released_set import TEXTS, answer, row, write_set
from tests.selfalign.selfalign_config import CONFIG


def known(*names: str) -> set[str]:
    return {instruction_id(TEXTS[name], [], "") for name in names}


def test_an_answer_becomes_a_response_with_tests_of_its_own(tmp_path: Path) -> None:
    config = write_set(tmp_path / "sc2", [row(1, TEXTS["a"], answer("a"))])
    (response,) = import_responses(read_set(config), known("a"), config).responses
    assert response.completion == "\ndef a(x):\n    return x\n```"
    assert response.solution == extract_code(response.completion) == "def a(x):\n    return x\n"
    assert response.tests == "assert a(1) == 1\nassert a('k') == 'k'\n"
    ran = join(response, execution(response, "passed"))
    plain = EligibilityConfig(max_completion_tokens=None, placeholders=False)
    assert label(ran, [], removed_by([]), plain) == "chosen"
    assert (response.prompt, response.template) == (TEXTS["a"], "released")
    assert (response.engine, response.temperature) == ("folder sc2", 0.7)
    assert response.generator_digest == set_digest(config)


def test_every_row_is_a_response_or_a_counted_reason(tmp_path: Path) -> None:
    rows = [
        row(1, TEXTS["a"], answer("a")),
        row(2, TEXTS["a"], answer("a", "x + 1"), **{"pass": False}),
        row(3, TEXTS["b"], answer("b")),
        row(4, TEXTS["a"], "no idea"),
        row(5, "", answer("a")),
        row(6, TEXTS["a"], None),
        row(7, TEXTS["a"], answer("a"), **{"pass": None}),
    ]
    config = write_set(tmp_path / "sc2", rows)
    imported = import_responses(read_set(config), known("a"), config)
    assert imported.counts() == {
        "n_rows": 7,
        "rejected": {
            **dict.fromkeys(REASONS, 0),
            "instruction_left_out": 1,
            "no_code": 1,
            "no_instruction": 1,
            "no_text": 1,
        },
        "released_verdicts": {"passed": 1, "failed": 1, "unknown": 1},
    }
    assert [(v.row, v.passed) for v in imported.verdicts] == [(1, True), (2, False), (7, None)]
    assert [r.sample_index for r in imported.responses] == [0, 1, 2]
    assert len({r.response_id for r in imported.responses}) == 3


@pytest.mark.parametrize(
    "responses",
    [
        [answer("a"), answer("a", "None")],
        [{"response": answer("a")}, {"response": answer("a")}],
        {"response": [answer("a"), answer("a")]},
    ],
)
def test_a_row_may_hold_several_answers(tmp_path: Path, responses: object) -> None:
    config = write_set(tmp_path / "sc2", [row(1, TEXTS["a"], responses)])
    imported = import_responses(read_set(config), known("a"), config)
    assert [r.sample_index for r in imported.responses] == [0, 1]


def test_a_limit_reads_the_first_rows_only(tmp_path: Path) -> None:
    config = write_set(tmp_path, [row(i, TEXTS["a"], answer("a")) for i in range(5)])
    some = config.model_copy(update={"limit": 2})
    assert len(import_responses(read_set(some), known("a"), some).responses) == 2


def test_an_absent_column_is_named_with_those_there_are(tmp_path: Path) -> None:
    config = write_set(tmp_path, [row(1, TEXTS["a"], answer("a"))])
    columns = config.columns.model_copy(update={"tests": "tests"})
    with pytest.raises(DataError, match=r"row 1: no column tests; the row has concepts, finger"):
        list(read_set(config.model_copy(update={"columns": columns})))


def test_a_hub_that_cannot_be_reached_is_said_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    config = write_set(tmp_path, [row(1, TEXTS["a"], answer("a"))])
    hub = {"repo": "bigcode/self-oss-instruct-sc2-exec-filter-500k-raw", "revision": "0" * 40}
    with pytest.raises(MissingError, match=r"500k-raw.*download it and name its folder as `repo`"):
        list(read_set(config.model_copy(update=hub)))


def sets(folder: Path, *texts: str) -> dict[str, ImportResponsesConfig]:
    rows = [row(i, text, answer("a")) for i, text in enumerate(texts)]
    return {"sc2": write_set(folder, rows)}


def test_an_instruction_is_kept_once_with_source_licence_and_no_tests(tmp_path: Path) -> None:
    found = sets(tmp_path / "sc2", TEXTS["a"], TEXTS["a"])
    selected = select_released(found, CONFIG, known=())
    (item,) = selected.instructions
    assert selected.rejects == []
    assert (item.origin, item.text, item.tests) == ("released", TEXTS["a"], [])
    assert (item.source, item.licence) == ("folder sc2", "ODC-By-1.0")
    assert item.concepts == ["identity", "functions"]
    assert item.generator_digest == set_digest(found["sc2"])


def test_an_instruction_that_is_left_out_has_its_reason(tmp_path: Path) -> None:
    texts = [TEXTS["a"], f" {TEXTS['a'].replace(' ', '  ')}", TEXTS["b"], "", "word " * 31]
    selected = select_released(sets(tmp_path, *texts), CONFIG, known=known("b"))
    assert len(selected.instructions) == 1
    assert sorted(item.reason for item in selected.rejects) == [
        "duplicate",
        "no_text",
        "too_long",
        "whitespace_duplicate",
    ]
