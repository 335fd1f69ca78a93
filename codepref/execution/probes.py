"""Prove the walls by trying to break out, before anything runs inside them."""

import logging
import os
import socket
import tempfile
from functools import cache
from pathlib import Path

from codepref.errors import MissingError, SandboxError
from codepref.execution import child_probes
from codepref.execution.config import ExecutionConfig
from codepref.execution.jobs import Job
from codepref.execution.runner import run_once
from codepref.execution.values import decode, encode
from codepref.execution.verdicts import judge
from codepref.execution.walls import ENVIRONMENT, HOW_TO_GET, PYTHON_HOME, Walls

ADDED_BY_WALLS = ("LD_LIBRARY_PATH", "PWD")
SIZE_OF_SECRET = 16

logger = logging.getLogger(__name__)


def prove_walls(walls: Walls, config: ExecutionConfig) -> None:
    """Run a hostile program, once per process, and check that every attempt failed.

    Raises:
        MissingError: the walls cannot be put up here.
        SandboxError: one of them does not hold.
    """
    if walls.isolation == "none":
        logger.warning(
            "isolation: none: programs written by a model run unprotected, with your rights"
        )
        return
    fields = {name: getattr(config, name) for name in ExecutionConfig.model_fields}
    _prove(walls, ExecutionConfig.model_validate(fields))


@cache
def _prove(walls: Walls, config: ExecutionConfig) -> None:
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as host:
        secret = Path(folder) / "secret"
        secret.write_bytes(os.urandom(SIZE_OF_SECRET))
        host.settimeout(0)
        breaches = _attack(walls, config, host.getsockname()[1], secret)
        if list(Path(folder).iterdir()) != [secret]:
            breaches["writing"] = "a file appeared on the host"
        try:
            host.accept()[0].close()
            breaches["network"] = "the host was reached"
        except BlockingIOError:
            pass
    if breaches:
        told = "; ".join(f"{wall}: {what}" for wall, what in sorted(breaches.items()))
        raise SandboxError(f"isolation {walls.isolation}: walls that do not hold: {told}")


def _attack(walls: Walls, config: ExecutionConfig, port: int, secret: Path) -> dict[str, str]:
    arguments = [
        port,
        [str(secret), str(Path(__file__)), "/etc/passwd", "/proc/self/environ"],
        [str(secret.parent), "/", "/dev", "/usr/lib", PYTHON_HOME],
        [*ENVIRONMENT, *ADDED_BY_WALLS],
        config.memory_limit_mib,
    ]
    job = Job(
        job_id="probe",
        mode="call",
        code=Path(child_probes.__file__).read_text(encoding="utf-8"),
        setup="",
        tests=[],
        self_written=False,
        entry_point="probe",
        inputs=[encode(arguments)],
    )
    finding = judge(run_once(job, config, walls, 0, stub=False), job, config)
    if finding.verdict == "infra_error":
        raise MissingError(
            f"isolation: {walls.isolation} does not start here: {finding.failure}; {HOW_TO_GET}"
        )
    found = decode(finding.values[0]) if finding.values else finding.failure
    if finding.verdict != "passed" or not isinstance(found, dict):
        return {"probe": f"{finding.verdict}: {found}"}
    return {str(wall): str(what) for wall, what in found.items()}
