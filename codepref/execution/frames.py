"""What driver and zygote say to each other over their socket. Also runs inside the sandbox.

A request is one fixed header; beside it come descriptors of files in memory: the job, which only
the program's process reads, and the report, which only it writes, so that neither enters the
zygote's memory. A reply is one fixed header and two texts, stdout and stderr. The texts are a
program's own and may be anything; the header is the zygote's.
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

REQUEST_MAGIC, READY_MAGIC, REPLY_MAGIC = b"cpq1", b"cpy1", b"cpr1"
REQUEST = struct.Struct("<4s??xxIIIId")
READY = struct.Struct("<4sI")
REPLY = struct.Struct("<4sB??xiQQiQQQII")
KILLED = ("", "wall", "output", "scratch")  # by the number in a reply
MAX_TEXT_BYTES = 64 * 1024 * 1024
MAX_WALL_S = 1e6


class Request(NamedTuple):
    """Limits of one run.

    Attributes:
        judged: a second process runs the tests; its job comes as a third descriptor.
        fed: the last descriptor is the program's standard input; else that is empty.
        cpu_s, memory_mib: of each process.
        output_bytes: of stdout and stderr together.
        stdout_bytes: of stdout that is to be sent back, from its start; 0 for none.
        wall_s: back-stop.
    """

    judged: bool
    fed: bool
    cpu_s: int
    memory_mib: int
    output_bytes: int
    stdout_bytes: int
    wall_s: float


class Process(NamedTuple):
    """How one process ended.

    Attributes:
        status: as wait(2) gives it.
        cpu_us: microseconds on a CPU, user and system.
        peak_kib: largest resident memory, above what the zygote itself has.
    """

    status: int
    cpu_us: int
    peak_kib: int


class Reply(NamedTuple):
    """How one run ended.

    Attributes:
        killed: limit for which the zygote ended it, one of KILLED; "" if it ended by itself.
        ready: every process had its limits and its walls on before it read any code.
        last: the zygote ends after this, since the run left too much behind.
        judge: as program where there is no second process.
        wall_us: microseconds from start to end.
        sizes: bytes of stdout and stderr, which follow.
    """

    killed: str
    ready: bool
    last: bool
    program: Process
    judge: Process
    wall_us: int
    sizes: tuple[int, int]


class BrokenFrame(ValueError):
    """The other side does not keep to the protocol, so nothing it says counts."""


def pack_request(request: Request) -> bytes:
    """Write a request's header."""
    return REQUEST.pack(REQUEST_MAGIC, *request)


def unpack_request(data: bytes) -> Request:
    """Read a request's header.

    Raises:
        BrokenFrame: it is none.
    """
    request = Request(*_unpack(REQUEST, REQUEST_MAGIC, data))
    if not 0 < request.wall_s < MAX_WALL_S:
        raise BrokenFrame(f"a wall time of {request.wall_s} s")
    return request


def pack_ready(landlock_abi: int) -> bytes:
    """Write a zygote's first word: the version of Landlock around it, 0 for none."""
    return READY.pack(READY_MAGIC, landlock_abi)


def unpack_ready(data: bytes) -> int:
    """Read a zygote's first word.

    Raises:
        BrokenFrame: it is none.
    """
    return int(_unpack(READY, READY_MAGIC, data)[0])


def pack_reply(reply: Reply) -> bytes:
    """Write a reply's header."""
    return REPLY.pack(
        REPLY_MAGIC,
        KILLED.index(reply.killed),
        reply.ready,
        reply.last,
        *reply.program,
        *reply.judge,
        reply.wall_us,
        *reply.sizes,
    )


def unpack_reply(data: bytes) -> Reply:
    """Read a reply's header.

    Raises:
        BrokenFrame: it is none, or announces longer texts than a reply may hold.
    """
    killed, ready, last, *rest = _unpack(REPLY, REPLY_MAGIC, data)
    sizes = (rest[7], rest[8])
    if killed >= len(KILLED) or max(sizes) > MAX_TEXT_BYTES:
        raise BrokenFrame(f"a reply with texts of {sizes} bytes, ended for reason {killed}")
    program, judge = Process(*rest[:3]), Process(*rest[3:6])
    return Reply(KILLED[killed], ready, last, program, judge, rest[6], sizes)


def _unpack(layout: struct.Struct, magic: bytes, data: bytes) -> list[Any]:
    try:
        found, *rest = layout.unpack(data)
    except struct.error as error:
        raise BrokenFrame(str(error)) from error
    if found != magic:
        raise BrokenFrame(f"expected {magic!r}, found {found!r}")
    return rest
