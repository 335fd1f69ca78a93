"""The examples that prompts are made of."""

from pathlib import Path

import pytest

from codepref.errors import DataError
from codepref.selfalign.config import WriteInstructionsConfig
from codepref.selfalign.fewshots import FewShot, load_fewshots
from codepref.selfalign.parse import Copies, parse_instruction
from tests.selfalign.selfalign_config import CONFIG

SHOTS = load_fewshots(Path("codepref/selfalign/fewshots.yaml"))


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.concepts[0])
def test_every_response_passes_its_tests(shot: FewShot) -> None:
    for test in shot.tests:
        namespace: dict[str, object] = {}
        exec(shot.response, namespace)
        exec(test, namespace)


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.concepts[0])
def test_a_response_that_does_nothing_fails_some_test(shot: FewShot) -> None:
    namespace: dict[str, object] = {}
    exec(shot.response, namespace)
    stubs = dict.fromkeys(namespace, lambda *_, **__: None)
    with pytest.raises((AssertionError, AttributeError, TypeError)):
        for test in shot.tests:
            exec(test, dict(stubs))


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.concepts[0])
def test_every_snippet_runs_and_no_task_repeats_it_or_another(shot: FewShot) -> None:
    exec(shot.snippet, {})
    others = [other.instruction for other in SHOTS if other is not shot]
    limits: WriteInstructionsConfig = CONFIG.model_copy(
        update={"min_words": 25, "max_words": 70, "copied_words": 8}
    )
    copies = Copies(others, shot.snippet, limits.copied_words)
    read = parse_instruction(shot.instruction, finished=True, copies=copies, config=limits)
    assert read == shot.instruction


def test_there_are_enough_and_of_every_kind() -> None:
    assert len(SHOTS) >= 12
    assert {shot.category for shot in SHOTS} == {"function", "class", "program"}
    assert {shot.difficulty for shot in SHOTS} == {"easy", "medium", "hard"}
    assert all(2 <= len(shot.concepts) <= 5 for shot in SHOTS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- snippet: x\n", "0.concepts: Field required"),
        ("a: [", "not YAML"),
        ("5", "whole value"),
    ],
)
def test_a_broken_file_says_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "shots.yaml").write_text(text)
    with pytest.raises(DataError, match=message):
        load_fewshots(tmp_path / "shots.yaml")


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        load_fewshots(tmp_path / "shots.yaml")
