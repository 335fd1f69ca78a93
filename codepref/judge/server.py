"""vLLM's OpenAI-compatible server of a start, on this machine, for a while."""

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from codepref.checkpoints.manifest import Start
from codepref.errors import DataError, MissingError
from codepref.files import read_json
from codepref.judge import keeper
from codepref.judge.config import RemoteJudge
from codepref.sampling.config import EngineConfig

HOST = "127.0.0.1"
POLL_S = 0.5
END_S = 30.0  # for the server to be gone; its keeper kills it after 5
TAIL_CHARS = 1500
TEMPLATES = ("chat_template.jinja", "chat_template.json")
PYTHON = (sys.executable, "-P")  # nothing of the working folder is imported
SERVER = "vllm.entrypoints.openai.api_server"


@contextmanager
def serve(start: Start, engine: EngineConfig, startup_timeout_s: float) -> Iterator[RemoteJudge]:
    """Serve a start under its key until the end, whatever the end is.

    Args:
        start: the judge, with a chat template.
        engine: how it runs; its max_model_len holds prompt and judgement.
        startup_timeout_s: to answer at all.

    Raises:
        MissingError: vLLM is not installed, or the server does not come up in time, or ended
            while it was needed; with the end of its log.
        DataError: the start has no chat template.
    """
    _require_vllm()
    _require_chat_template(start.weights)
    port, name = _free_port(), f"{start.manifest.model}-{start.manifest.start}"
    command = server_command(start.weights, engine, name=name, port=port)
    with tempfile.TemporaryFile(prefix="codepref-judge-") as log, _running(command, log) as server:
        _await_health(port, server, log, startup_timeout_s)
        try:
            yield RemoteJudge(url=f"http://{HOST}:{port}/v1", model=name, api_key_variable=None)
        except MissingError as error:
            if server.poll() is None:
                raise
            raise MissingError(f"{error}; {_ended(server, log)}") from error


def server_command(weights: Path, engine: EngineConfig, *, name: str, port: int) -> list[str]:
    """Command of the server, with the very arguments and environment that sampling gives vLLM."""
    from codepref.sampling.hardware import find_hardware  # torch takes seconds to import
    from codepref.sampling.placement import choose_placement
    from codepref.sampling.vllm_engine import engine_arguments, set_environment

    arguments = engine_arguments(engine, choose_placement(engine, find_hardware()), weights)
    served = {"host": HOST, "port": port, "served_model_name": name, "generation_config": "vllm"}
    flags = [
        word
        for key, value in {**arguments, **served}.items()
        if "lora" not in key  # a judge has no adapters
        for word in _flag(key, value)
    ]
    set_environment(engine)
    return [*PYTHON, "-m", SERVER, *flags]


def _flag(key: str, value: object) -> list[str]:
    name = key.replace("_", "-")
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    return [f"--{name}", str(value)]


def _require_vllm() -> None:
    if find_spec("vllm") is None:
        raise MissingError(
            "judge_completions has no url, so it starts vLLM's server, and vllm is not installed: "
            "`make vllm` installs it; or name an OpenAI-compatible endpoint as "
            "judge_completions.url"
        )


def _require_chat_template(weights: Path) -> None:
    config = weights / "tokenizer_config.json"
    inside = config.is_file() and read_json(config).get("chat_template")
    if not inside and not any((weights / name).is_file() for name in TEMPLATES):
        raise DataError(
            f"{weights}: its tokenizer has no chat template, so it cannot be asked as a judge; "
            "name a start with one as judge_completions.start, or an endpoint as its url"
        )


@contextmanager
def _running(command: Sequence[str], log: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Keep a command running; it ends with this process, even if that is killed: see keeper."""
    server = subprocess.Popen(
        [*PYTHON, keeper.__file__, *command],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=subprocess.STDOUT,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        start_new_session=True,
    )
    try:
        yield server
    finally:
        _end(server)


def _end(server: subprocess.Popen[bytes]) -> None:
    if server.stdin:
        server.stdin.close()  # what the keeper waits for
    try:
        server.wait(END_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _await_health(
    port: int, server: subprocess.Popen[bytes], log: IO[bytes], timeout_s: float
) -> None:
    end = time.monotonic() + timeout_s
    while not _is_healthy(port):
        if server.poll() is not None:
            raise MissingError(f"the judge did not start: {_ended(server, log)}")
        if time.monotonic() > end:
            raise MissingError(
                f"the judge did not answer within judge_completions.startup_timeout_s = "
                f"{timeout_s:g}; the end of its log: {_tail(log)}"
            )
        time.sleep(POLL_S)


def _is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)  # knows of no proxy
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _ended(server: subprocess.Popen[bytes], log: IO[bytes]) -> str:
    return f"vLLM's server ended with status {server.returncode}; the end of its log: {_tail(log)}"


def _tail(log: IO[bytes]) -> str:
    """Give the end of the log; the server writes on to the same file."""
    size = os.fstat(log.fileno()).st_size
    text = os.pread(log.fileno(), TAIL_CHARS, max(0, size - TAIL_CHARS))
    return text.decode(errors="replace").strip() or "(empty)"


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port
