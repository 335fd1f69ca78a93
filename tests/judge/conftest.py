from collections.abc import Iterator

import openai  # noqa: F401  # takes seconds, which no time limit of a test holds
import pytest

from tests.judge.fake_endpoint import FakeEndpoint


@pytest.fixture
def endpoint() -> Iterator[FakeEndpoint]:
    made = FakeEndpoint()
    yield made
    made.close()
