"""The judge's prompts, votes and labelled sets."""

import ast
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from codepref.errors import ConfigError, DataError
from codepref.sampling.completing import Completer
from codepref.sampling.engine import Request, Sample, SamplingParams
from codepref.seeds.judge import (
    STOP,
    Judge,
    Votes,
    load_labels,
    load_shots,
    prompt_for,
    split_docstring,
)
from tests.seeds.judge_config import JUDGE, FakeVoter, seed_named
from tests.selfalign.selfalign_config import sample

SHOTS = load_shots(Path("codepref/seeds/judge_shots.yaml"))
LABELS = load_labels(Path("codepref/seeds/judge_labels.yaml"))
CODE = seed_named("double").code


def votes(yes: int, no: int, unread: int = 0) -> Votes:
    return Votes(yes=yes, no=no, unread=unread, fits=True)


def test_the_code_is_shown_without_its_docstring_and_with_the_rest() -> None:
    code = (
        'import re\n\n\ndef f(x):\n    """Give x.\n\n    Twice.\n    """\n    # why\n    return x\n'
    )
    assert split_docstring(code) == (
        "import re\n\n\ndef f(x):\n    # why\n    return x",
        "Give x.\n\nTwice.",
    )


@pytest.mark.parametrize(
    "code", ['def f(x): "Give x."; return x\n', 'def f(x):\n    "Give x."; return x\n']
)
def test_a_docstring_that_shares_its_line_is_taken_out_too(code: str) -> None:
    assert split_docstring(code) == ("def f(x):\n    return x", "Give x.")


def test_the_docstring_of_the_last_function_is_the_judged_one() -> None:
    with pytest.raises(DataError, match="no function with a docstring"):
        split_docstring('def g(x):\n    """Give x."""\n\n\ndef f(x):\n    return x\n')


def test_a_prompt_numbers_the_examples_and_ends_before_the_answer() -> None:
    prompt = prompt_for(SHOTS[:2], CODE)
    assert prompt.count("### Function ") == 3
    assert f"Answer: {SHOTS[0].verdict}, {SHOTS[0].reason}\n" in prompt
    assert prompt.endswith("Description: Give double of value.\nAnswer:")
    assert '"""' not in prompt


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        (" Yes, it is plain.\n", votes(1, 0)),
        ("no", votes(0, 1)),
        (" **No**", votes(0, 1)),
        (" Nothing is said", votes(0, 0, 1)),
        ("", votes(0, 0, 1)),
        (" I say yes", votes(0, 0, 1)),
    ],
)
def test_the_first_word_is_the_vote(completion: str, expected: Votes) -> None:
    voter = FakeVoter.always(completion)
    config = JUDGE.model_copy(update={"votes": 1})
    assert Judge(SHOTS, config, voter.completer()).vote({"a": CODE}) == {"a": expected}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (votes(3, 1), None),
        (votes(2, 2), "tie"),
        (votes(1, 3), "judged_poor"),
        (votes(3, 0, 1), None),
        (votes(0, 0, 4), "unparsable"),
        (Votes(yes=0, no=0, unread=0, fits=False), "prompt_too_long"),
    ],
)
def test_a_docstring_passes_at_the_threshold_and_each_reason_has_a_name(
    said: Votes, reason: str | None
) -> None:
    assert said.reject_reason(0.75) == reason


def test_a_tie_passes_a_threshold_of_a_half() -> None:
    assert votes(2, 2).reject_reason(0.5) is None


def test_votes_do_not_depend_on_other_rows_or_their_order() -> None:
    codes = {name: seed_named(name).code for name in ("double", "halve", "swap")}
    all_rows, one_row = FakeVoter.always(" Yes"), FakeVoter.always(" Yes")
    shuffled = dict(random.Random(0).sample(sorted(codes.items()), 3))
    Judge(SHOTS, JUDGE, all_rows.completer()).vote(shuffled)
    Judge(SHOTS, JUDGE, one_row.completer()).vote({"halve": codes["halve"]})
    asked = {request.key: request for request in all_rows.asked}
    assert len(asked) == 12
    assert [asked[request.key] for request in one_row.asked] == one_row.asked


def test_each_vote_has_its_own_order_of_examples_and_its_own_seed() -> None:
    voter = FakeVoter.always(" Yes")
    Judge(SHOTS, JUDGE, voter.completer()).vote({"a": CODE})
    assert len({request.prompt for request in voter.asked}) == 4
    assert len({request.seed for request in voter.asked}) == 4


def test_a_prompt_that_does_not_fit_is_not_sent() -> None:
    voter = FakeVoter.always(" Yes")
    found = Judge(SHOTS, JUDGE, voter.completer(max_chars=50)).vote({"a": CODE})
    assert not found["a"].fits
    assert voter.asked == []


def test_the_answer_is_short_and_ends_at_the_line() -> None:
    seen: list[SamplingParams] = []

    def complete(requests: Sequence[Request], params: SamplingParams) -> dict[str, Sample]:
        seen.append(params)
        return {request.key: sample(" No") for request in requests}

    Judge(SHOTS, JUDGE, Completer(complete=complete, fits=lambda *_: True)).vote({"a": CODE})
    assert [(item.stop, item.max_new_tokens, item.temperature) for item in seen] == [(STOP, 5, 0.0)]


def test_more_examples_than_there_are_is_a_config_error() -> None:
    config = JUDGE.model_copy(update={"shots": 8})
    with pytest.raises(ConfigError, match=r"judge_seeds\.shots: 8 are asked for .* has 7"):
        Judge(SHOTS, config, FakeVoter.always("").completer())


def test_the_examples_are_of_both_kinds_and_run() -> None:
    assert Counter(shot.verdict for shot in SHOTS) == {"Yes": 4, "No": 3}
    for shot in SHOTS:
        exec(shot.code, {})
        assert len(shot.reason.splitlines()) == 1


def test_half_of_the_labelled_set_is_good_and_every_fault_is_as_frequent() -> None:
    counts = Counter(label.fault for label in LABELS)
    assert counts == {None: 20, "vague": 5, "wrong": 5, "missing_return": 5, "unrelated": 5}


def test_labelled_functions_run_differ_and_are_no_examples() -> None:
    bodies = [ast.dump(ast.parse(split_docstring(item.code)[0])) for item in (*LABELS, *SHOTS)]
    assert len(set(bodies)) == len(bodies)
    names = [ast.parse(item.code).body[0].name for item in (*LABELS, *SHOTS)]  # type: ignore[attr-defined]
    assert len(set(names)) == len(names)
    for label in LABELS:
        exec(label.code, {})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- code: x\n", "0.fault: Field required"),
        ("- {code: x, fault: odd}\n", "0.fault: Input should be 'vague'"),
        ("a: [", "not YAML"),
    ],
)
def test_a_broken_labelled_set_says_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "labels.yaml").write_text(text)
    with pytest.raises(DataError, match=message):
        load_labels(tmp_path / "labels.yaml")


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.yaml: no such file"):
        load_shots(tmp_path / "none.yaml")
