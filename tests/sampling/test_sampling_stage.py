import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from codepref.checkpoints.config import FetchCheckpointsConfig, LocalSource
from codepref.checkpoints.manifest import write_manifest
from codepref.checkpoints.resolve import resolve_checkpoint
from codepref.errors import ConfigError
from codepref.files import read_json
from codepref.sampling.rows import Response
from codepref.selfalign.fewshots import load_fewshots
from codepref.selfalign.rows import Instruction
from codepref.tables import read_table, write_table
from stages.sample_responses import main
from tests.tiny_model import make_tiny_model

ROOT = Path(__file__).parents[2]
# One row a batch: rounding in batched products is no part of what is tested here.
PARAMS = """
engine: {backend: transformers, device: cpu, dtype: float32, max_model_len: 512, max_batch: 1,
  max_prefill_tokens: 512, eager: true, cpu_cache_gib: 1, gpu_memory: 0.5, max_lora_rank: 8}
sample_responses: {n: 4, shots: 0, temperature: 1.0, top_p: 1.0, max_new_tokens: 48,
  max_new_test_tokens: 16, seed: 0}
"""
FLAGS = {
    "start": Path("start"),
    "instructions": Path("instructions.parquet"),
    "fewshots": ROOT / "codepref/selfalign/fewshots.yaml",
    "responses": Path("responses.parquet"),
    "metrics": Path("metrics.json"),
}


def _instruction(number: int) -> Instruction:
    return Instruction(
        instruction_id=f"i{number}",
        origin="problems",
        seed_id=None,
        problem_id=None,
        category="function",
        difficulty="easy",
        language="python",
        concepts=[],
        text=f"Write a function that adds {number}.",
        entry_point=None,
        test_setup="",
        tests=["assert True"] if number % 2 else [],
        reference=None,
        source="own",
        licence="MIT",
        generator_digest=None,
        prompt_sha256=None,
    )


def _make_workspace(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_tiny_model(folder / "weights")
    (folder / "params.yaml").write_text(PARAMS)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    write_table(FLAGS["instructions"], [_instruction(i) for i in range(6)], Instruction)
    source = LocalSource(kind="local", folder="weights", licence="MIT")
    config = FetchCheckpointsConfig(source=source, template="plain")
    manifest = resolve_checkpoint("tiny-pretrained", config, Path("start"), Path("wheels"))
    write_manifest(Path("start"), manifest)
    return folder


def _open_stage(workspace: Path) -> subprocess.Popen[bytes]:
    flags = [part for name, path in FLAGS.items() for part in (f"--{name}", str(path))]
    return subprocess.Popen(
        [sys.executable, "-m", "stages.sample_responses", *flags],
        cwd=workspace,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        stderr=subprocess.DEVNULL,
    )


def _rows_in_ledger(workspace: Path) -> dict[str, str]:
    path = workspace / ".codepref" / "samples.sqlite"
    if not path.exists():
        return {}
    connection = sqlite3.connect(path, timeout=10)
    try:
        return dict(connection.execute("SELECT key, value FROM entries").fetchall())
    except sqlite3.OperationalError:  # the table is not there yet
        return {}
    finally:
        connection.close()


def test_the_stage_writes_n_responses_an_instruction_and_tests_where_none_are_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _make_workspace(tmp_path, monkeypatch)
    main(**FLAGS)
    responses = read_table(FLAGS["responses"], Response)
    assert len(responses) == 24
    with_tests = {row.instruction_id for row in responses if row.tests is not None}
    assert with_tests == {"i0", "i2", "i4"}
    metrics = read_json(FLAGS["metrics"])
    assert (metrics["n_responses"], metrics["n_with_own_tests"]) == (24, 12)

    first = FLAGS["responses"].read_bytes()
    main(**FLAGS)
    assert FLAGS["responses"].read_bytes() == first


def test_the_samples_of_one_instruction_see_the_same_shots_and_their_tests_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One prompt for each instruction, so that any two of its responses may stand in a pair."""
    _make_workspace(tmp_path, monkeypatch)
    params = PARAMS.replace("shots: 0", "shots: 1").replace("512", "2048")
    Path("params.yaml").write_text(params)
    main(**FLAGS)
    prompts: dict[str, set[str]] = {}
    for row in read_table(FLAGS["responses"], Response):
        prompts.setdefault(row.instruction_id, set()).add(row.prompt)
    assert {len(seen) for seen in prompts.values()} == {1}
    assert len({prompt.partition("\n")[0] for (prompt,) in prompts.values()}) > 1
    tasks = [shot.instruction for shot in load_fewshots(FLAGS["fewshots"])]
    for name, (prompt,) in prompts.items():
        assert sum(task in prompt for task in tasks) == 1
        assert prompt.endswith(f"Task: {_instruction(int(name[1:])).text}\n```python")


def test_more_shots_than_the_file_has_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _make_workspace(tmp_path, monkeypatch)
    Path("params.yaml").write_text(PARAMS.replace("shots: 0", "shots: 99"))
    with pytest.raises(ConfigError, match="sample_responses: 99 shots are asked for"):
        main(**FLAGS)


@pytest.mark.slow
def test_a_killed_stage_samples_only_the_rest_and_ends_with_the_same_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = _make_workspace(tmp_path / "whole", monkeypatch)
    killed = _make_workspace(tmp_path / "killed", monkeypatch)
    assert _open_stage(whole).wait(timeout=120) == 0

    stage = _open_stage(killed)
    deadline = time.monotonic() + 120
    while len(_rows_in_ledger(killed)) < 5 and time.monotonic() < deadline:
        time.sleep(0.005)
    stage.send_signal(signal.SIGKILL)
    assert stage.wait(timeout=60) == -signal.SIGKILL
    before = _rows_in_ledger(killed)
    assert 5 <= len(before) < 36
    assert not (killed / FLAGS["responses"]).exists()

    assert _open_stage(killed).wait(timeout=120) == 0
    after = _rows_in_ledger(killed)
    assert before.items() <= after.items()
    assert after == _rows_in_ledger(whole)
    for name in ("responses", "metrics"):
        assert (killed / FLAGS[name]).read_bytes() == (whole / FLAGS[name]).read_bytes()
