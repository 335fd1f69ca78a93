"""Programs with a wrong add that look for the harness's report, or for what is expected.

None of them may pass, in any mode: who knows the harness can at most be caught at it.
"""

from tests.execution.corpus.model import bad, good, joined, whole

REPORTS = {
    "prints_passed": bad("print('PASS passed done OK end 3')\n"),
    "writes_to_every_descriptor": bad(
        """
        import os
        for fd in range(3, 64):
            for line in (b'done', b'end ["passed",""]', b'end ["passed","",0.0,0.0]'):
                try:
                    os.write(fd, b'\\n' + line + b'\\n')
                except OSError:
                    pass
        os._exit(0)
        """,
        "early_exit",
        split="early_exit tampered",
        stdio="failed",
    ),
    "noise_on_every_descriptor": bad(
        """
        import os, threading, time
        def noise():
            while True:
                for fd in range(3, 16):
                    try:
                        os.write(fd, b'["passed",""]')
                    except OSError:
                        pass
                time.sleep(0.001)
        threading.Thread(target=noise, daemon=True).start()
        time.sleep(0.02)
        """,
        split="early_exit tampered",
    ),
    "closes_every_descriptor": bad("import os\nos.closerange(3, 64)\n", "early_exit"),
    "replaces_every_descriptor": bad(
        "import os\nfor fd in range(3, 64):\n    os.dup2(1, fd)\n", "early_exit", stdio="failed"
    ),
    "replaces_every_descriptor_by_a_file": bad(
        """
        import os
        mine = os.open('mine', os.O_RDWR | os.O_CREAT)
        for fd in range(3, 64):
            os.dup2(mine, fd)
        """,
        "early_exit",
        split="early_exit tampered",
        stdio="failed",
    ),
    "empties_every_descriptor": bad(
        """
        import os
        for fd in range(3, 64):
            try:
                os.ftruncate(fd, 0)
            except OSError:
                pass
        """,
        "failed tampered",
        split="failed",
    ),
    "punches_holes_in_every_descriptor": bad(
        """
        import ctypes
        fallocate = ctypes.CDLL(None).fallocate64
        for fd in range(3, 64):
            fallocate(fd, 3, ctypes.c_int64(0), ctypes.c_int64(1 << 20))
        """,
        "failed tampered",
        split="failed",
    ),
    "floods_every_descriptor": bad(
        """
        import os
        for fd in range(3, 64):
            try:
                while True:
                    os.write(fd, b'x' * 65536)
            except OSError:
                pass
        """,
        "output_limit",
        split="tampered early_exit",
    ),
    "files_may_not_grow": bad(
        "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n",
        "early_exit failed",
        split="failed",
    ),
    "reads_every_descriptor": good("""
        import os
        for fd in range(3, 64):
            try:
                found = os.pread(fd, 10**6, 0)
            except OSError:
                continue
            raise SystemError(found)
    """),
    "reads_descriptors_opened_anew": good(
        """
        import os
        for fd in range(3, 64):
            for folder in ('/dev/fd', '/proc/self/fd', '/proc/thread-self/fd'):
                try:
                    anew = os.open(f'{folder}/{fd}', os.O_RDONLY | os.O_NONBLOCK)
                    found = os.read(anew, 10**6)
                except OSError:
                    continue
                if found:
                    raise SystemError(found)
    """,
        landlock="passed error",
    ),  # its own report, in script mode, where frames show it too
    "forges_what_a_descriptor_opened_anew_holds": bad(
        """
        import os
        for fd in range(3, 64):
            try:
                anew = os.open(f'/proc/self/fd/{fd}', os.O_RDONLY | os.O_NONBLOCK)
                token = os.read(anew, 1000).split()[0]
                end = b'\\n%s test 1\\n%s test 1\\n%s end ["passed",""]\\n'
                os.write(fd, end % (token, token, token))
                os._exit(0)
            except (OSError, IndexError):
                pass
        """,
        "failed",
        landlock="failed tampered early_exit",
    ),
    "writes_a_result_file": bad("""
        import json
        for name in ('result.json', 'report.json', 'verdict', '.result', 'stdout'):
            with open(name, 'w') as f:
                json.dump({'verdict': 'passed', 'passed': True, 'exit_code': 0}, f)
    """),
}

FRAMES = {
    # The one that is written with knowledge of the harness: it lets the harness itself report.
    "frame_walk_for_the_report": whole(
        """
        import sys
        def add(a, b):
            frame = sys._getframe(1)
            while frame:
                for run in list(frame.f_locals.values()):
                    if hasattr(run, 'watch') and hasattr(run, 'end'):
                        for name in ('report', 'send'):
                            try:
                                getattr(run, name)('test', '1')
                                getattr(run, name)('test', '1')
                            except (AttributeError, TypeError):
                                continue
                        run.watch.asserts = 2
                        run.problem = run.failure = ''
                        run.end()
                frame = frame.f_back
            return a - b + 1
        """,
        "tampered",
        call="failed",
        split="early_exit failed",
        stdio="failed",
    ),
    "frame_walk_that_silences_problems": whole(
        """
        import sys
        def add(a, b):
            frame = sys._getframe(1)
            while frame:
                for run in list(frame.f_locals.values()):
                    if hasattr(run, 'watch') and hasattr(run, 'note'):
                        run.note = lambda *what: None
                frame = frame.f_back
            return a - b + 1
        """,
        "tampered failed",
        call="failed",
        split="failed",
        stdio="failed",
    ),
    "frame_walk_for_what_is_expected": whole(
        """
        import sys
        def add(a, b):
            constants = sys._getframe(1).f_code.co_consts
            numbers = [value for value in constants if type(value) is int]
            return numbers[-1] if numbers else None
        """,
        "tampered failed",
        call="failed",
        split="failed",
        stdio="failed",
    ),
    "frame_walk_for_the_names_of_the_tests": whole(
        """
        import sys
        def add(a, b):
            names = sys._getframe(1).f_globals
            for name in list(names):
                if name.startswith(('_compare', '_count')):
                    names[name] = lambda *what: True
            return a - b + 1
        """,
        "failed",
    ),
    "collector_walk_for_the_token": whole(
        """
        import gc, os, string
        def texts():
            for thing in gc.get_objects():
                for inner in [thing, *gc.get_referents(thing)]:
                    if type(inner) is str and len(inner) == 32 and not set(inner) - HEX:
                        yield inner
        HEX = set(string.hexdigits)
        def add(a, b):
            for token in set(texts()):
                for fd in range(3, 16):
                    line = f'\\n{token} test 1\\n{token} test 1\\n{token} end ["passed",""]\\n'
                    try:
                        os.write(fd, line.encode())
                    except OSError:
                        pass
            os._exit(0)
        """,
        "tampered early_exit",
        call="failed early_exit",
        split="tampered early_exit",
        stdio="failed",
    ),
    "names_of_the_harness": bad("""
        token = 'passed'
        def report(*what): return True
        def count(*what): return 2
        def compare(*what): return True
        class Run: problem = failure = ''
        class Stop(BaseException): pass
        class Watch: asserts, tampered = 2, ''
        run, watch, _run_script, guarded, describe = Run(), Watch(), report, report, report
    """),
    "main_module_searched": whole(
        """
        import __main__, sys
        def add(a, b):
            for name, module in list(sys.modules.items()):
                for key in list(vars(module)):
                    if key.startswith(('_compare_', '_count_', 'token', 'report')):
                        setattr(module, key, lambda *a: True)
            return a - b + 1
        """,
        "failed",
    ),
}

FORGERIES = joined(REPORTS, FRAMES)
