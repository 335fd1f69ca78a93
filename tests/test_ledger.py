"""The ledger of finished work."""

import multiprocessing
from pathlib import Path

import pytest

from codepref.errors import MissingError
from codepref.ledger import Ledger


def add_many(path: Path, writer: int) -> None:
    ledger = Ledger(path)
    for i in range(200):
        ledger.put(f"{writer}/{i}", {"writer": writer, "i": i})
        ledger.put(f"shared/{i}", i)


def test_values_outlive_the_process(tmp_path: Path) -> None:
    Ledger(tmp_path / "l.sqlite").put("k", {"text": "é\n", "n": 1.5})
    assert Ledger(tmp_path / "l.sqlite").get(["k", "other"]) == {"k": {"text": "é\n", "n": 1.5}}


def test_the_first_value_of_a_key_stays(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l.sqlite")
    ledger.put("k", 1)
    ledger.put("k", 2)
    assert ledger.get(["k"]) == {"k": 1}


def test_more_keys_than_one_query_holds_are_found(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l.sqlite")
    for i in range(1203):
        ledger.put(str(i), i)
    assert ledger.get(map(str, range(1300))) == {str(i): i for i in range(1203)}


def test_two_processes_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=add_many, args=(path, n)) for n in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    keys = [f"{w}/{i}" for w in (0, 1, "shared") for i in range(200)]
    assert len(Ledger(path).get(keys)) == 600


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(MissingError, match=r"l\.sqlite: file is not a database"):
        Ledger(path)
