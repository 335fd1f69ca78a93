"""A real HTTP server that speaks OpenAI's protocol, well or badly, and what is asked of it."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from codepref.judge.config import JudgeCompletionsConfig

Behaviour = Callable[[dict[str, Any], int], tuple[int, object]]
CONFIG: dict[str, object] = {
    "url": "http://unused/v1",
    "model": "judge",
    "api_key_variable": None,
    "start": "m-pretrained",
    "max_model_len": 2048,
    "startup_timeout_s": 60.0,
    "second_judge": None,
    "passes": 1,
    "temperature": 0.0,
    "max_new_tokens": 64,
    "timeout_s": 5.0,
    "retries": 0,
    "max_failures": 100,
    "workers": 2,
    "confidence": 0.95,
    "resamples": 100,
    "seed": 0,
}


def make_config(**changes: object) -> JudgeCompletionsConfig:
    return JudgeCompletionsConfig.model_validate({**CONFIG, **changes})


def prompt_of(request: dict[str, Any]) -> str:
    return str(request["messages"][1]["content"])


class FakeEndpoint:
    """Keeps the requests and answers as told: a text is wrapped, any other body sent as it is."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.behave: Behaviour = lambda _request, _number: (200, "Rationale: ok.\nRating: 7")
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                endpoint.requests.append(body)
                endpoint.keys.append(self.headers["Authorization"])
                status, said = endpoint.behave(body, len(endpoint.requests))
                if isinstance(said, str):
                    said = _completion(said) if status == 200 else {"error": {"message": said}}
                content = said if isinstance(said, bytes) else json.dumps(said).encode()
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.end_headers()
                    self.wfile.write(content)
                except BrokenPipeError:
                    pass  # who asked has gone

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _completion(text: str) -> dict[str, object]:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    head = {"id": "x", "object": "chat.completion", "created": 0, "model": "judge"}
    return {**head, "choices": [choice]}
