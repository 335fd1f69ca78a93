"""The stages that are resolved here are those that DVC resolves."""

from pathlib import Path

import pytest
from dvc.dependency import ParamsDependency
from dvc.repo import Repo

from codepref.errors import ConfigError
from codepref.lineage.pipeline import Stage, live_stages
from tests.lineage.fake_study import inside

ROOT = Path(__file__).parents[2]


def of_dvc() -> dict[str, Stage]:
    stages = {}
    with Repo(str(ROOT)) as repo:
        for stage in repo.index.stages:
            params = [dep for dep in stage.deps if isinstance(dep, ParamsDependency)]
            stages[stage.addressing] = Stage(
                name=stage.addressing,
                cmd=" ".join(stage.cmd.split()),
                deps=sorted(dep.def_path for dep in stage.deps if dep not in params),
                params=sorted(name for dep in params for name in dep.params),
                outs=sorted(out.def_path for out in stage.outs),
            )
    return stages


def test_every_stage_is_the_one_that_dvc_resolves() -> None:
    from codepref.config import load_params

    with inside(ROOT):
        ours = live_stages(load_params())
    assert {
        name: Stage(
            name=stage.name,
            cmd=" ".join(stage.cmd.split()),
            deps=sorted(stage.deps),
            params=sorted(stage.params),
            outs=sorted(stage.outs),
        )
        for name, stage in ours.items()
    } == of_dvc()


def test_a_reference_to_nothing_is_named(tmp_path: Path) -> None:
    path = tmp_path / "dvc.yaml"
    path.write_text("stages: {a: {matrix: {x: '${grid.xs}'}, cmd: 'true'}}")
    with pytest.raises(ConfigError, match=r"\$\{grid\.xs\} is not in params\.yaml: no 'xs'"):
        live_stages({"grid": {}}, path)
