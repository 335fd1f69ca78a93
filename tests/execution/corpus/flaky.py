"""Programs that chance decides, or the machine: two runs of one need not agree.

Any single run may pass or fail. What two runs disagree on must be told, and be no label.
"""

from tests.execution.corpus.model import whole

FLAKY = {
    name: whole(code, "passed failed flaky")
    for name, code in {
        "clock_decides": """
            import time
            def add(a, b):
                return a + b + time.time_ns() // 1000 % 2
            """,
        "random_bytes_decide": """
            import os
            def add(a, b):
                return a + b + os.urandom(1)[0] % 2
            """,
        "system_random_decides": """
            import random
            def add(a, b):
                return a + b + random.SystemRandom().randrange(2)
            """,
        "unique_name_decides": """
            import uuid
            def add(a, b):
                return a + b + uuid.uuid4().int % 2
            """,
        "addresses_decide": """
            class Thing:
                pass
            things = [Thing() for _ in range(8)]
            first = next(iter(set(things)))
            def add(a, b):
                return a + b + things.index(first) % 2
            """,
        "time_asleep_decides": """
            import time
            def add(a, b):
                start = time.perf_counter()
                time.sleep(0.001)
                return a + b + int((time.perf_counter() - start) * 10**6) % 2
            """,
        "race_of_threads_decides": """
            import threading
            count = 0
            def work():
                global count
                for _ in range(20_000):
                    now = count
                    count = int(now + 1)
            def add(a, b):
                threads = [threading.Thread(target=work) for _ in range(4)]
                for t in threads:
                    t.start()
                for t in threads:
                    t.join()
                return a + b + count % 2
            """,
    }.items()
}
