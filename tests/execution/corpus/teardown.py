"""Programs that leave something running, closed or replaced behind them."""

from tests.execution.corpus.model import good

TEARDOWN = {
    "thread_left_sleeping": good(
        """
        import threading, time
        threading.Thread(target=time.sleep, args=(1000,)).start()
    """,
        stdio="wall_timeout",
    ),
    "thread_left_spinning": good(
        """
        import threading
        def spin():
            while True:
                pass
        threading.Thread(target=spin).start()
    """,
        stdio="timeout",
    ),
    "thread_left_writing": good(
        """
        import threading, time
        def write():
            while True:
                print('passed')
                time.sleep(0.001)
        threading.Thread(target=write).start()
        """,
        stdio="timeout output_limit wall_timeout",
    ),
    "executor_left_waiting": good(
        """
        from concurrent.futures import ThreadPoolExecutor
        import time
        ThreadPoolExecutor(2).submit(time.sleep, 1000)
    """,
        stdio="wall_timeout",
    ),
    "closes_stdout": good("import sys\nsys.stdout.close()\n", stdio="error"),
    "closes_descriptor_1": good("import os\nos.close(1)\n", stdio="failed"),
    "stdout_is_none": good("import sys\nsys.stdout = None\n", stdio="error"),
    "stdout_is_a_number": good("import sys\nsys.stdout = sys.stderr = 1\n", stdio="error"),
    "stdout_is_captured": good(
        "import io, sys\nsys.stdout = sys.stderr = io.StringIO()\n", stdio="failed"
    ),
    "flushing_raises": good(
        """
        import sys
        class Out:
            def write(self, text):
                return len(text)
            def flush(self):
                raise SystemExit(0)
        sys.stdout = sys.stderr = Out()
        """,
        stdio="failed",
    ),
    "flushing_never_ends": good(
        """
        import sys
        class Out:
            def write(self, text):
                return len(text)
            def flush(self):
                while True:
                    pass
        sys.stdout = Out()
        """,
        "timeout",
        split="passed timeout",
    ),
    "stderr_kept_by_a_duplicate": good("import os\nkept = [os.dup(1), os.dup(2)]\n"),
}
