"""A fault planted in tables without one breaks its own check and no other."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codepref.audit.audit import Audit, refuse_broken
from codepref.audit.config import Bounds
from codepref.contamination.rows import Hit
from codepref.errors import CheckFailed, DataError
from tests.audit.audit_tables import BOUNDS, CONFIG, Tables, right, wrong
from tests.contamination.hits import HIT

N = 8  # pairs 3 and 7 are held out


def held(audit: Audit, name: str) -> tuple[float, int]:
    """Give count and total of a check."""
    (check,) = (check for check in audit.checks if check.name == name)
    return check.n, check.total


def chosen_longer(tables: Tables) -> None:
    for number in range(N):
        tables.rows["responses"][f"c{number}"]["n_tokens"] = 31 + number
        tables.rows["responses"][f"r{number}"]["n_tokens"] = 30 - number % 2


def own_tests(tables: Tables, verdict: str, total: int) -> None:
    tables.rows["responses"]["c0"]["tests"] = "assert f(1) == 2"
    tables.rows["executions"]["ec0"] |= {"verdict": verdict, "tests_total": total}


def near_text(tables: Tables, number: int) -> None:
    words = [*tables.rows["instructions"]["i0"]["text"].split(), "more"]
    tables.rows["instructions"][f"i{number}"]["text"] = " ".join(words)


def contaminate(tables: Tables) -> None:
    tables.hits = [hit("a", "instruction", "i1", "i1", removes=True)]


def hit(name: str, kind: str, row_id: str, instruction_id: str, *, removes: bool) -> Hit:
    return HIT.model_copy(
        update={
            "hit_id": name,
            "kind": kind,
            "row_id": row_id,
            "instruction_id": instruction_id,
            "removes": removes,
        }
    )


def syntax_error(tables: Tables) -> None:
    tables.rows["executions"]["er2"] |= {"verdict": "syntax_error", "failure": "SyntaxError: x"}


def another_generator(tables: Tables) -> None:
    tables.rows["responses"]["c5"]["generator_digest"] = "h"


def same_program_in_both_splits(tables: Tables) -> None:
    tables.program(3, "rejected", wrong(0).replace("    print", "\n    print"))


def twice_the_label(tables: Tables) -> None:
    tables.rows["labels"]["r1"]["label"] = "chosen"


LOOKED_UP = "def f0(a):\n    if a == 1:\n        return 2\n    if a == 5:\n        return 9\n"
FAULTS: dict[str, tuple[Callable[[Tables], None], set[str]]] = {
    "unequal lengths": (chosen_longer, {"length_tokens", "length_ratio"}),
    "nearly the same": (
        lambda t: (
            t.program(1, "chosen", "a" * 200),
            t.program(1, "rejected", "a" * 199 + "b"),
        )[0],
        {"near_identical"},
    ),
    "another layout": (
        lambda t: t.program(1, "rejected", f"# {'long ' * 20}\n{right(1)}"),
        {"identical_form"},
    ),
    "syntax error": (syntax_error, {"syntax_only"}),
    "one prompt twice": (lambda t: t.prompt(1, "prompt 0"), {"repeated_prompt"}),
    "one prompt in both splits": (
        lambda t: t.prompt(3, "prompt 0"),
        {"repeated_prompt", "prompt_across_splits"},
    ),
    "near text": (lambda t: near_text(t, 1), {"near_repeated_prompt"}),
    "near text in both splits": (
        lambda t: near_text(t, 3),
        {"near_repeated_prompt", "near_prompt_across_splits"},
    ),
    "another licence": (
        lambda t: t.rows["instructions"]["i1"].update(licence="MIT AND GPL-3.0-only"),
        {"unlisted_licence"},
    ),
    "no licence": (
        lambda t: t.rows["instructions"]["i1"].update(licence="unknown"),
        {"unknown_licence"},
    ),
    "vacuous": (lambda t: own_tests(t, "vacuous", 2), {"vacuous_tests", "unsettled"}),
    "one own test": (lambda t: own_tests(t, "passed", 1), {"few_tests"}),
    "its own assert": (
        lambda t: t.program(0, "chosen", right(0) + "assert f0( 5 ) == 9\n"),
        {"tests_in_solution"},
    ),
    "if-chain": (lambda t: t.program(0, "rejected", LOOKED_UP), {"answers_in_solution"}),
    "one program twice": (same_program_in_both_splits, {"duplicate_across_splits"}),
    "flag": (lambda t: t.rows["executions"]["er4"].update(flags=["sys"]), {"flagged"}),
    "tampered": (lambda t: t.rows["executions"]["er4"].update(verdict="tampered"), {"unsettled"}),
    "label": (twice_the_label, {"mislabelled"}),
    "contaminated": (contaminate, {"contaminated"}),
    "generator": (another_generator, {"other_generator"}),
}


def test_tables_without_a_fault_break_nothing(tmp_path: Path) -> None:
    audit = Tables(N).audit(tmp_path)
    assert [check.name for check in audit.broken] == []
    assert {check.name for check in audit.checks} == set(Bounds.model_fields)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_breaks_its_own_check(tmp_path: Path, fault: str) -> None:
    plant, expected = FAULTS[fault]
    tables = Tables(N)
    plant(tables)
    audit = tables.audit(tmp_path)
    assert {check.name for check in audit.broken} == expected


def test_every_check_but_that_of_characters_has_a_planted_fault() -> None:
    planted = set().union(*(names for _, names in FAULTS.values()))
    assert planted == set(Bounds.model_fields) - {"length_characters"}


def test_a_hit_that_removes_nothing_breaks_nothing_and_is_counted(tmp_path: Path) -> None:
    tables = Tables(2)
    tables.hits = [hit("a", "response", "c0", "i0", removes=False)]
    audit = tables.audit(tmp_path)
    assert audit.broken == []
    assert audit.described["n_contamination_hits"] == 1
    assert audit.described["n_contamination_hits_that_remove"] == 0


def test_no_pairs_have_no_rates_and_break_nothing(tmp_path: Path) -> None:
    audit = Tables(0).audit(tmp_path)
    assert audit.broken == []
    assert all(check.value is None and check.total == 0 for check in audit.checks)
    assert audit.described["edit_distance_quartiles"] is None


def test_one_pair_breaks_no_bound_on_length(tmp_path: Path) -> None:
    audit = Tables(1).audit(tmp_path)
    assert audit.broken == []
    # Wilson's lower end of 1 of 1 is 1 / (1 + z²), with z = 1.96.
    (check,) = (check for check in audit.checks if check.name == "length_tokens")
    assert check.n == 1
    assert check.value == pytest.approx(1 / (1 + 1.959964**2), abs=1e-6)


def test_equal_lengths_tell_nothing(tmp_path: Path) -> None:
    tables = Tables(N)
    for number in range(N):
        for side in ("chosen", "rejected"):
            tables.length(number, side, 10)  # type: ignore[arg-type]  # both are sides
    audit = tables.audit(tmp_path)
    for name in ("length_tokens", "length_characters", "length_ratio"):
        assert held(audit, name) == (N / 2, N)


def test_distributions_count_every_pair(tmp_path: Path) -> None:
    tables = Tables(N)
    syntax_error(tables)
    described = tables.audit(tmp_path).described
    assert described["rejected_verdicts"] == {"failed": N - 1, "syntax_error": 1}
    assert described["failure_classes"] == {"assert": N - 1, "SyntaxError": 1}
    assert described["licences"] == {"MIT": N}
    assert described["splits"] == {"train": 6, "held_out": 2}


def test_examples_are_the_first_by_id_and_no_more_than_asked(tmp_path: Path) -> None:
    tables = Tables(N)
    for number in (6, 4, 2):
        tables.rows["instructions"][f"i{number}"]["licence"] = "GPL-3.0-only"
    found = [f for f in tables.audit(tmp_path).findings() if f.check == "unlisted_licence"]
    assert [finding.pair_id for finding in found] == ["p2", "p4"]
    assert [(finding.left, finding.right) for finding in found] == [
        (right(number), wrong(number)) for number in (2, 4)
    ]


def test_a_bound_of_null_reports_and_breaks_nothing(tmp_path: Path) -> None:
    tables = Tables(N)
    syntax_error(tables)
    bounds = BOUNDS.model_copy(update={"syntax_only": None})
    audit = tables.audit(tmp_path, CONFIG.model_copy(update={"bounds": bounds}))
    assert audit.broken == []
    assert held(audit, "syntax_only") == (1, N)


def test_a_pair_without_its_response_is_named(tmp_path: Path) -> None:
    tables = Tables(2)
    del tables.rows["responses"]["r1"]
    with pytest.raises(DataError, match=r"1 name a rejected_response_id .* first pair p1 with r1"):
        tables.audit(tmp_path)


def test_the_refusal_names_check_numbers_bound_examples_and_what_to_do(tmp_path: Path) -> None:
    tables = Tables(N)
    syntax_error(tables)
    audit = tables.audit(tmp_path)
    with pytest.raises(CheckFailed) as raised:
        refuse_broken(audit, Path("data/pairs/m.parquet"), [Path("metrics/m.json")])
    assert "data/pairs/m.parquet: 1 of 22 checks do not hold" in str(raised.value)
    assert "syntax_only: 1 of 8, value 0.1250 above its bound 0;" in str(raised.value)
    assert "p2: SyntaxError: x" in str(raised.value)
    assert "raise audit_pairs.bounds.syntax_only" in str(raised.value)
    assert "metrics/m.json" in str(raised.value)
