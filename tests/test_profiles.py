"""params.yaml and the paper profile: same keys, typed sections, a whole stage graph."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from codepref.alignment.config import METHODS, FinetuneConfig, LoopParams, PolicyParams
from codepref.benchmarks.config import SampleBenchmarkConfig, ScoreBenchmarkConfig
from codepref.benchmarks.files import BenchmarkFile
from codepref.checkpoints.config import FetchCheckpointsConfig
from codepref.config import load_params, load_section
from codepref.execution.config import ExecuteResponsesConfig
from codepref.grid import Grid
from codepref.lineage.leaf import leaves
from codepref.pairs.config import BuildPairsConfig
from codepref.pairs.split import SplitConfig
from codepref.sampling.config import EngineConfig
from codepref.sampling.responses import SampleResponsesConfig
from codepref.seeds.config import GatherSeedsConfig
from codepref.selfalign.config import WriteInstructionsConfig
from codepref.statistics.config import BootstrapConfig
from tests.pipeline import ROOT

PROFILES = {"default": ROOT / "params.yaml", "paper": ROOT / "params" / "paper.yaml"}
SECTIONS: dict[str, Any] = {
    "grid": Grid,
    "engine": EngineConfig,
    "fetch_checkpoints": dict[str, FetchCheckpointsConfig],
    "fetch_benchmarks.humaneval_plus": BenchmarkFile,
    "fetch_benchmarks.mbpp_plus": BenchmarkFile,
    "gather_seeds": GatherSeedsConfig,
    "write_instructions": WriteInstructionsConfig,
    "sample_responses": SampleResponsesConfig,
    "execute_responses": ExecuteResponsesConfig,
    "split": SplitConfig,
    "build_pairs": BuildPairsConfig,
    "finetune": FinetuneConfig,
    "align.forward": PolicyParams,
    "align.shared": LoopParams,
    **{f"align.{name}": config for name, config in METHODS.items()},
    "score_rewards": BootstrapConfig,
    "sample_benchmark": SampleBenchmarkConfig,
    "score_benchmark": ScoreBenchmarkConfig,
    "compare_models": BootstrapConfig,
}


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_fits_its_schema(section: str, profile: str) -> None:
    load_section(section, SECTIONS[section], PROFILES[profile])


def test_both_profiles_have_the_same_sections() -> None:
    default, paper = (load_params(path) for path in PROFILES.values())
    assert set(default) == set(paper)


@pytest.mark.parametrize("profile", PROFILES)
def test_each_start_of_the_grid_is_made_by_one_stage(profile: str) -> None:
    params = load_params(PROFILES[profile])
    grid = load_section("grid", Grid, PROFILES[profile])
    made = [*params["fetch_checkpoints"], *(f"{model}-finetuned" for model in grid.sft_models)]
    wanted = {f"{model}-{start}" for model in grid.models for start in grid.starts}
    assert wanted <= set(made)
    assert len(made) == len(set(made))


@pytest.mark.parametrize("profile", PROFILES)
def test_every_training_is_by_a_known_method(profile: str) -> None:
    grid = load_section("grid", Grid, PROFILES[profile])
    named = (cell.method for cell in grid.off_policy.values())
    assert {*grid.methods, *named} <= set(METHODS)


def stages(folder: Path, params: Path) -> set[str]:
    """Names that DVC resolves, in a copy of the repository's pipeline."""
    for name in ("dvc.yaml", "codepref", "stages"):
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copyfile
        copy(source, folder / name)
    shutil.copyfile(params, folder / "params.yaml")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    dvc = [sys.executable, "-m", "dvc"]
    subprocess.run([*dvc, "init", "-q"], cwd=folder, check=True)
    listed = subprocess.run(
        [*dvc, "stage", "list", "--name-only"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    return set(listed.stdout.split())


def test_the_paper_profile_resolves_its_whole_stage_graph(tmp_path: Path) -> None:
    """Five models, two starts, two methods, five benchmarks."""
    names = stages(tmp_path, PROFILES["paper"])
    counts = {
        stage: sum(name.partition("@")[0] == stage for name in names)
        for stage in YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
    }
    assert counts == {
        "fetch_checkpoints": 10,
        "fetch_benchmarks": 5,
        "gather_seeds": 1,
        "write_instructions": 1,
        "sample_responses": 10,
        "execute_responses": 10,
        "build_pairs": 10,
        "finetune": 0,
        "score_reference": 10,
        "score_reference_off_policy": 0,
        "align": 20,
        "align_off_policy": 0,
        "score_rewards": 10,
        "sample_benchmark": 10,
        "score_benchmark": 10,
        "compare_models": 1,
        "render_report": 1,
        "publish": 1,
    }


def test_the_default_has_the_stages_that_its_grid_names_and_no_other(tmp_path: Path) -> None:
    grid = load_section("grid", Grid, PROFILES["default"])
    wanted = {leaf.stage for leaf in leaves(grid) if leaf.cell}
    names = stages(tmp_path, PROFILES["default"])
    assert {name for name in names if name.startswith(("align@", "align_off"))} == wanted


def test_the_paper_profile_starts_only_when_revisions_are_pinned() -> None:
    config = load_section("fetch_checkpoints", dict[str, FetchCheckpointsConfig], PROFILES["paper"])
    assert {start.source.kind for start in config.values()} == {"hub"}
