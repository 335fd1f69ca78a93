"""Files to seeds and rejects."""

import random
import time

import pytest

from codepref.config import load_section
from codepref.errors import DataError
from codepref.seeds.config import GatherSeedsConfig, Rules, StdlibSource
from codepref.seeds.gather import ALWAYS_ON, OVER_LIMIT, UNCHECKED, gather_seeds
from codepref.seeds.sources import UnusableFile, stdlib_files
from tests.seeds.seed_config import CONFIG, NO_TASKS, no_faults, source_file, with_rules

OPERATIONS = ["x + 1", "x * 2", "[x, x]", "str(x)", "x is None", "-x", "x[0]", "(x,)"]


def function(name: str, result: str = "x") -> str:
    return f'def {name}(x):\n    """Give the {name} of x."""\n    return {result}\n'


FILES = [
    source_file(function("double", "x * 2") + function("_hidden"), "b.py"),
    source_file("import math\n" + function("root", "math.sqrt(x)"), "a.py"),
    source_file("def broken(:\n", "c.py"),
    UnusableFile("here 1", "d.py", "0" * 64, "unreadable_file", "bad byte"),
]


def test_a_seed_is_self_contained_and_says_where_it_is_from() -> None:
    (seed,) = (
        seed
        for seed in gather_seeds(FILES, NO_TASKS, CONFIG, no_faults).seeds
        if seed.name == "root"
    )
    namespace: dict[str, object] = {}
    exec(seed.code, namespace)
    assert namespace["root"](9) == 3  # type: ignore[operator]
    assert (seed.path, seed.source, seed.licence) == ("a.py", "here 1", "MIT")
    assert (seed.docstring, seed.imports) == ("Give the root of x.", ["math"])


def test_every_function_is_a_seed_or_a_reject_and_every_rule_is_counted() -> None:
    gathered = gather_seeds(FILES, NO_TASKS, CONFIG, no_faults)
    metrics = gathered.metrics()
    rejected = metrics["rejected"]
    assert isinstance(rejected, dict)
    assert set(rejected) == {*ALWAYS_ON, *Rules.model_fields, *UNCHECKED, OVER_LIMIT}
    assert {rule: n for rule, n in rejected.items() if n} == {
        "private_name": 1,
        "syntax_error": 1,
        "unreadable_file": 1,
    }
    assert (metrics["files"], metrics["functions"], metrics["seeds"]) == (4, 3, 2)
    assert {reject.path for reject in gathered.rejects} == {"b.py", "c.py", "d.py"}


def test_the_order_of_files_does_not_matter() -> None:
    shuffled = random.Random(1).sample(FILES, len(FILES))
    assert gather_seeds(shuffled, NO_TASKS, CONFIG, no_faults) == gather_seeds(
        FILES, NO_TASKS, CONFIG, no_faults
    )


def test_of_exact_duplicates_the_first_path_stays() -> None:
    files = [source_file(function("f"), path) for path in ("z.py", "a.py", "m.py")]
    gathered = gather_seeds(files, NO_TASKS, CONFIG, no_faults)
    assert [seed.path for seed in gathered.seeds] == ["a.py"]
    assert [(r.rule, r.detail) for r in gathered.rejects] == [("exact_duplicate", "of a.py")] * 2


def test_a_near_duplicate_goes_only_while_the_rule_is_on() -> None:
    body = "\n".join(f"    {word} = x" for word in ("alpha", "beta", "gamma", "delta", "eps"))
    texts = [f'def f{i}(x):\n    """Give x."""\n{body}\n    return x\n' for i in range(2)]
    files = [source_file(text, f"{i}.py") for i, text in enumerate(texts)]
    config = with_rules(too_long=False)
    assert [reject.rule for reject in gather_seeds(files, NO_TASKS, config, no_faults).rejects] == [
        "near_duplicate"
    ]
    config = with_rules(too_long=False, near_duplicate=False)
    assert len(gather_seeds(files, NO_TASKS, config, no_faults).seeds) == 2


def test_a_sample_does_not_depend_on_functions_that_are_not_in_it() -> None:
    files = [source_file(function(f"f{i}", text), f"{i}.py") for i, text in enumerate(OPERATIONS)]
    config = with_rules(near_duplicate=False).model_copy(update={"limit": 3})
    drawn = gather_seeds(files, NO_TASKS, config, no_faults)
    assert (len(drawn.seeds), drawn.survivors) == (3, 8)
    assert [reject.rule for reject in drawn.rejects] == [OVER_LIMIT] * 5
    kept = {seed.path for seed in drawn.seeds}
    others = [file for file in files if file.path not in kept][1:]
    again = gather_seeds(
        [*others, *(f for f in files if f.path in kept)], NO_TASKS, config, no_faults
    )
    assert again.seeds == drawn.seeds


def test_a_docstring_with_half_a_character_is_kept_as_its_escape() -> None:
    text = 'def f(x):\n    """Give \\ud800."""\n    return x\n'
    (seed,) = gather_seeds([source_file(text)], NO_TASKS, CONFIG, no_faults).seeds
    assert seed.docstring == "Give \\ud800."


def test_no_seeds_left_says_which_rules_took_them() -> None:
    files = [source_file(function("_a") + function("_b") + "def c(x):\n    return x\n")]
    with pytest.raises(DataError, match="3 functions in 1 files: private_name 2, no_docstring 1"):
        gather_seeds(files, NO_TASKS, CONFIG, no_faults)


def test_the_whole_standard_library_gives_seeds_that_compile_within_a_minute() -> None:
    config = load_section("gather_seeds", GatherSeedsConfig).model_copy(update={"limit": 0})
    (source,) = config.sources
    assert isinstance(source, StdlibSource)
    start = time.process_time()
    gathered = gather_seeds(
        stdlib_files(source, config.max_file_bytes), NO_TASKS, config, no_faults
    )
    assert time.process_time() - start < 60
    assert len(gathered.seeds) == gathered.survivors > 100
    for seed in gathered.seeds:
        compile(seed.code, seed.path, "exec")
