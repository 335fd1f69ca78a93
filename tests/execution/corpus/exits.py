"""Programs that end before their tests do, or raise what looks like it.

In mode stdio a program may leave as it likes: there only its output counts.
"""

from tests.execution.corpus.model import BAD, Program, bad, good, joined, whole

LEAVE = {
    "sys_exit": bad("import sys\nsys.exit(0)\n", "early_exit", stdio="failed"),
    "sys_exit_inside": whole(
        "import sys\ndef add(a, b):\n    sys.exit(0)\n", "early_exit", stdio="failed"
    ),
    "sys_exit_with_a_message": bad("import sys\nsys.exit('passed')\n", "early_exit", stdio="error"),
    "os_exit": bad("import os\nos._exit(0)\n", "early_exit", stdio="failed"),
    "os_exit_inside": whole(
        "import os\ndef add(a, b):\n    os._exit(0)\n", "early_exit", stdio="failed"
    ),
    "quit": bad("quit()\n", "early_exit", stdio="failed"),
    "exit_inside": whole("def add(a, b):\n    exit()\n", "early_exit", stdio="failed"),
    "raise_system_exit": bad("raise SystemExit(0)\n", "early_exit", stdio="failed"),
    "subclass_of_system_exit": bad(
        "class Done(SystemExit):\n    pass\nraise Done\n", "early_exit", stdio="failed"
    ),
    "exit_of_a_thread_in_the_main_one": bad(
        "import _thread\n_thread.exit()\n", "early_exit", stdio="failed"
    ),
    "exit_of_the_c_library": bad(
        "import ctypes\nctypes.CDLL(None).exit(0)\n", "early_exit", stdio="failed"
    ),
    "exit_as_a_system_call": bad(
        "import ctypes\nctypes.CDLL(None).syscall(231, 0)\n", "early_exit", stdio="failed"
    ),
    "os_exit_from_a_timer": whole(
        """
        import os, threading, time
        threading.Timer(0.01, os._exit, [0]).start()
        def add(a, b):
            time.sleep(1)
        """,
        "early_exit",
        stdio="failed",
    ),
    "os_exit_from_an_audit_hook": whole(
        """
        import os, sys
        def add(a, b):
            sys.audit('done')
        sys.addaudithook(lambda *event: os._exit(0))
        """,
        "early_exit",
        stdio="failed",
    ),
    "os_exit_from_a_collection": bad(
        """
        import gc, os
        gc.callbacks.append(lambda *event: os._exit(0))
        gc.collect()
        """,
        "early_exit",
        stdio="failed",
    ),
    "os_exit_from_a_dead_reference": bad(
        """
        import os, weakref
        class Thing:
            pass
        thing = Thing()
        watch = weakref.ref(thing, lambda dead: os._exit(0))
        del thing
        """,
        "early_exit",
        stdio="failed",
    ),
    "os_exit_from_the_hook_of_threads": bad(
        """
        import os, threading
        threading.excepthook = lambda about: os._exit(0)
        t = threading.Thread(target=lambda: 1 / 0)
        t.start()
        t.join()
        """,
        "early_exit",
        stdio="failed",
    ),
    "os_exit_from_the_unraisable_hook": bad(
        """
        import os, sys
        class Thing:
            def __del__(self):
                raise ValueError
        sys.unraisablehook = lambda about: os._exit(0)
        Thing()
        """,
        "early_exit",
        stdio="failed",
    ),
    "os_exit_from_flushing": bad(
        """
        import os, sys
        class Out:
            def write(self, text):
                return len(text)
            def flush(self):
                os._exit(0)
        sys.stdout = Out()
        """,
        "early_exit",
        split="early_exit failed",
        stdio="failed",
    ),
    "os_exit_from_a_signal": whole(
        """
        import os, signal, time
        signal.signal(signal.SIGALRM, lambda *a: os._exit(0))
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        def add(a, b):
            time.sleep(1)
        """,
        "early_exit",
        stdio="failed",
    ),
    "os_exit_when_cpu_time_is_up": bad(
        """
        import os, signal
        signal.signal(signal.SIGXCPU, lambda *a: os._exit(0))
        while True:
            pass
        """,
        "early_exit",
        stdio="failed",
    ),
    "fault_handler_that_exits": whole(
        """
        import faulthandler, time
        faulthandler.dump_traceback_later(0.05, exit=True, file=open('trace', 'w'))
        def add(a, b):
            time.sleep(1)
        """,
        "early_exit",
    ),
}

TOO_LATE = {
    "os_exit_at_exit": bad("import atexit, os\natexit.register(os._exit, 0)\n"),
    "os_exit_from_a_finalizer_at_exit": bad("""
        import os, weakref
        class Thing:
            pass
        thing = Thing()
        weakref.finalize(thing, os._exit, 0)
    """),
    "os_exit_when_deleted": bad("""
        import os
        class Thing:
            def __del__(self):
                os._exit(0)
        thing = Thing()
    """),
    "os_exit_from_the_hook_of_errors": bad(
        "import os, sys\nsys.excepthook = lambda *a: os._exit(0)\n"
    ),
    "os_exit_from_writing_errors": bad(
        """
        import os, sys
        class Out:
            def write(self, text):
                os._exit(0)
            flush = write
        sys.stderr = Out()
        """,
        "early_exit failed",
        call="failed",
        split="failed",
        stdio="failed",
    ),
    "sys_exit_in_a_main_block": Program(
        "import sys\nif __name__ == '__main__':\n    sys.exit(0)\n" + BAD, "failed"
    ),
    "sys_exit_in_a_thread": good("""
        import sys, threading
        t = threading.Thread(target=sys.exit)
        t.start()
        t.join()
    """),
}

RAISE = {
    "keyboard_interrupt": good("raise KeyboardInterrupt\n", "error"),
    "interrupts_the_main_thread": good(
        "import _thread, time\n_thread.interrupt_main()\ntime.sleep(0.1)\n", "error"
    ),
    "generator_exit": good("raise GeneratorExit\n", "error"),
    "base_exception_inside": whole(
        "class Odd(BaseException):\n    pass\ndef add(a, b):\n    raise Odd\n",
        "error",
        call="failed",
    ),
    "assertion_error_inside": whole(
        "def add(a, b):\n    assert a == b + 5\n    return 3\n", "failed", stdio="error"
    ),
    "subclass_of_assertion_error_inside": whole(
        "class Odd(AssertionError):\n    pass\ndef add(a, b):\n    raise Odd\n",
        "failed",
        stdio="error",
    ),
    "error_with_a_lying_class": whole(
        """
        class Odd(Exception):
            __class__ = AssertionError
        def add(a, b):
            raise Odd
        """,
        "error failed",
        call="failed",
        stdio="error",
    ),
    "error_whose_text_raises": good(
        """
        class Odd(Exception):
            def __str__(self):
                raise SystemExit(0)
        raise Odd
        """,
        "error",
    ),
    "error_whose_text_leaves": bad(
        """
        import os
        class Odd(Exception):
            def __str__(self):
                os._exit(0)
        raise Odd
        """,
        "early_exit",
        stdio="failed",
    ),
    "error_whose_text_never_ends": good(
        """
        class Odd(Exception):
            def __str__(self):
                while True:
                    pass
        raise Odd
        """,
        "timeout",
    ),
    "error_whose_text_is_no_text": good(
        """
        class Text(str):
            def split(self, *a):
                return [self]
            def __getitem__(self, key):
                return self
        class Odd(Exception):
            def __str__(self):
                return Text('passed')
        raise Odd
        """,
        "error",
    ),
    "error_of_a_hundred_kilobytes": good("raise ValueError('x' * 10**5)\n", "error"),
    "error_of_ten_megabytes": good("raise ValueError('x' * 10**7)\n", "output_limit"),
    "error_in_a_circle": good(
        """
        one, two = ValueError(1), ValueError(2)
        one.__cause__, two.__cause__ = two, one
        raise one
        """,
        "error",
    ),
    "error_group_of_many": good(
        "raise ExceptionGroup('many', [ValueError(i) for i in range(1000)])\n", "error"
    ),
    "error_in_a_destructor": good("""
        class Thing:
            def __del__(self):
                raise ValueError
        Thing()
    """),
    "error_in_a_thread": good("""
        import threading
        t = threading.Thread(target=lambda: 1 / 0)
        t.start()
        t.join()
    """),
    "closes_stderr_and_raises": good("import os\nos.close(2)\nraise ValueError\n", "error"),
}

EXITS = joined(LEAVE, TOO_LATE, RAISE)
