"""Servers on loopback for the tests of remotes: OpenSSH's own, and one of S3's protocol."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_TIMEOUT_S = 60
HOST = "127.0.0.1"


def sshd_path() -> str | None:
    """Give OpenSSH's server, which does not lie on the PATH of a common user."""
    return shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")


@contextmanager
def ssh_server(folder: Path) -> Iterator[tuple[int, Path]]:
    """Start sshd for the present user; give its port and the user's private key."""
    for name in ("host", "user"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(command, check=True)
    port = free_port()
    settings = {
        "Port": port,
        "ListenAddress": HOST,
        "HostKey": folder / "host",
        "AuthorizedKeysFile": folder / "user.pub",
        "PidFile": "none",
        "StrictModes": "no",  # the folder of the tests is no home
        "UsePAM": "no",
        "PasswordAuthentication": "no",
        "PermitRootLogin": "yes",
        "Subsystem": "sftp internal-sftp",
    }
    config = folder / "sshd_config"
    config.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    if os.geteuid() == 0:  # where root's sshd puts its unprivileged half
        Path("/run/sshd").mkdir(exist_ok=True)
    with running([str(sshd_path()), "-D", "-e", "-f", str(config)], port, folder / "sshd.log"):
        yield port, folder / "user"


@contextmanager
def s3_server(folder: Path) -> Iterator[str]:
    """Start moto's S3 server in a process of its own; give its address."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(port)]
    with running(command, port, folder / "s3.log"):
        yield f"http://{HOST}:{port}"


@contextmanager
def running(command: list[str], port: int, log: Path) -> Iterator[None]:
    """Keep a server up until the end; it is up as soon as it takes connections."""
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream)
        try:
            _await(port, process, log)
            yield
        finally:
            process.terminate()
            process.wait(timeout=START_TIMEOUT_S)


def free_port() -> int:
    """Give a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port


def _await(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"{process.args!r} did not listen on {port}\n{log.read_text()}")
