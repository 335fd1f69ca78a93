"""A server for a while: up when it answers, and gone whatever happens. Any program can play it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from codepref.checkpoints.manifest import Manifest, Start
from codepref.errors import DataError, MissingError
from codepref.judge import server
from codepref.judge.server import serve
from codepref.sampling.config import EngineConfig

ROOT = Path(__file__).parents[2]
ENGINE = EngineConfig(
    backend="vllm",
    device="cpu",
    dtype="float32",
    max_model_len=2048,
    max_batch=4,
    max_prefill_tokens=128,
    eager=True,
    cpu_cache_gib=1,
    gpu_memory=0.5,
    max_lora_rank=8,
)
# Answers /health, and keeps a child that would outlive it.
HEALTHY = """
import subprocess, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
child = subprocess.Popen(["sleep", "300"])
open("pids", "w").write(f"{__import__('os').getpid()} {child.pid}")
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()
        if self.path == "/die":
            __import__("os")._exit(3)
    def log_message(self, *_): pass
print("I am up", flush=True)
HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)" + HEALTHY


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """A start with a chat template and no weights, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(server, "find_spec", lambda _: True)
    (tmp_path / "chat_template.jinja").write_text("{{ messages }}")
    return make_start(tmp_path)


def make_start(weights: Path) -> Start:
    manifest = Manifest(
        files={},
        parameters=1,
        digest="d",
        model="m",
        start="pretrained",
        template="plain",
        kind="local",
        source="",
        revision=None,
        licence="MIT",
        parent_digest=None,
    )
    return Start(manifest=manifest, weights=weights)


def play(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setattr(
        server,
        "server_command",
        lambda _weights, _engine, *, name, port: [sys.executable, "-c", program, str(port), name],
    )


def pids() -> list[int]:
    return [int(word) for word in Path("pids").read_text().split()]


def is_running(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def assert_gone() -> None:
    end = time.monotonic() + 15
    while time.monotonic() < end and any(map(is_running, pids())):
        time.sleep(0.1)
    assert not any(map(is_running, pids()))


@contextmanager
def served(start: Start) -> Iterator[str]:
    with serve(start, ENGINE, 30) as judge:
        assert all(map(is_running, pids()))
        yield judge.url


def test_it_is_up_when_given_and_gone_after(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, HEALTHY)
    with serve(start, ENGINE, 30) as judge:
        assert httpx.get(judge.url.removesuffix("/v1") + "/health").status_code == 200
        assert (judge.model, judge.api_key_variable) == ("m-pretrained", None)
    assert_gone()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_it_is_gone_after_any_error_with_its_children(
    start: Start, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    play(monkeypatch, HEALTHY)
    with pytest.raises(error), served(start):
        raise error
    assert_gone()


def test_one_that_will_not_end_is_killed(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, STUBBORN)
    with served(start):
        pass
    assert_gone()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_it_is_gone_when_whoever_started_it_is_killed(start: Start, number: int) -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[2])\n"
        "import time, pytest; from pathlib import Path; import tests.judge.test_judge_server as t\n"
        "t.server.find_spec = lambda _: True\n"
        "t.play(pytest.MonkeyPatch(), t.HEALTHY)\n"
        "with t.served(t.make_start(Path(sys.argv[1]))):\n"
        "    Path('up').touch(); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", program, str(start.weights), str(ROOT)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 30
    while not Path("up").exists() and time.monotonic() < end:
        time.sleep(0.1)
    assert all(map(is_running, pids()))
    process.send_signal(number)
    process.wait(30)
    assert_gone()


def test_one_that_does_not_start_says_why(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, "import sys; print('x' * 9000 + 'no room for keys'); sys.exit(5)")
    with (
        pytest.raises(MissingError, match=r"did not start: .* status 5; .*no room for keys") as got,
        serve(start, ENGINE, 30),
    ):
        pass
    assert len(str(got.value)) < 2000


def test_one_that_does_not_answer_in_time_is_ended(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(
        monkeypatch,
        "import os, time; open('pids', 'w').write(str(os.getpid()));"
        "print('loading', flush=True); time.sleep(300)",
    )
    with (
        pytest.raises(MissingError, match=r"startup_timeout_s = 2; the end of its log: loading"),
        serve(start, ENGINE, 2),
    ):
        pass
    assert_gone()


def test_one_that_ends_while_it_is_needed_shows_the_end_of_its_log(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(monkeypatch, HEALTHY)
    message = r"none was answered; vLLM's server ended with status 3; .*: I am up"
    with pytest.raises(MissingError, match=message), served(start) as url:
        httpx.get(url.removesuffix("/v1") + "/die")
        time.sleep(1)
        raise MissingError("none was answered")
    assert_gone()


def test_without_vllm_it_is_said_what_to_do(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "find_spec", lambda _: None)
    with (
        pytest.raises(MissingError, match=r"`make vllm` installs it; or name .*judge_completions"),
        serve(start, ENGINE, 30),
    ):
        pass


@pytest.mark.parametrize("config", [None, "{}", '{"chat_template": null}'])
def test_a_tokenizer_without_chat_template_is_refused(start: Start, config: str | None) -> None:
    (start.weights / "chat_template.jinja").unlink()
    if config:
        (start.weights / "tokenizer_config.json").write_text(config)
    with pytest.raises(DataError, match="no chat template"), serve(start, ENGINE, 30):
        pass


def test_the_servers_arguments_are_those_of_sampling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    command = server.server_command(Path("w"), ENGINE, name="n", port=5)
    words = " ".join(command)
    assert "-m vllm.entrypoints.openai.api_server" in words
    for flag in (
        "--model w",
        "--dtype float32",
        "--enforce-eager",
        "--max-model-len 2048",
        "--no-enable-chunked-prefill",
        "--host 127.0.0.1",
        "--port 5",
        "--served-model-name n",
    ):
        assert f"{flag} " in f"{words} "
    assert "lora" not in words
