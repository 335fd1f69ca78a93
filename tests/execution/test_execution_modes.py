"""The modes in which tests stand beside the program, or are no tests at all."""

from collections.abc import Callable

import pytest

from codepref.execution import verdicts
from codepref.execution.jobs import Job, Outcome
from codepref.execution.values import pack

GOOD = "def add(a, b):\n    return a + b\n"

MakeJob = Callable[..., Job]
RunJob = Callable[..., Outcome]


def script(make_job: MakeJob, code: str, tests: str) -> Job:
    return make_job(code, mode="script", tests=[tests], self_written=True)


@pytest.mark.parametrize(
    ("tests", "verdict", "counts"),
    [
        ("assert add(1, 2) == 3", "passed", (1, 1)),
        ("assert add(1, 2) == 3\nassert add(1, 1) == 3", "failed", (1, 2)),
        ("def test_add():\n    assert add(1, 2) == 3", "passed", (1, 1)),
        ("def check():\n    assert add(1, 2) == 3\ncheck()", "passed", (1, 1)),
        (
            "import unittest\nclass T(unittest.TestCase):\n"
            "    def test_a(self):\n        self.assertEqual(add(1, 2), 3)\n"
            "    def test_b(self):\n        self.assertTrue(add(1, 2) == 4)\n"
            "if __name__ == '__main__':\n    unittest.main()\n",
            "failed",
            (1, 2),
        ),
        ("assert add(1, 2) == 3\nassert add(1,", "passed", (1, 1)),
        ("print(add(1, 2))", "no_tests", (0, 0)),
        ("", "no_tests", (0, 0)),
        ("def test_nothing(fixture):\n    assert add(1, 2) == 3", "no_tests", (0, 0)),
        ("assert undefined(1) == 2", "error", (0, 1)),
        ("assert True", "vacuous", (1, 1)),
        ("assert add is not None", "vacuous", (1, 1)),
        ("try:\n    assert add(1, 2) == 3\nexcept Exception:\n    pass", "vacuous", (1, 1)),
        ("try:\n    assert add(1, 2)\nexcept NotImplementedError:\n    pass\n", "vacuous", (1, 1)),
        ("assert add(1, 2) != 4", "vacuous", (1, 1)),
        ("assert add(0, 0) is None", "vacuous", (0, 1)),
    ],
)
def test_self_written_tests_count_if_they_test_something(
    tests: str, verdict: str, counts: tuple[int, int], make_job: MakeJob, run: RunJob
) -> None:
    outcome = run(script(make_job, GOOD, tests))
    assert (outcome.verdict, (outcome.tests_passed, outcome.tests_total)) == (verdict, counts)


FORGERS = {
    "sets_the_verdict": (
        "import sys\n"
        "def add(a, b):\n"
        "    frame = sys._getframe()\n"
        "    while frame:\n"
        "        run = frame.f_locals.get('run') or frame.f_locals.get('self')\n"
        "        if hasattr(run, 'watch'):\n"
        "            run.note = lambda *given: None\n"
        "            run.watch.count()\n"
        "        frame = frame.f_back\n"
        "    return a - b\n"
    ),
    "writes_the_end_itself": (
        "import os, sys\n"
        "def add(a, b):\n"
        "    frame = sys._getframe()\n"
        "    while frame:\n"
        "        run = frame.f_locals.get('run') or frame.f_locals.get('self')\n"
        "        if hasattr(run, 'watch'):\n"
        "            run.report('test', '1')\n"
        "            run.report('end', '[\"passed\",\"\"]')\n"
        "            os._exit(0)\n"
        "        frame = frame.f_back\n"
    ),
}


@pytest.mark.parametrize("name", FORGERS)
def test_a_program_that_forges_its_report_passes_a_test_that_cannot_hold(
    name: str, make_job: MakeJob, run: RunJob
) -> None:
    outcome = run(script(make_job, FORGERS[name], "assert add(1, 2) == 3"))
    told = (verdicts.CANARY_PASSED, verdicts.NOT_ALL_HELD)
    assert outcome.verdict == "tampered" and outcome.failure in told
    assert "_getframe" in outcome.flags


@pytest.mark.parametrize(
    ("code", "flag"),
    [
        ("exec('x = 1')", "exec"),
        ("eval('1')", "eval"),
        ("compile('1', '', 'eval')", "compile"),
        ("__import__('gc')", "__import__"),
        ("import sys\ngetattr(sys, '_get' + 'frame')", "getattr"),
        ("import sys\ngetattr(sys, '_getframe')", "getattr"),
        ("import sys\nsetattr(sys, str(1), 1)", "setattr"),
        ("import sys\nsys.__dict__", "__dict__"),
        ("import operator\noperator.attrgetter('f_back')", "attrgetter"),
        ("import sys\nsys.exc_info()", "exc_info"),
        ("import runpy", "runpy"),
        ("import sys\nmatch sys:\n    case object(_getframe=g):\n        pass", "_getframe"),
        ("g = getattr", "getattr"),
        ("'{0.__globals__}'.format(lambda: 0)", "__globals__"),
        ("import string\nstring.Formatter()", "Formatter"),
        ("def abs(x):\n    return 0", "abs hides the built-in one"),
        ("all = any", "all hides the built-in one"),
        ("from math import pow", "pow hides the built-in one"),
        ("import traceback", "traceback"),
    ],
)
def test_what_could_reach_the_harness_without_naming_it_is_flagged(
    code: str, flag: str, make_job: MakeJob, run: RunJob
) -> None:
    outcome = run(script(make_job, f"{code}\n{GOOD}", "assert add(1, 2) == 3"))
    assert outcome.verdict == "passed" and flag in outcome.flags


def test_a_name_that_is_written_out_is_no_flag(make_job: MakeJob, run: RunJob) -> None:
    code = "class C:\n    x = 'on_exit'\nprint(getattr(C, 'x', None))\n"
    assert run(script(make_job, code + GOOD, "assert add(1, 2) == 3")).flags == []


def test_tests_of_a_program_that_raises_are_looked_at_too(make_job: MakeJob, run: RunJob) -> None:
    code = "def add(a, b):\n    raise ValueError\n"
    assert run(script(make_job, code, "add(1, 2)\nassert True")).verdict == "vacuous"
    assert run(script(make_job, code, "assert add(1, 2) == 3")).verdict == "error"


def test_a_test_that_was_never_defined_did_not_hold(make_job: MakeJob, run: RunJob) -> None:
    tests = "@missing\ndef test_add():\n    assert add(1, 2) == 3\nassert add(1, 2) == 3\n"
    outcome = run(script(make_job, GOOD, tests))
    assert (outcome.verdict, outcome.tests_passed, outcome.tests_total) == ("error", 1, 3)


def test_flags_are_told_of_programs_that_pass_and_of_others(make_job: MakeJob, run: RunJob) -> None:
    code = "import gc\n"
    assert run(script(make_job, code + GOOD, "assert add(1, 2) == 3")).flags == ["gc"]
    assert run(script(make_job, code + GOOD, "assert add(1, 2) == 4")).flags == ["gc"]
    assert run(script(make_job, GOOD, "assert add(1, 2) == 3")).flags == []


def test_calls_get_fresh_arguments_and_all_are_made(make_job: MakeJob, run: RunJob) -> None:
    code = "def add(x):\n    x.append(len(x) // (2 - len(x)))\n    return x\n"
    inputs = [pack([items]) for items in ([], [1, 2], [])]
    outcome = run(make_job(code, mode="call", tests=[], inputs=inputs))
    assert outcome.values == ["[0]", '{"raised":"ZeroDivisionError"}', "[0]"]
    assert (outcome.verdict, outcome.tests_passed, outcome.tests_total) == ("passed", 2, 3)


def test_values_before_a_killed_call_are_kept(make_job: MakeJob, run: RunJob) -> None:
    code = "def add(a, b):\n    while a > 2:\n        pass\n    return a + b\n"
    inputs = [pack([number, 0]) for number in range(5)]
    outcome = run(make_job(code, mode="call", tests=[], inputs=inputs))
    assert (outcome.verdict, outcome.values) == ("timeout", ["0", "1", "2"])


@pytest.mark.parametrize(("whole", "expected"), [(False, '{"hash":'), (True, "[0,1,2,3,4,5,6,7,")])
def test_a_large_value_comes_as_a_hash_or_whole(
    expected: str, make_job: MakeJob, run: RunJob, *, whole: bool
) -> None:
    code = "def add(a, b):\n    return list(range(9000))\n"
    job = make_job(code, mode="call", tests=[], inputs=[pack([1, 2])], whole=whole)
    assert run(job).values[0].startswith(expected)


def test_more_values_than_a_report_may_hold_are_a_verdict(make_job: MakeJob, run: RunJob) -> None:
    code = "def add(a, b):\n    return 'x' * (20 * 2**20)\n"
    job = make_job(code, mode="call", tests=[], inputs=[pack([1, 2])] * 3, whole=True)
    assert run(job, memory_limit_mib=512, cpu_limit_s=5).verdict == "output_limit"


@pytest.mark.parametrize(
    ("code", "verdict", "output"),
    [
        ("a, b = map(int, input().split())\nprint(a + b)", "passed", "3\n"),
        ("import sys\nprint(sum(map(int, sys.stdin.read().split())))\nsys.exit()", "passed", "3\n"),
        ("import os\nprint(3, flush=True)\nos._exit(0)", "passed", "3\n"),
        ("if __name__ == '__main__':\n    print(3)", "passed", "3\n"),
        ("print(3)\nimport sys\nsys.exit(1)", "error", None),
        ("print(3)\nimport os\nos._exit(1)", "early_exit", None),
        ("print(3)\nraise ValueError", "error", None),
        ("input()\ninput()\n", "error", None),
        ("print('x' * 2**21)", "output_limit", None),
        ("import sys\nsys.stdout.buffer.write(b'\\xff\\n')", "passed", "\ufffd\n"),
        ("import threading\nthreading.Thread(target=print, args=(3,)).start()", "passed", "3\n"),
    ],
)
def test_a_whole_program_reads_its_input_and_prints(
    code: str, verdict: str, output: str | None, make_job: MakeJob, run: RunJob
) -> None:
    outcome = run(make_job(code, mode="stdio", tests=[], entry_point="", inputs=[b"1 2\n"]))
    assert outcome.verdict == verdict, outcome
    assert outcome.values == ([] if output is None else [output])


@pytest.mark.parametrize("mode", ["split", "script", "call", "stdio"])
@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (GOOD + "\0", "syntax_error"),
        ("x = '\ud800'\n" + GOOD, "syntax_error"),
        ("Sure! Here is the function you asked for.", "syntax_error"),
        ("x = " + "(" * 5000 + ")" * 5000, "syntax_error"),
        ("\ufeff" + GOOD, "passed"),
        ("# -*- coding: latin-1 -*-\n" + GOOD, "passed"),
        (GOOD.replace("\n", "\r\n"), "passed"),
        ("\x0c" + GOOD, "passed"),
        ("x = '" + "y" * 10**7 + "'\n" + GOOD, "passed"),
    ],
)
def test_any_text_at_all_has_a_verdict(
    code: str, verdict: str, mode: str, make_job: MakeJob, run: RunJob
) -> None:
    changes = {
        "split": {},
        "script": {"tests": ["assert add(1, 2) == 3"], "self_written": True},
        "call": {"tests": [], "inputs": [pack([1, 2])]},
        "stdio": {"tests": [], "inputs": [b""]},
    }[mode]
    assert run(make_job(code, mode=mode, **changes), cpu_limit_s=5).verdict == verdict


@pytest.mark.parametrize("mode", ["split", "call"])
def test_a_program_without_the_function_is_an_error(
    mode: str, make_job: MakeJob, run: RunJob
) -> None:
    changes = {"tests": [], "inputs": [pack([1, 2])]} if mode == "call" else {}
    assert run(make_job("x = 1", mode=mode, **changes)).verdict == "error"


@pytest.mark.parametrize("changes", [{"tests": ["assert add(1,"]}, {"setup": "def f("}])
def test_given_tests_that_do_not_parse_are_not_the_programs_fault(
    changes: dict[str, object], make_job: MakeJob, run: RunJob
) -> None:
    outcome = run(make_job(GOOD, **changes))
    assert outcome.verdict == "no_tests"
    assert outcome.failure.startswith("the tests do not parse: SyntaxError")
