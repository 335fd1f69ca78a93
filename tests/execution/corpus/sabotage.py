"""Programs that change what the harness or the language is made of, or themselves, as they run."""

from tests.execution.corpus.model import BAD, Program, bad, good, joined, whole

REPLACED = {
    "len_replaced": bad(
        "import builtins\nbuiltins.len = lambda x: 3\n",
        "tampered",
        call="failed",
        split="failed early_exit",
        stdio="failed",
    ),
    "all_replaced": bad(
        "import builtins\nbuiltins.all = lambda x: True\n",
        "tampered",
        call="failed",
        split="failed",
        stdio="failed",
    ),
    "assertion_error_replaced": bad(
        """
        import builtins
        class Done(SystemExit):
            pass
        builtins.AssertionError = Done
        """,
        "tampered",
        call="failed",
        split="failed",
        stdio="failed",
    ),
    "assertion_error_of_its_own": bad("class AssertionError(SystemExit):\n    pass\n"),
    "exec_and_compile_replaced": bad(
        "import builtins\nbuiltins.exec = builtins.compile = lambda *a, **k: None\n",
        "tampered",
        call="failed",
        split="failed",
        stdio="failed",
    ),
    "import_replaced": bad(
        "import builtins\nbuiltins.__import__ = lambda *a, **k: builtins\n",
        "tampered",
        call="failed",
        split="failed",
        stdio="failed",
    ),
    "builtins_cleared": Program(
        "import builtins\n" + BAD + "vars(builtins).clear()\n",
        "tampered",
        call="failed",
        split="failed early_exit",
        stdio="error",
    ),
    "builtins_of_its_own": bad("__builtins__ = {'AssertionError': SystemExit}\n"),
    "settrace": good(
        "import sys\nsys.settrace(lambda *a: None)\n",
        "tampered",
        call="passed",
        split="passed",
        stdio="passed",
    ),
    "setprofile": good(
        "import sys\nsys.setprofile(lambda *a: None)\n",
        "tampered",
        call="passed",
        split="passed",
        stdio="passed",
    ),
    "unittest_asserts_replaced": Program(
        "import unittest\nunittest.TestCase.assertEqual = lambda *a: None\n"
        + BAD
        + "class T(unittest.TestCase):\n    def test(self):\n"
        "        self.assertEqual(add(1, 2), 3)\n",
        "failed tampered",
        call="failed",
        split="failed",
        stdio="failed",
    ),
    "os_functions_replaced": bad(
        "import os\nos.write = lambda *a: 0\nos._exit = lambda code: None\n",
        split="failed early_exit timeout",
    ),
    "resource_functions_replaced": bad("""
        import os, resource
        resource.getrusage = resource.setrlimit = lambda *a: os._exit(0)
    """),
    "json_and_marshal_replaced": bad(
        """
        import json, marshal
        json.loads = json.dumps = lambda *a, **k: ['value', 3, {}]
        marshal.loads = marshal.dumps = lambda *a: (1, 2)
        """,
        split="failed early_exit",
    ),
    "math_module_replaced": bad("""
        import sys, types
        fake = types.ModuleType('math')
        fake.isclose = lambda *a, **k: True
        sys.modules['math'] = fake
    """),
    "all_modules_removed": bad("import sys\nsys.modules.clear()\n"),
    "no_more_imports": bad("import sys\nsys.meta_path.clear()\nsys.path_hooks.clear()\n"),
    "importer_that_leaves": bad("""
        import os, sys
        class Finder:
            def find_spec(self, name, path=None, target=None):
                os._exit(0)
        sys.meta_path.insert(0, Finder())
    """),
    "library_shadowed_in_scratch": bad("""
        import sys
        for name in ('unittest', 'marshal', 'hashlib', 'traceback', 'linecache', 'resource'):
            with open(name + '.py', 'w') as f:
                f.write('import os\\nos._exit(0)\\n')
        sys.path.insert(0, '.')
    """),
    "codecs_replaced": bad("""
        import codecs, encodings.utf_8
        for name in ('strict', 'replace', 'ignore', 'backslashreplace', 'surrogateescape'):
            codecs.register_error(name, lambda error: ('passed', error.end))
        encodings.utf_8.encode = encodings.utf_8.decode = lambda *a: (b'passed', 6)
    """),
    "frame_hooks_of_threads": bad("""
        import threading
        threading.settrace(lambda *a: None)
        threading.setprofile(lambda *a: None)
    """),
}

SWAPPED = {
    "swaps_itself": whole(
        """
        def add(a, b):
            global add
            add = lambda a, b: 0
            return a + b + 1
        """,
        "failed",
    ),
    "decorator_that_swaps": whole(
        """
        def once(function):
            calls = []
            def wrapped(a, b):
                calls.append(1)
                return function(a, b) if len(calls) > 1 else a * b
            return wrapped
        @once
        def add(a, b):
            return a + b
        """,
        "failed",
    ),
    "swaps_its_code": whole(
        """
        def right(a, b):
            return a + b
        def add(a, b):
            add.__code__ = right.__code__
            return a * b
        """,
        "failed",
    ),
    # The report may be descriptor 3, and what is expected is 3.
    "rewrites_a_small_number": whole(
        """
        import ctypes, os
        def add(a, b):
            ctypes.memmove(id(3) + 24, b'\\7\\0\\0\\0' if a else b'\\3\\0\\0\\0', 4)
            return 7 * a
        try:
            os.dup2(3, 7)
        except OSError:
            pass
        """,
        "tampered",
        call="failed",
        split="failed early_exit",
        stdio="failed",
    ),
    "raises_in_the_harness_by_a_timer": bad(
        """
        import signal
        def ring(*a):
            raise SystemExit(0)
        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
        """,
        "early_exit failed error tampered",
    ),
    "raises_in_the_harness_from_a_thread": bad(
        """
        import ctypes, threading, time
        main = ctypes.c_ulong(threading.main_thread().ident)
        def ring():
            while True:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(main, ctypes.py_object(SystemExit))
                time.sleep(0.0001)
        threading.Thread(target=ring, daemon=True).start()
        """,
        "early_exit failed error tampered",
    ),
    "recursion_limit_lowered": bad(
        """
        import sys
        for limit in range(1, 100):
            try:
                sys.setrecursionlimit(limit)
                break
            except RecursionError:
                pass
        """,
        "failed error early_exit",
    ),
    "memory_used_up_before_it_answers": bad("""
        hog = []
        try:
            while True:
                hog.append(bytearray(10**6))
        except MemoryError:
            pass
    """),
}

SABOTAGE = joined(REPLACED, SWAPPED)
