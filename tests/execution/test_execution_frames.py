"""The protocol between driver and zygote: round trips, and anything else that may come."""

import socket
import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepref.errors import SandboxError
from codepref.execution import frames
from codepref.execution.frames import (
    KILLED,
    MAX_TEXT_BYTES,
    BrokenFrame,
    Process,
    Reply,
    Request,
    pack_ready,
    pack_reply,
    pack_request,
    unpack_ready,
    unpack_reply,
    unpack_request,
)
from codepref.execution.jobs import Job
from codepref.execution.payload import build_job
from codepref.execution.verdicts import read_report
from codepref.execution.walls import Walls
from codepref.execution.zygote import Zygote

U32, U64 = st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1)
I32 = st.integers(-(2**31), 2**31 - 1)
PROCESSES = st.builds(Process, I32, U64, U64)
SIZES = st.integers(0, MAX_TEXT_BYTES)
REQUESTS = st.builds(
    Request, st.booleans(), st.booleans(), U32, U32, U32, U32, st.floats(0.001, 9e5)
)
REPLIES = st.builds(
    Reply,
    killed=st.sampled_from(KILLED),
    ready=st.booleans(),
    last=st.booleans(),
    program=PROCESSES,
    judge=PROCESSES,
    wall_us=U64,
    sizes=st.tuples(SIZES, SIZES),
)
READERS: list[Callable[[bytes], object]] = [unpack_request, unpack_reply, unpack_ready]
NOTHING = {"killed": "", "ready": True, "last": False, "wall_us": 0} | dict.fromkeys(
    ("program", "judge"), Process(0, 0, 0)
)
QUICK = Request(
    judged=False, fed=False, cpu_s=1, memory_mib=64, output_bytes=65536, stdout_bytes=0, wall_s=5.0
)


@given(REQUESTS)
def test_a_request_comes_over_whole(request: Request) -> None:
    assert unpack_request(pack_request(request)) == request


@given(REPLIES)
def test_a_reply_comes_over_whole(reply: Reply) -> None:
    assert unpack_reply(pack_reply(reply)) == reply


@given(st.integers(0, 2**32 - 1))
def test_a_greeting_comes_over_whole(abi: int) -> None:
    assert unpack_ready(pack_ready(abi)) == abi


@given(st.binary(max_size=200), st.sampled_from(READERS))
def test_anything_else_is_a_broken_frame(data: bytes, read: Callable[[bytes], object]) -> None:
    with pytest.raises(BrokenFrame):
        read(data)


@given(REPLIES, st.integers(0, frames.REPLY.size - 1))
def test_a_reply_that_is_cut_off_is_broken(reply: Reply, size: int) -> None:
    with pytest.raises(BrokenFrame):
        unpack_reply(pack_reply(reply)[:size])


@given(REPLIES, st.integers(0, frames.REPLY.size - 1), st.integers(1, 255))
def test_a_changed_byte_gives_another_reply_or_a_broken_one(
    reply: Reply, at: int, change: int
) -> None:
    data = bytearray(pack_reply(reply))
    data[at] ^= change
    try:
        found = unpack_reply(bytes(data))
    except BrokenFrame:
        return
    assert found.killed in KILLED
    assert max(found.sizes) <= MAX_TEXT_BYTES


def test_a_reply_cannot_announce_more_than_a_reply_may_hold() -> None:
    data = bytearray(pack_reply(Reply(**{**NOTHING, "sizes": (0, 0)})))
    data[-4:] = struct.pack("<I", MAX_TEXT_BYTES + 1)
    with pytest.raises(BrokenFrame, match="texts of"):
        unpack_reply(bytes(data))


@given(st.binary(max_size=400))
def test_a_report_without_the_token_says_nothing(report: bytes) -> None:
    assert read_report(report, "0123456789abcdef") == []


@given(st.lists(st.binary(max_size=40)), st.text('abc[]"1, ', max_size=20))
def test_noise_around_a_line_with_the_token_does_not_hide_it(
    noise: list[bytes], payload: str
) -> None:
    parts = [part + b"\n" for part in noise]
    report = b"".join([*parts, f"\ntoken value {payload}\n".encode(), *parts])
    assert ("value", payload) in read_report(report, "token")


def test_an_unfinished_line_does_not_count() -> None:
    assert read_report(b"\nt value 1\n\nt value 2", "t") == [("value", "1")]


@pytest.mark.parametrize("data", [b"x", b"cpr1" + bytes(30), b"cpr1\xff" + bytes(100), b""])
def test_a_zygote_that_talks_nonsense_is_given_up(
    data: bytes, walls: Walls, make_job: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = socket.socketpair()
    with Zygote(walls, 90) as zygote:
        zygote.run(QUICK, build_job(make_job("", mode="call", tests=[]), "t"))
        real = zygote._socket
        assert real is not None
        monkeypatch.setattr(zygote, "_socket", ours)
        theirs.sendall(data)
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(SandboxError, match="did not survive"):
            zygote.run(QUICK, build_job(make_job("", mode="call", tests=[]), "t"))
        real.close()
        theirs.close()
        ended = zygote.run(QUICK, build_job(make_job("", mode="call", tests=[]), "t"))  # a new one
        assert ended.reply.ready


@pytest.mark.parametrize("data", [b"x" * 36, b"cpq1", b"cpq1" + b"\xff" * 28, b"\0" * 200])
def test_a_zygote_that_is_told_nonsense_ends_and_is_replaced(
    data: bytes, walls: Walls, make_job: Callable[..., Job]
) -> None:
    with Zygote(walls, 91) as zygote:
        zygote.run(QUICK, build_job(make_job("", mode="call", tests=[]), "t"))
        assert zygote._socket is not None
        zygote._socket.sendall(data)
        with pytest.raises(SandboxError, match="BrokenFrame"):
            zygote.run(QUICK, build_job(make_job("", mode="call", tests=[]), "t"))
        ended = zygote.run(QUICK, build_job(make_job("", mode="call", tests=[]), "t"))
        assert ended.reply.ready
