"""Run a command until this program's input ends, then end it and all it started.

`python -m codepref.judge.keeper COMMAND ...`: whoever holds the other end of the pipe may end in
any way, killed too, and nothing stays behind.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading

GRACE_S = 5.0  # to end by itself


def main(command: list[str]) -> int:
    """Run the command in a group of its own; give its exit status."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    threading.Thread(target=_wait_for_end_of_input, args=[process], daemon=True).start()
    try:
        return process.wait()
    finally:
        _signal_group(process.pid, signal.SIGKILL)


def _wait_for_end_of_input(process: subprocess.Popen[bytes]) -> None:
    os.read(sys.stdin.fileno(), 1)
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        _signal_group(process.pid, signal.SIGKILL)


def _signal_group(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # all have ended
        os.killpg(group, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
