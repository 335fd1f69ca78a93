"""Imports that names suggest."""

from pathlib import Path

import pytest

from codepref.seeds import inference
from codepref.seeds.functions import Function, find_functions
from codepref.seeds.gather import gather_seeds
from codepref.seeds.inference import infer_imports
from tests.seeds.seed_config import CONFIG, NO_TASKS, no_faults, source_file

STARRED = (
    'from tools import *\n\n\ndef f(x):\n    """Give x as JSON."""\n    return json.dumps(x)\n'
)


def statements(*names: str) -> list[str]:
    return [item.statement for item in infer_imports(names, 10)]


def only(text: str) -> Function:
    (function,) = find_functions(source_file(text))
    return function


def test_modules_types_and_common_names_of_the_standard_library_are_found() -> None:
    assert statements("json", "Path", "List") == [
        "from typing import List",
        "from pathlib import Path",
        "import json",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "numpy",  # installed here
        "codepref",  # the project of the current directory
        "BaseModel",  # in autoimport's own list, not in the standard library
        "tz",
        "_thread",
        "argv",  # what typing happens to import
        "LIMIT",
        "__file__",
    ],
)
def test_other_names_have_none(name: str) -> None:
    assert statements(name) == []


def test_a_module_beside_the_work_is_no_candidate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "beside.py").write_text("raise SystemExit('imported')\n")
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert statements("beside", tmp_path.name) == []


def test_a_search_that_takes_too_long_gives_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(self: object) -> str:
        del self
        while True:
            pass

    monkeypatch.setattr(inference.StandardLibraryOnly, "fix", endless)
    assert infer_imports(["calendar"], 0.05) == ()
    inference._infer_import.cache_clear()


def test_a_seed_gains_the_import_above_its_unchanged_text_and_is_counted() -> None:
    gathered = gather_seeds([source_file(STARRED)], NO_TASKS, CONFIG, no_faults)
    (seed,) = gathered.seeds
    assert seed.code == f"import json\n\n\n{only(STARRED).text}\n"
    assert seed.imports == ["json"]
    assert gathered.metrics()["inferred_imports"] == 1


def test_without_inference_the_name_is_undefined() -> None:
    config = CONFIG.model_copy(update={"infer_imports": False})
    two = [
        source_file(STARRED),
        source_file('def g(x):\n    """Give x."""\n    return x\n', "b.py"),
    ]
    (reject,) = gather_seeds(two, NO_TASKS, config, no_faults).rejects
    assert (reject.rule, reject.detail) == ("undefined_name", "json")


@pytest.mark.parametrize(
    "text",
    [
        "json = load()\n\n\ndef f(x):\n    return json.dumps(x)\n",
        "from . import json\n\n\ndef f(x):\n    return json.dumps(x)\n",
        "def copy(y):\n    return y\n\n\ndef f(x):\n    return copy(x)\n",
    ],
)
def test_a_name_that_the_module_binds_itself_is_never_inferred(text: str) -> None:
    function = next(item for item in find_functions(source_file(text)) if item.name == "f")
    assert function.inferable == frozenset()
    assert function.undefined != []


def test_a_builtin_that_the_module_rebinds_is_taken_from_the_module() -> None:
    function = only("from codecs import open\n\n\ndef f(x):\n    return open(x)\n")
    assert function.code.startswith("from codecs import open\n")
    text = "open = None\n\n\ndef f(x):\n    return open(x)\n"
    assert only(text).undefined == ["open"]
