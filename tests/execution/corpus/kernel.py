"""Programs that ask the kernel for more than a program needs, or that it ends."""

from tests.execution.corpus.model import Program, good, joined


def refused(call: str) -> Program:
    """A program whose call of the C library must not be permitted, and that then is right."""
    return good(f"""
        import ctypes, errno, os
        libc = ctypes.CDLL(None, use_errno=True)
        word = (ctypes.c_void_p * 2)(id(None), 8)
        VECTORS = (word, 1, word, 1)
        assert libc.{call} == -1
        assert ctypes.get_errno() in (errno.EPERM, errno.ENOSYS)
    """)


REFUSED = {
    "traces_its_parent": refused("ptrace(16, os.getppid(), None, None)"),
    "asks_to_be_traced": refused("ptrace(0, 0, None, None)"),
    "writes_to_another_process": refused("syscall(311, os.getppid(), *VECTORS, 0)"),
    "reads_from_another_process": refused("syscall(310, os.getppid(), *VECTORS, 0)"),
    "takes_a_descriptor_of_another_process": refused("syscall(438, 0, 0, 0)"),
    "compares_with_another_process": refused("syscall(312, os.getpid(), os.getppid(), 1, 0, 0)"),
    "io_uring": refused("syscall(425, 1, ctypes.create_string_buffer(120))"),
    "new_user_namespace": refused("unshare(0x10000000)"),
    "enters_a_namespace": refused("setns(0, 0)"),
    "mounts": refused("mount(b'none', b'/tmp', b'tmpfs', 0, None)"),
    "mounts_by_the_new_calls": refused("syscall(430, b'tmpfs', 0)"),
    "unmounts": refused("umount2(b'/tmp', 2)"),
    "loads_a_program_for_the_kernel": refused("syscall(321, 0, bytes(128), 128)"),
    "counts_events": refused("syscall(298, bytes(128), 0, -1, -1, 0)"),
    "handles_page_faults": refused("syscall(323, 1)"),
    "takes_a_key": refused("syscall(250, 0, -3, 1)"),
    "changes_its_personality": refused("personality(0x0040000)"),
    "changes_its_segments": refused("syscall(154, 0, bytes(16), 16)"),
    "watches_files": refused("inotify_init()"),
    "puts_on_a_strict_filter": refused("prctl(22, 1, 0, 0, 0)"),
    "becomes_dumpable": refused("prctl(4, 1, 0, 0, 0)"),
    "sends_itself_a_signal_when_the_parent_ends": refused("prctl(1, 9, 0, 0, 0)"),
    "memory_that_is_secret": refused("syscall(447, 0)"),
    "types_on_the_terminal": good(
        "import fcntl\nfor fd in (0, 1, 2):\n    fcntl.ioctl(fd, 0x5412, b'x')\n", "error"
    ),
    "changes_its_root": good("import os\nos.chroot('.')\n", "error"),
    "becomes_root": good("import os\nos.setuid(0)\n", "error"),
    "becomes_root_in_its_group": good("import os\nos.setgid(0)\n", "error"),
    "raises_its_memory_limit": good(
        """
        import resource as r
        r.setrlimit(r.RLIMIT_AS, (r.RLIM_INFINITY, r.RLIM_INFINITY))
        """,
        "error",
    ),
    "raises_its_cpu_limit": good(
        "import resource as r\nr.setrlimit(r.RLIMIT_CPU, (60, 60))\n", "error"
    ),
    "runs_in_real_time": good(
        "import os\nos.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))\n", "error"
    ),
    "becomes_less_nice": good("import os\nos.nice(-5)\n", "error"),
    "changes_its_processors": good("import os\nos.sched_setaffinity(0, {0})\n", "error"),
    "sets_the_name_of_the_host": good("import socket\nsocket.sethostname('mine')\n", "error"),
}

ENDED = {
    "call_of_the_x32_kind": good(
        "import ctypes\nctypes.CDLL(None).syscall(0x40000000 + 39)\n", "crashed"
    ),
    "call_of_the_i386_kind": good(
        """
        import ctypes, mmap
        page = mmap.mmap(-1, 4096, prot=7)
        page.write(bytes.fromhex('53b814000000cd805bc3'))
        ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
        """,
        "crashed",
    ),
    "kills_itself": good("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", "crashed"),
    "terminates_itself": good(
        "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n", "crashed"
    ),
    "segmentation_fault": good("import ctypes\nctypes.string_at(0)\n", "crashed"),
    "segmentation_fault_inside": Program(
        "import ctypes\ndef add(a, b):\n    return ctypes.string_at(a)\n", "crashed"
    ),
    "aborts": good("import os\nos.abort()\n", "crashed"),
    "closes_stderr_and_aborts": good("import os\nos.close(2)\nos.abort()\n", "crashed"),
    "alarm": good("import signal, time\nsignal.alarm(1)\ntime.sleep(5)\n", "crashed"),
    "interval_timer": good(
        """
        import signal, time
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        time.sleep(5)
        """,
        "crashed",
    ),
    "timer_with_a_signal_that_kills": good(
        """
        import ctypes, time
        libc = ctypes.CDLL(None)
        event = (ctypes.c_int32 * 16)(0, 0, 9, 0)
        timer = ctypes.c_void_p()
        assert libc.timer_create(1, event, ctypes.byref(timer)) == 0
        when = (ctypes.c_int64 * 4)(0, 0, 0, 50_000_000)
        assert libc.timer_settime(timer, 0, when, None) == 0
        time.sleep(5)
        """,
        "crashed",
    ),
}

KERNEL = joined(REFUSED, ENDED)
