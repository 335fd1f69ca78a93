"""Programs that try to pass, break out or use too much, each with the verdict it must get.

PORT, SECRET and MARK stand for a listener of the host, a file of the host, a process name.
A program named bad_... defines a wrong add, so "passed" would be a false pass.
"""

GOOD = "def add(a, b):\n    return a + b\n"
BAD = "def add(a, b):\n    return a - b + 1\n"

CONTROLS = {
    "plain": (GOOD, "passed"),
    "wrong": (BAD, "failed"),
    "half_right": ("def add(a, b):\n    return a\n", "failed"),
    "thread": (
        "import threading\nt = threading.Thread(target=int)\nt.start()\nt.join()\n" + GOOD,
        "passed",
    ),
    "asyncio": (
        "import asyncio\nasync def f(a, b):\n    return a + b\n"
        "def add(a, b):\n    return asyncio.run(f(a, b))\n",
        "passed",
    ),
    "tempfile": (
        "import tempfile\nwith tempfile.NamedTemporaryFile() as f:\n    f.write(b'x')\n" + GOOD,
        "passed",
    ),
    "deep_python_recursion": (
        "import sys\nsys.setrecursionlimit(10**6)\n"
        "def down(n):\n    return n and down(n - 1)\ndown(50_000)\n" + GOOD,
        "passed",
    ),
    "main_block": (GOOD + "if __name__ == '__main__':\n    input()\n", "passed"),
    "prints_unicode": ("print('é\\u202e')\n" + GOOD, "passed"),
    "closes_stdout": ("import sys\nsys.stdout.close()\n" + GOOD, "passed"),
    "byte_order_mark": ("\ufeff" + GOOD, "passed"),
    "thread_left_spinning": (
        "import threading, time\nthreading.Thread(target=time.sleep, args=(999,)).start()\n" + GOOD,
        "passed",
    ),
}

SOURCES = {
    "syntax": ("def add(a, b)\n", "syntax_error"),
    "nul_byte": (GOOD + "\0", "syntax_error"),
    "prose": ("Sure! Here is the function you asked for.", "syntax_error"),
    "nested_parentheses": ("x = " + "(" * 5000 + ")" * 5000 + "\n" + GOOD, "syntax_error"),
    "ten_megabytes": ("x = 1\n" * 1_700_000 + BAD, "timeout out_of_memory failed"),
    "nothing": ("", "error"),
}

EXITS = {
    "sys_exit": ("import sys\nsys.exit(0)\n" + BAD, "early_exit"),
    "sys_exit_inside": ("import sys\ndef add(a, b):\n    sys.exit(0)\n", "early_exit"),
    "os_exit": ("import os\nos._exit(0)\n", "early_exit"),
    "os_exit_inside": ("import os\ndef add(a, b):\n    os._exit(0)\n", "early_exit"),
    "quit": ("quit()\n", "early_exit"),
    "raise_system_exit": ("raise SystemExit(0)\n", "early_exit"),
    "timer_os_exit": (
        "import os, threading, time\nthreading.Timer(0.01, os._exit, [0]).start()\n"
        "def add(a, b):\n    time.sleep(1)\n",
        "early_exit",
    ),
    "atexit_os_exit": ("import atexit, os\natexit.register(os._exit, 0)\n" + BAD, "failed"),
    "del_os_exit": (
        "import os\nclass D:\n    def __del__(self):\n        os._exit(0)\nd = D()\n" + BAD,
        "failed",
    ),
    "excepthook_os_exit": (
        "import os, sys\nsys.excepthook = lambda *a: os._exit(0)\n" + BAD,
        "failed",
    ),
}

FORGERIES = {
    "prints_passed": ("print('PASS passed done OK end')\n" + BAD, "failed"),
    "writes_to_every_descriptor": (
        "import os\nfor fd in range(3, 64):\n    try:\n"
        '        os.write(fd, b\'\\nend ["passed","",0.0,0.0]\\n\')\n'
        "    except OSError:\n        pass\nos._exit(0)\n",
        "early_exit",
    ),
    "closes_every_descriptor": (
        "import os\nos.closerange(3, 64)\n" + BAD,
        "early_exit",
    ),
    "always_equal": (
        "class L:\n    def __eq__(self, other):\n        return True\n"
        "def add(a, b):\n    return L()\n",
        "tampered",
    ),
    "always_equal_int": (
        "class L(int):\n    def __eq__(self, other):\n        return True\n"
        "def add(a, b):\n    return L(7)\n",
        "tampered",
    ),
    "assertion_error_replaced": (
        "import builtins\nbuiltins.AssertionError = SystemExit\n" + BAD,
        "tampered",
    ),
    "builtin_replaced": ("import builtins\nbuiltins.len = lambda x: 3\n" + BAD, "tampered"),
    "settrace": (
        "import sys\nsys.settrace(lambda *a: None)\ndef add(a, b):\n    return a + b\n",
        "tampered",
    ),
    "main_module_searched": (
        "import __main__, sys\n"
        "def add(a, b):\n"
        "    for name, module in list(sys.modules.items()):\n"
        "        for key in list(vars(module)):\n"
        "            if key.startswith(('_compare_', '_count_', 'token')):\n"
        "                setattr(module, key, lambda *a: True)\n"
        "    return a - b + 1\n",
        "failed",
    ),
    "os_functions_replaced": (
        "import os\nos.write = lambda *a: 0\nos._exit = lambda code: None\n" + BAD,
        "failed",
    ),
    "swaps_itself": (
        "def add(a, b):\n    global add\n    add = lambda a, b: 0\n    return a + b + 1\n",
        "failed",
    ),
}

RESOURCES = {
    "loop": ("while True:\n    pass\n", "timeout"),
    "loop_that_catches_all": (
        "while True:\n    try:\n        while True:\n            pass\n"
        "    except BaseException:\n        pass\n",
        "timeout",
    ),
    "ignores_the_cpu_signal": (
        "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True:\n    pass\n",
        "timeout",
    ),
    "regex": ("import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')\n", "timeout"),
    "sleeps": ("import time\ntime.sleep(10_000)\n", "timeout"),
    "memory": ("x = 'a' * 10**11\n", "out_of_memory"),
    "memory_in_steps": ("x = []\nwhile True:\n    x.append(bytearray(10**7))\n", "out_of_memory"),
    "output": ("while True:\n    print('x' * 1000)\n", "output_limit"),
    "error_output": (
        "import os\nwhile True:\n    os.write(2, b'x' * 1000)\n",
        "output_limit",
    ),
    "fork_bomb": ("import os\nwhile True:\n    os.fork()\n", "error early_exit timeout"),
    "fills_scratch": (
        "for i in range(100):\n    with open(f'/tmp/{i}', 'wb') as f:\n"
        "        f.write(bytes(10**6))\n",
        "error",
    ),
    "huge_file": ("with open('/tmp/x', 'wb') as f:\n    f.write(bytes(2 * 10**7))\n", "error"),
    "crash": ("import os\nos.abort()\n", "error"),
    "segfault": ("import os\nos.kill(os.getpid(), 11)\n", "error"),
    "infinite_recursion": ("def add(a, b):\n    return add(a, b)\n", "error"),
}

ESCAPES = {
    "connect": ("import socket\nsocket.create_connection(('127.0.0.1', PORT), 2)\n", "error"),
    "name_service": ("import socket\nsocket.gethostbyname('example.org')\n", "error"),
    "read_secret": ("open('SECRET').read()\n", "error"),
    "read_etc": ("open('/etc/passwd').read()\n", "error"),
    "read_proc": ("open('/proc/1/environ').read()\n", "error"),
    "write_beside_secret": ("open('SECRET.new', 'w')\n", "error"),
    "write_root": ("open('/escaped', 'w')\n", "error"),
    "shell": ("import subprocess\nsubprocess.run(['/bin/sh', '-c', 'true'])\n", "error"),
    "become_root": ("import os\nos.setuid(0)\n", "error"),
    "raise_limit": (
        "import resource as r\nr.setrlimit(r.RLIMIT_AS, (r.RLIM_INFINITY, r.RLIM_INFINITY))\n",
        "error",
    ),
    "kill_everything": (
        "import os, signal\nos.kill(-1, signal.SIGKILL)\n" + GOOD,
        "passed error early_exit",
    ),
    "daemon": (
        "import ctypes, os, time\n"
        "for i in range(2):\n"
        "    if os.fork() == 0:\n"
        "        os.setsid()\n"
        "        ctypes.CDLL(None).prctl(15, b'MARK')\n"
        "        for fd in range(3):\n"
        "            os.close(fd)\n"
        "        os.closerange(3, 64)\n"
        "        time.sleep(3600)\n" + GOOD,
        "passed",
    ),
    "environment": ("import os\nassert 'SECRET_TOKEN' not in os.environ\n" + GOOD, "passed"),
}

PROGRAMS = CONTROLS | SOURCES | EXITS | FORGERIES | RESOURCES | ESCAPES
