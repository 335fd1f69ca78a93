"""What MLflow's pages find: a server on the published store, asked over REST as they ask it."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codepref.lineage.lock import read_lock
from stages.publish import main
from tests.lineage.fake_study import FakeStudy

pytestmark = pytest.mark.slow
START_TIMEOUT_S = 180


@pytest.fixture
def server(study: FakeStudy, store: Path) -> Iterator[str]:
    """Publish, serve the store on a free port, and stop the server's whole process group."""
    main(Path("metrics"), Path("report"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "mlflow", "server", "--workers", "1"),
            *("--host", "127.0.0.1", "--port", str(port)),
            *("--backend-store-uri", f"sqlite:///{store}"),
        ],
        cwd=study.root,
        env=os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield ready(f"http://127.0.0.1:{port}", process)
    finally:
        os.killpg(process.pid, 15)
        process.wait(timeout=30)


def ready(url: str, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5):
                return url
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"the server did not answer; exit code {process.poll()}")


def post(url: str, value: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(
        url,
        data=json.dumps(value).encode(),
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return dict(json.load(answer))


def search(server: str, filter_string: str) -> list[str]:
    with urllib.request.urlopen(
        f"{server}/api/2.0/mlflow/experiments/get-by-name?experiment_name=codepref", timeout=60
    ) as answer:
        experiment = json.load(answer)["experiment"]["experiment_id"]
    found = post(
        f"{server}/api/2.0/mlflow/runs/search",
        {"experiment_ids": [experiment], "filter": filter_string},
    )
    return sorted(run["info"]["run_name"] for run in found.get("runs", []))


def test_runs_are_found_by_tag_param_metric_and_dataset_digest(server: str) -> None:
    every = ["m-finetuned-baseline", "m-finetuned-dpo-0"]
    every += ["m-pretrained-baseline", "m-pretrained-dpo-0"]
    outs = {out.path: out.md5 for entry in read_lock().entries.values() for out in entry.outs}
    pairs, seeds = outs["data/pairs/m-pretrained.parquet"], outs["data/seeds.parquet"]
    adapter = outs["models/adapters/m-pretrained/dpo-0"]
    assert search(server, "") == every
    assert search(server, "tags.start = 'pretrained' and params.`align.dpo.beta` = '0.1'") == [
        "m-pretrained-dpo-0"
    ]
    assert search(server, "metrics.`humaneval/pass_at_1` >= 0.5") == every
    assert search(server, f"dataset.digest = '{pairs}'") == ["m-pretrained-dpo-0"]
    assert search(server, f"dataset.digest = '{adapter}'") == ["m-pretrained-dpo-0"]
    assert search(server, f"tags.`md5:data/seeds.parquet` = '{seeds}'") == [
        "m-finetuned-baseline",
        "m-finetuned-dpo-0",
        "m-pretrained-dpo-0",
    ]
