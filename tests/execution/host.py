"""The host, looked at from outside."""

from pathlib import Path


def alive(mark: str) -> list[str]:
    """Give the processes that have named themselves so."""
    found = []
    for comm in Path("/proc").glob("[0-9]*/comm"):
        try:
            found += [str(comm)] if comm.read_text().strip() == mark else []
        except OSError:
            continue
    return found
