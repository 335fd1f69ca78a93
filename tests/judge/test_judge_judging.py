"""Judging against a real HTTP server that speaks OpenAI's protocol, well or badly."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from codepref.errors import MissingError
from codepref.judge.config import JudgeConfig
from codepref.judge.endpoint import Endpoint
from codepref.judge.judging import judge_all
from codepref.judge.prompts import Judgeable
from codepref.judge.rows import Rating
from codepref.ledger import Ledger

Behaviour = Callable[[dict[str, Any], int], tuple[int, str]]


class Server:
    """Counts requests and answers as told."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.behave: Behaviour = lambda _request, _number: (200, "Rationale: ok.\nRating: 7")
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.requests.append(body)
                status, text = server.behave(body, len(server.requests))
                reply = {
                    "id": "x",
                    "object": "chat.completion",
                    "created": 0,
                    "model": body["model"],
                    "choices": [
                        {
                            "index": 0,
                            "finish_reason": "stop",
                            "message": {"role": "assistant", "content": text},
                        }
                    ],
                }
                content = json.dumps(reply if status == 200 else {"error": {"message": text}})
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(content.encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


def config(**changes: object) -> JudgeConfig:
    values: dict[str, object] = {
        "url": None,
        "model": "judge",
        "api_key_variable": None,
        "start": "m-pretrained",
        "passes": 1,
        "temperature": 0.0,
        "max_new_tokens": 64,
        "timeout_s": 5.0,
        "retries": 0,
        "workers": 2,
        "confidence": 0.95,
        "resamples": 100,
        "seed": 0,
    }
    return JudgeConfig.model_validate({**values, **changes})


def items(n: int) -> list[Judgeable]:
    return [
        Judgeable(
            completion_id=f"c{i}",
            variant="baseline",
            task_id=f"codal/{i}",
            dimension="readability",
            instruction=f"Add {i}.",
            reference="def add(a): ...",
            answer=f"def add(a):\n    return a + {i}",
        )
        for i in range(n)
    ]


def run(server: Server, folder: Path, n: int = 3, **changes: object) -> list[Rating]:
    settings = config(**changes)
    ledger = Ledger(folder / "judgements.sqlite")
    try:
        return judge_all(
            items(n),
            Endpoint(server.url, settings),
            passes=settings.passes,
            conditions=[settings.temperature, settings.max_new_tokens],
            ledger=ledger,
            workers=settings.workers,
        )
    finally:
        ledger.close()


def test_each_completion_is_judged_by_its_own_prompt(server: Server, tmp_path: Path) -> None:
    ratings = run(server, tmp_path)
    assert [(r.completion_id, r.status, r.rating) for r in ratings] == [
        (f"c{i}", "rated", 7) for i in range(3)
    ]
    prompts = sorted(request["messages"][1]["content"] for request in server.requests)
    assert ["return a + 0" in p for p in prompts] == [True, False, False]
    assert all(request["temperature"] == 0 for request in server.requests)


def test_what_was_judged_is_not_asked_again(server: Server, tmp_path: Path) -> None:
    first = run(server, tmp_path, passes=2)
    assert len(server.requests) == 6
    assert run(server, tmp_path, passes=2) == first
    assert len(server.requests) == 6
    run(server, tmp_path, n=4, passes=2)
    assert len(server.requests) == 8


def test_prose_is_unparsable_and_a_refusal_a_refusal(server: Server, tmp_path: Path) -> None:
    replies = {"Add 0.": "It is good.", "Add 1.": "I'm sorry, I cannot.", "Add 2.": "Rating: 3"}
    server.behave = lambda request, _: next(
        (200, text) for key, text in replies.items() if key in request["messages"][1]["content"]
    )
    found = [(r.status, r.rating) for r in run(server, tmp_path)]
    assert found == [("unparsable", None), ("refused", None), ("rated", 3)]


def test_a_failed_request_is_a_named_row_and_asked_again_next_time(
    server: Server, tmp_path: Path
) -> None:
    def fail_one(request: dict[str, Any], _: int) -> tuple[int, str]:
        bad = "Add 1." in request["messages"][1]["content"]
        return (500, "out of order") if bad else (200, "Rating: 4")

    server.behave = fail_one
    ratings = run(server, tmp_path)
    assert [r.status for r in ratings] == ["rated", "no_answer", "rated"]
    assert "out of order" in ratings[1].answer
    server.requests.clear()
    server.behave = lambda *_: (200, "Rating: 9")
    assert [r.rating for r in run(server, tmp_path)] == [4, 9, 4]
    assert len(server.requests) == 1


def test_a_request_that_fails_once_is_tried_again(server: Server, tmp_path: Path) -> None:
    server.behave = lambda _, number: (500, "busy") if number == 1 else (200, "Rating: 5")
    ratings = run(server, tmp_path, n=1, retries=2)
    assert [r.rating for r in ratings] == [5]
    assert len(server.requests) == 2


def test_an_endpoint_that_hangs_is_given_up_after_its_time(server: Server, tmp_path: Path) -> None:
    def hang(request: dict[str, Any], _: int) -> tuple[int, str]:
        if "Add 0." in request["messages"][1]["content"]:
            time.sleep(3)
        return 200, "Rating: 5"

    server.behave = hang
    started = time.monotonic()
    ratings = run(server, tmp_path, timeout_s=0.5)
    assert time.monotonic() - started < 3
    assert [r.status for r in ratings] == ["no_answer", "rated", "rated"]
    assert "Timeout" in ratings[0].answer


def test_an_endpoint_that_answers_nothing_stops_the_stage(server: Server, tmp_path: Path) -> None:
    server.behave = lambda *_: (500, "down")
    with pytest.raises(MissingError, match=r"none of 3 requests was answered .*down"):
        run(server, tmp_path)


def test_an_unknown_model_is_an_error_of_params(server: Server, tmp_path: Path) -> None:
    server.behave = lambda *_: (404, "no model judge")
    with pytest.raises(MissingError, match=r"no model judge; check judge_benchmark\.model"):
        run(server, tmp_path)


def test_a_key_that_is_not_set_is_named(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JUDGE_KEY", raising=False)
    with pytest.raises(MissingError, match="JUDGE_KEY is not set"):
        run(server, tmp_path, api_key_variable="JUDGE_KEY")
