"""Programs that use too much: CPU, memory, output, descriptors, threads, or time asleep."""

from tests.execution.corpus.model import bad, good, joined, whole

CPU = {
    "loop": good("while True:\n    pass\n", "timeout"),
    "loop_inside": whole("def add(a, b):\n    while True:\n        pass\n", "timeout"),
    "loop_that_catches_all": good(
        """
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass
        """,
        "timeout",
    ),
    "loop_in_a_thread": good(
        """
        import threading
        def spin():
            while True:
                pass
        t = threading.Thread(target=spin)
        t.start()
        t.join()
        """,
        "timeout",
    ),
    "ignores_the_cpu_signal": good(
        """
        import signal
        signal.signal(signal.SIGXCPU, signal.SIG_IGN)
        while True:
            pass
        """,
        "timeout",
    ),
    "ignores_every_signal": good(
        """
        import signal
        for number in signal.valid_signals():
            try:
                signal.signal(number, signal.SIG_IGN)
            except OSError:
                pass
        while True:
            pass
        """,
        "timeout",
    ),
    "blocks_every_signal": good(
        """
        import signal
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        while True:
            pass
        """,
        "timeout",
    ),
    "handles_the_cpu_signal": good(
        """
        import signal
        signal.signal(signal.SIGXCPU, lambda *a: None)
        while True:
            pass
        """,
        "timeout",
    ),
    "pattern_that_backtracks": good("import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')\n", "timeout"),
    "huge_power": good("10 ** (10**9)\n", "timeout"),
    "prints_a_huge_power": good(
        "import sys\nsys.set_int_max_str_digits(0)\nprint(7 ** (4 * 10**6))\n", "timeout"
    ),
    "prints_more_digits_than_allowed": good("print(7 ** 10**5)\n", "error"),
    "keys_that_collide": good(
        "{i * (2**61 - 1): i for i in range(10**5)}\n",
        "timeout",
    ),
    "keeps_the_interpreter_to_a_thread": good(
        """
        import sys, threading
        sys.setswitchinterval(10_000)
        def spin():
            while True:
                pass
        threading.Thread(target=spin, daemon=True).start()
        """,
        "timeout",
    ),
    "python_recursion_without_a_limit": good(
        """
        import sys
        sys.setrecursionlimit(10**9)
        def down(x):
            return down(x)
        down(1)
        """,
        "timeout out_of_memory",
    ),
}

STACK = {
    "shows_a_million_nested_lists": good(
        """
        x = []
        for _ in range(10**6):
            x = [x]
        repr(x)
        """,
        "error",
    ),
    "shows_a_million_nested_lists_without_a_limit": good(
        """
        import sys
        sys.setrecursionlimit(10**9)
        x = []
        for _ in range(10**6):
            x = [x]
        repr(x)
        """,
        "crashed timeout error",
    ),
    "pickles_a_million_nested_lists_without_a_limit": good(
        """
        import pickle, sys
        sys.setrecursionlimit(10**9)
        x = []
        for _ in range(10**6):
            x = [x]
        pickle.dumps(x)
        """,
        "crashed error",
    ),
    "recursion_through_c_without_a_limit": good(
        """
        import sys
        sys.setrecursionlimit(10**9)
        def down(x):
            return list(map(down, [x]))
        down(1)
        """,
        "crashed error",
    ),
}

MEMORY = {
    "one_huge_text": good("x = 'a' * 10**11\n", "out_of_memory"),
    "huge_width": good("x = '%10000000000d' % 1\n", "out_of_memory"),
    "memory_in_steps": good(
        "x = []\nwhile True:\n    x.append(bytearray(10**7))\n", "out_of_memory"
    ),
    "memory_inside": whole("def add(a, b):\n    return len(list(range(10**9)))\n", "out_of_memory"),
    "memory_in_steps_that_catches_all": good(
        """
        x = []
        while True:
            try:
                x.append(bytearray(10**7))
            except MemoryError:
                pass
        """,
        "timeout",
    ),
    "mapped_memory": good("import mmap\nx = mmap.mmap(-1, 10**10)\n", "error"),
    "memory_file": good(
        """
        import os
        fd = os.memfd_create('x')
        os.write(fd, bytes(10**6))
        """,
        "error",
    ),
    "shared_memory": good(
        """
        from multiprocessing.shared_memory import SharedMemory
        SharedMemory(create=True, size=10**6)
        """,
        "error",
    ),
    "shared_memory_of_system_v": good("""
        import ctypes
        assert ctypes.CDLL(None).shmget(0, 4096, 0o1600) == -1
    """),
    "message_queue_of_system_v": good("""
        import ctypes
        assert ctypes.CDLL(None).msgget(0, 0o1600) == -1
    """),
    "message_queue_of_posix": good("""
        import ctypes
        assert ctypes.CDLL(None).syscall(240, b'queue', 0o102, 0o600, None) == -1
    """),
    "locked_memory": good("""
        import ctypes
        assert ctypes.CDLL(None).mlockall(3) == -1
    """),
}

OUTPUT = {
    "output": good("while True:\n    print('x' * 1000)\n", "output_limit"),
    "output_inside": whole(
        "def add(a, b):\n    while True:\n        print('x' * 1000)\n", "output_limit"
    ),
    "error_output": good("import os\nwhile True:\n    os.write(2, b'x' * 1000)\n", "output_limit"),
    "output_of_many_buffers": good(
        "import os\nwhile True:\n    os.writev(1, [b'x' * 1000] * 100)\n", "output_limit"
    ),
    "output_from_a_thread": good(
        """
        import threading
        def flood():
            while True:
                print('x' * 1000)
        t = threading.Thread(target=flood)
        t.start()
        t.join()
        """,
        "output_limit",
    ),
    "line_of_three_megabytes": good("print('x' * 3 * 10**6)\n", "output_limit"),
    "line_of_nine_hundred_kilobytes": good("print('x' * 9 * 10**5)\n", stdio="failed"),
    "bytes_that_are_no_text": good(
        "import os\nos.write(1, bytes(range(256)))\nos.write(2, bytes(range(256)))\n",
        stdio="failed",
    ),
}

COUNTS = {
    "fork_bomb": good("import os\nwhile True:\n    os.fork()\n", "error"),
    "fork_bomb_that_catches_all": good(
        """
        import os
        while True:
            try:
                os.fork()
            except OSError:
                pass
        """,
        "timeout",
    ),
    "thread_bomb": good(
        """
        import threading, time
        while True:
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        """,
        "error",
    ),
    "threads_used_up_before_it_answers": bad("""
        import threading, time
        try:
            while True:
                threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        except RuntimeError:
            pass
    """),
    "descriptors": good("kept = []\nwhile True:\n    kept.append(open('/dev/null'))\n", "error"),
    "descriptors_used_up_before_it_answers": good("""
        kept = []
        try:
            while True:
                kept.append(open('/dev/null'))
        except OSError:
            pass
    """),
    "pipes_that_are_full": good(
        """
        import os
        kept = []
        while True:
            kept.append(os.pipe())
            os.set_blocking(kept[-1][1], False)
            os.write(kept[-1][1], bytes(65536))
        """,
        "error",
    ),
}

ASLEEP = {
    "sleeps_forever": good("import time\ntime.sleep(10_000)\n", "wall_timeout"),
    "locks_itself_out": good(
        """
        import threading
        lock = threading.Lock()
        lock.acquire()
        lock.acquire()
        """,
        "wall_timeout",
    ),
    "waits_for_a_reader": good("import os\nos.mkfifo('pipe')\nopen('pipe', 'w')\n", "wall_timeout"),
    "stops_itself": good(
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\n", "wall_timeout"
    ),
}

RESOURCES = joined(CPU, STACK, MEMORY, OUTPUT, COUNTS, ASLEEP)
