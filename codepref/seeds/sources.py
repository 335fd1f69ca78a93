"""Python files of the standard library or of a folder, read with the encoding they declare."""

import hashlib
import io
import platform
import stat
import sysconfig
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from codepref.errors import DataError
from codepref.files import sha256_file
from codepref.seeds.config import FolderSource, StdlibSource

FileRule = Literal["unreadable_file", "not_regular_file", "file_too_large"]
KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
}
FILE_RULES: tuple[FileRule, ...] = get_args(FileRule)


@dataclass(frozen=True)
class SourceFile:
    """The text of one Python file and where it is from.

    Attributes:
        source: such as "python-stdlib 3.11.7".
        path: inside the source, with forward slashes.
        sha256: of the file's bytes.
    """

    text: str
    source: str
    path: str
    licence: str
    sha256: str


@dataclass(frozen=True)
class UnusableFile:
    """A file that gives no functions, and why."""

    source: str
    path: str
    sha256: str
    rule: FileRule
    detail: str


def stdlib_files(config: StdlibSource, max_bytes: int) -> Iterator[SourceFile | UnusableFile]:
    """Give the files of the running interpreter's standard library, in order of path."""
    folder = FolderSource(
        kind="folder",
        folder=sysconfig.get_paths()["stdlib"],
        name=f"python-stdlib {platform.python_version()}",
        licence="PSF-2.0",
        skip=config.skip,
    )
    return folder_files(folder, max_bytes)


def folder_files(config: FolderSource, max_bytes: int) -> Iterator[SourceFile | UnusableFile]:
    """Give the .py files below a folder, in order of path.

    Raises:
        DataError: there is no such folder.
    """
    root = Path(config.folder)
    if not root.is_dir():
        raise DataError(f"{root}: no such folder; params gather_seeds.sources names it")
    skip = frozenset(config.skip)
    for path in sorted(root.rglob("*.py")):
        inside = path.relative_to(root)
        if skip.isdisjoint(inside.with_suffix("").parts) and not _is_folder(path):
            yield _read(path, inside.as_posix(), config, max_bytes)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a part of the path may not be entered: the file is then unreadable
        return False


def _read(
    path: Path, inside: str, config: FolderSource, max_bytes: int
) -> SourceFile | UnusableFile:
    """Read a file unless it is too large, which is seen by its size and hashed piece by piece."""
    try:
        status = path.stat()  # opening a FIFO would wait for a writer
        if not stat.S_ISREG(status.st_mode):
            detail = KINDS.get(stat.S_IFMT(status.st_mode), "of an unknown kind")
            return UnusableFile(config.name, inside, "", "not_regular_file", detail)
        if status.st_size > max_bytes:
            detail = f"{status.st_size} bytes, limit {max_bytes}"
            return UnusableFile(config.name, inside, sha256_file(path), "file_too_large", detail)
        content = path.read_bytes()
    except OSError as error:
        detail = error.strerror or "cannot be read"
        return UnusableFile(config.name, inside, "", "unreadable_file", detail)
    sha256 = hashlib.sha256(content).hexdigest()
    try:
        text = decode(content)
    except (UnicodeDecodeError, SyntaxError) as error:
        return UnusableFile(config.name, inside, sha256, "unreadable_file", str(error))
    return SourceFile(text, config.name, inside, config.licence, sha256)


def decode(content: bytes) -> str:
    r"""Text of a Python file, lines ended by "\n".

    Raises:
        UnicodeDecodeError: a byte is wrong in the file's encoding.
        SyntaxError: the encoding that the file declares is not known.
    """
    encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    return content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
