"""Trace: chains, staleness, rows, and what a wrong question is answered with."""

import shutil

import pytest

from codepref.errors import DataError
from codepref.files import write_json
from codepref.lineage.lock import read_lock
from codepref.lineage.rows import pair_rows, task_rows
from codepref.lineage.text import trace_text
from codepref.lineage.trace import Trace, find_value, parse_target, trace, variants_named
from codepref.selfalign.rows import Instruction
from codepref.tables import write_table
from tests.lineage.fake_study import OFF_POLICY, PARAMS, FakeStudy

pytestmark = pytest.mark.usefixtures("study")

NUMBER = "metrics/score_benchmark/m-pretrained.json:humaneval.dpo-0.pass_at_1"
PAIRS = "build_pairs@m-pretrained"
CHAIN = [
    "score_benchmark@m-pretrained",
    "sample_benchmark@m-pretrained",
    "align@m-pretrained-dpo-0",
    PAIRS,
    "sample_responses@m-pretrained",
    "write_instructions",
    "gather_seeds",
    "judge_seeds",
    "fetch_checkpoints@m-pretrained",
    "fetch_benchmarks@humaneval",
]


def traced(target: str) -> Trace:
    return trace(parse_target(target), read_lock())


def stale(found: Trace) -> dict[str, list[str]]:
    return {step.entry.stage: step.stale for step in found.steps if step.stale}


def test_a_number_is_followed_to_the_seeds() -> None:
    found = traced(NUMBER)
    assert found.value == 0.5
    assert sorted(step.entry.stage for step in found.steps) == sorted(CHAIN)
    assert found.steps[0].entry.stage == CHAIN[0]
    assert stale(found) == {}


def test_no_stage_comes_before_one_that_reads_it() -> None:
    steps = [step.entry for step in traced(NUMBER).steps]
    for index, entry in enumerate(steps):
        made = {out.path for out in entry.outs}
        assert not any(dep.path in made for later in steps[index + 1 :] for dep in later.deps)


def test_a_number_does_not_stand_on_sibling_adapters(study: FakeStudy) -> None:
    study.write(("dpo", "rft"))
    study.commit()
    stages = {step.entry.stage for step in traced(NUMBER).steps}
    assert "align@m-pretrained-dpo-0" in stages
    assert "align@m-pretrained-rft-0" not in stages


def test_an_off_policy_number_stands_on_the_pairs_of_another_start(study: FakeStudy) -> None:
    study.write(off_policy=True)
    study.commit()
    stages = {step.entry.stage for step in traced(NUMBER.replace("dpo-0", OFF_POLICY)).steps}
    assert {"align_off_policy@others", "build_pairs@m-finetuned"} <= stages
    assert not {"align@m-pretrained-dpo-0", PAIRS} & stages


def test_a_baseline_stands_on_no_adapter_and_no_pair() -> None:
    stages = {step.entry.stage for step in traced(NUMBER.replace("dpo-0", "baseline")).steps}
    assert not any(stage.startswith(("align", "build_pairs")) for stage in stages)
    assert "fetch_checkpoints@m-pretrained" in stages


def test_the_commit_is_the_one_that_recorded_the_number(study: FakeStudy) -> None:
    first = traced(NUMBER).commit
    study.write(text="two")
    study.commit()
    assert first is not None
    assert traced(NUMBER).commit == first
    assert traced("models/adapters/m-pretrained/dpo-0").commit != first


def test_a_changed_param_is_stale_where_it_is_used(study: FakeStudy) -> None:
    (study.root / "params.yaml").write_text(PARAMS.replace("beta: 0.1", "beta: 0.2"))
    assert stale(traced(NUMBER)) == {
        "align@m-pretrained-dpo-0": ["param align.dpo.beta was 0.1, is now 0.2"]
    }


def test_the_same_number_written_otherwise_is_not_stale(study: FakeStudy) -> None:
    (study.root / "params.yaml").write_text(PARAMS.replace("lr: 5.0e-05", "lr: 5e-5"))
    assert stale(traced(NUMBER)) == {}


def test_a_changed_file_is_stale_at_its_maker_and_its_readers(study: FakeStudy) -> None:
    (study.root / "data/pairs/m-pretrained.parquet").write_bytes(b"other")
    found = stale(traced(NUMBER))
    assert sorted(found) == ["align@m-pretrained-dpo-0", PAIRS]
    assert all("data/pairs/m-pretrained.parquet was" in reason for (reason,) in found.values())


def test_changed_code_is_stale(study: FakeStudy) -> None:
    (study.root / "code.py").write_text("raise SystemExit\n")
    assert sorted(stale(traced(NUMBER))) == [
        "fetch_checkpoints@m-pretrained",
        "sample_benchmark@m-pretrained",
    ]


def test_an_upstream_that_ran_again_makes_its_readers_stale(study: FakeStudy) -> None:
    lock = (study.root / "dvc.lock").read_text()
    (study.root / "data/seeds.parquet").write_bytes(b"other")
    study.commit()
    present = (study.root / "dvc.lock").read_text()
    old, new = (text.partition("gather_seeds:")[2] for text in (lock, present))
    maker = new.partition("judge_seeds:")[0]
    mixed = lock.replace(old.partition("judge_seeds:")[0], maker)
    (study.root / "dvc.lock").write_text(mixed)
    (reason,) = stale(traced(NUMBER))["judge_seeds"]
    assert reason.startswith("input data/seeds.parquet was ")
    assert "gather_seeds has since made" in reason


def test_files_that_are_not_here_are_not_stale(study: FakeStudy) -> None:
    shutil.rmtree(study.root / "data")
    shutil.rmtree(study.root / "models")
    assert stale(traced(NUMBER)) == {}


def test_a_cell_outside_the_grid_is_stale(study: FakeStudy) -> None:
    (study.root / "params.yaml").write_text(PARAMS.replace("methods: [dpo]", "methods: [rft]"))
    found = stale(traced(NUMBER))
    assert found["align@m-pretrained-dpo-0"] == [
        "align@m-pretrained-dpo-0 is in dvc.lock, no longer in dvc.yaml and params.yaml"
    ]


def test_the_text_has_every_md5_command_and_param() -> None:
    found = traced(NUMBER)
    text = trace_text(found, ["run1"], [])
    for step in found.steps:
        assert step.entry.cmd in text
        assert all(out.md5 in text and out.path in text for out in step.entry.outs)
    assert "align.dpo.beta=0.1" in text
    assert "run1" in text
    assert "STALE" not in text


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (
            "metrics/nope.json:x",
            "no stage in dvc.lock writes it; there are .*metrics/compare_models.json",
        ),
        (NUMBER.replace("dpo-0", "dpo-1"), "m-pretrained.json:humaneval has baseline, dpo-0"),
        (f"{NUMBER}.x", "dpo-0.pass_at_1 has the value 0.5"),
    ],
)
def test_a_wrong_target_is_answered_with_what_there_is(target: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        traced(target)


def test_a_key_with_dots_of_its_own_is_found() -> None:
    target = parse_target("x.json:qwen2.5-0.5b.dpo-0.loss")
    assert find_value({"qwen2.5-0.5b": {"dpo-0": {"loss": 1.5}}}, target) == 1.5


def test_a_variant_with_dots_of_its_own_is_found(study: FakeStudy) -> None:
    """A training on the pairs of a model such as qwen2.5-0.5b has its name in it."""
    lock = (study.root / "dvc.lock").read_text()
    dotted = "dpo-0-on-qwen2.5-0.5b"
    (study.root / "dvc.lock").write_text(
        lock.replace("m-pretrained/dpo-0", f"m-pretrained/{dotted}")
    )
    target = parse_target(NUMBER.replace("dpo-0", dotted))
    assert variants_named(target, read_lock()) == [dotted]


def test_a_pair_is_followed_to_its_seed() -> None:
    rows = pair_rows("a1", [PAIRS], read_lock())
    assert [row.part for row in rows] == [
        "pair",
        "chosen response",
        "chosen execution",
        "rejected response",
        "rejected execution",
        "instruction",
        "seed",
    ]
    assert rows[2].values["verdict"] == "passed"
    assert rows[4].values["verdict"] == "failed"
    assert rows[6].values["seed_id"] == "5eed00"


@pytest.mark.parametrize(
    ("prefix", "message"),
    [("a", "2 begin with 'a'; they have a1c0ffee, a2c0ffee"), ("b", "none begins with 'b'")],
)
def test_a_prefix_must_be_that_of_one_pair(prefix: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        pair_rows(prefix, [PAIRS, "build_pairs@m-finetuned"], read_lock())


def test_a_row_that_is_named_and_not_there_is_an_error(study: FakeStudy) -> None:
    write_table(study.root / "data/instructions.parquet", [], Instruction)
    with pytest.raises(DataError, match="no instruction_id 1257, which another table names"):
        pair_rows("a1", [PAIRS], read_lock())


def test_a_task_is_followed_to_completions_and_results() -> None:
    cells = ["score_benchmark@m-pretrained"]
    rows = task_rows("HumanEval/1", cells, ["dpo-0"], read_lock())
    assert [row.part for row in rows] == ["task", "completion", "result"]
    assert rows[1].values["variant"] == "dpo-0"
    assert rows[1].values["completion_id"] == rows[2].values["completion_id"]
    assert len(task_rows("HumanEval/1", cells, [], read_lock())) == 5


def test_a_metrics_file_that_lost_its_number_is_named(study: FakeStudy) -> None:
    write_json(study.root / "metrics/score_benchmark/m-pretrained.json", {"humaneval": {}})
    with pytest.raises(DataError, match=r"no key 'humaneval.dpo-0.pass_at_1'; .* has "):
        traced(NUMBER)
