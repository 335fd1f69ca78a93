"""A bench that really measures, where an isolation works."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from codepref.errors import MissingError
from codepref.ledger import Ledger
from codepref.performance.meters import Bench, open_bench
from tests.performance.made import make_config


@pytest.fixture(scope="session")
def bench() -> Iterator[Bench]:
    """CPU time in the first walls that hold here."""
    try:
        with open_bench(make_config()) as made:
            yield made
    except MissingError as error:
        sys.__stderr__.write(f"\nNO ISOLATION HERE, nothing is measured: {error}\n")  # type: ignore[union-attr]
        pytest.skip(f"no isolation works here: {error}")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(tmp_path / "performance.sqlite")
    yield made
    made.close()
