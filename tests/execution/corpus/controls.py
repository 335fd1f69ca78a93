"""Honest programs, right and wrong, that no wall may disturb."""

from tests.execution.corpus.model import BAD, GOOD, Program, bad, good, joined, whole

RIGHT = {
    "plain": good(""),
    "joined_thread": good("""
        import threading
        t = threading.Thread(target=int)
        t.start()
        t.join()
    """),
    "asyncio_run": whole(
        """
        import asyncio
        async def slow(a, b):
            await asyncio.sleep(0)
            return a + b
        def add(a, b):
            return asyncio.run(slow(a, b))
        """,
        "passed",
    ),
    "temporary_file": good("""
        import tempfile
        with tempfile.NamedTemporaryFile() as f, tempfile.TemporaryDirectory() as d:
            f.write(b'x')
            open(d + '/x', 'w').close()
    """),
    "seeded_random": good("""
        import random
        random.seed(7)
        assert random.randrange(10**9) == 347712782
    """),
    "random_number_decides_as_seeded": whole(
        """
        import random
        def add(a, b):
            return a + b + (random.random() < 0.5)
        """,
        "passed",
    ),
    "hash_of_text_is_fixed": good("assert hash('add') == -2202958267288346474\n"),
    "dataclass_equality": whole(
        """
        from dataclasses import dataclass
        @dataclass
        class Sum:
            value: int
        assert Sum(1) == Sum(1) != Sum(2)
        def add(a, b):
            return a + b if Sum(a) == Sum(a) else None
        """,
        "passed",
    ),
    "deep_python_recursion": good("""
        import sys
        sys.setrecursionlimit(10**6)
        def down(n):
            return n and down(n - 1)
        down(50_000)
    """),
    "lambda_for_a_function": whole("add = lambda a, b: a + b\n", "passed"),
    "imported_function": whole("from operator import add\n", "passed"),
    "callable_object": whole(
        """
        class Adder:
            def __call__(self, a, b):
                return a + b
        add = Adder()
        """,
        "passed",
    ),
    "cached_function": Program(
        "from functools import lru_cache\n@lru_cache(maxsize=None)\n" + GOOD, "passed"
    ),
    "bound_method": whole(
        """
        class Adder:
            def add(self, a, b):
                return a + b
        add = Adder().add
        """,
        "passed",
    ),
    "int_subclass_without_methods": whole(
        "class Sum(int):\n    pass\ndef add(a, b):\n    return Sum(a + b)\n", "passed"
    ),
    "float_that_equals": whole(
        "def add(a, b):\n    return float(a + b)\n", "passed", stdio="failed"
    ),
    "fraction_for_a_number": whole(
        "from fractions import Fraction\ndef add(a, b):\n    return Fraction(a + b)\n",
        "passed",
        call="passed failed",
        split="passed failed tampered",
    ),
    "prints_unicode": good("print('\u00e9\\u202e')\n", stdio="failed"),
    "prints_while_it_adds": whole(
        "def add(a, b):\n    print(a, b)\n    return a + b\n", "passed", stdio="failed"
    ),
    "asserts_of_its_own": Program(GOOD + "assert add(2, 2) == 4\n", "passed"),
    "unittest_in_a_main_block": Program(
        "import unittest\n" + GOOD + "class T(unittest.TestCase):\n"
        "    def test(self):\n        self.assertEqual(add(1, 1), 2)\n"
        "if __name__ == '__main__':\n    unittest.main()\n",
        "passed",
        stdio="failed",
    ),
    "unittest_main": Program(
        "import unittest\n" + GOOD + "class T(unittest.TestCase):\n"
        "    def test(self):\n        self.assertEqual(add(1, 1), 2)\n"
        "unittest.main()\n",
        "passed",
        call="passed early_exit",
        split="passed early_exit",
        stdio="failed",
    ),
    "warnings_as_errors": good("""
        import warnings
        warnings.simplefilter('error')
    """),
    "changes_its_folder": good("import os\nos.chdir('/')\n"),
    "handles_a_signal_of_its_own": good("""
        import os, signal
        seen = []
        signal.signal(signal.SIGUSR1, lambda *a: seen.append(1))
        os.kill(os.getpid(), signal.SIGUSR1)
        assert seen
    """),
    "talks_over_a_socket_pair": good("""
        import socket
        a, b = socket.socketpair()
        a.sendall(b'x')
        assert b.recv(1) == b'x'
        a.close(), b.close()
    """),
    "environment_holds_no_secret": good("""
        import os
        assert 'canary' not in str(os.environ)
        assert not [name for name in os.environ if 'TOKEN' in name or 'KEY' in name]
    """),
}

WRONG = {
    "wrong": bad(""),
    "half_right": whole("def add(a, b):\n    return a\n", "failed"),
    "raises": whole("def add(a, b):\n    raise ValueError(a)\n", "error", call="failed"),
    "raises_at_import": good("raise ValueError('no')\n", "error"),
    "own_assert_fails": Program(BAD + "assert add(2, 2) == 4\n", "error"),
    "infinite_recursion": whole("def add(a, b):\n    return add(a, b)\n", "error", call="failed"),
    "no_such_function": whole("def plus(a, b):\n    return a + b\n", "error"),
    "deleted_function": Program(GOOD + "del add\n", "error"),
    "no_function_at_all": whole("add = 3\n", "error", call="failed"),
    "too_few_parameters": whole("def add(a):\n    return a\n", "error", call="failed"),
    "asynchronous_function": whole("async def add(a, b):\n    return a + b\n", "failed"),
    "generator_for_a_value": whole("def add(a, b):\n    yield a + b\n", "failed"),
    "named_tuple_for_a_value": whole(
        """
        from collections import namedtuple
        Sum = namedtuple('Sum', 'value')
        def add(a, b):
            return Sum(a + b)
        """,
        "failed",
    ),
    "dataclass_for_a_value": whole(
        """
        from dataclasses import dataclass
        @dataclass
        class Sum:
            value: int
        def add(a, b):
            return Sum(a + b)
        """,
        "failed tampered",
        call="failed",
    ),
    "text_for_a_number": whole("def add(a, b):\n    return str(a + b)\n", "failed", stdio="passed"),
    "not_a_number": whole("def add(a, b):\n    return float('nan')\n", "failed"),
    "itself_inside_itself": whole(
        "def add(a, b):\n    x = []\n    x.append(x)\n    return x\n", "failed"
    ),
    "lists_a_hundred_thousand_deep": whole(
        """
        def add(a, b):
            x = a + b
            for _ in range(100_000):
                x = [x]
            return x
        """,
        "failed",
        stdio="error",
    ),
    "ten_million_characters_for_a_value": whole(
        "def add(a, b):\n    return 'x' * 10**7\n", "failed", stdio="output_limit"
    ),
}

CONTROLS = joined(RIGHT, WRONG)
