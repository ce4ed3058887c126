"""The record file under a spool: append-only, framed, checked.

A record is ``magic, crc32, length, position, body``; the checksum covers everything behind it. Record 0 holds what the file is, the
others count up without a hole, also across the times the file is emptied. Bodies are ASCII and the magic is not, so it can be searched for.

Every record is on the disk before the next one is written. A crash can therefore damage the last record and no other: damage with
nothing intact behind it is a *torn tail* and is cut, damage in front of an intact record was done by other hands and is refused.
"""

from __future__ import annotations

import os
import struct
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAGIC = b"\xd6\x05\xff\x01"
HEAD = struct.Struct(">4sIIQ")


class Damaged(Exception):
    """There is damage in front of an intact record."""


@dataclass(frozen=True)
class Place:
    """Where a record lies in its file."""

    position: int
    offset: int
    size: int


def frame(position: int, body: bytes) -> bytes:
    """A record as its bytes."""
    rest = struct.pack(">IQ", len(body), position) + body
    return MAGIC + struct.pack(">I", zlib.crc32(rest)) + rest


def read_at(fd: int, offset: int) -> tuple[int, bytes] | None:
    """The record at ``offset`` as position and body; None when there is no intact one."""
    head = os.pread(fd, HEAD.size, offset)
    if len(head) < HEAD.size:
        return None
    magic, crc, length, position = HEAD.unpack(head)
    if magic != MAGIC or offset + HEAD.size + length > os.fstat(fd).st_size:
        return None
    body = os.pread(fd, length, offset + HEAD.size)
    if len(body) < length or zlib.crc32(body, zlib.crc32(head[8:])) != crc:
        return None
    return position, body


def scan(fd: int) -> Iterator[tuple[Place, bytes]]:
    """Every record from the start to the last intact one.

    Raises:
        Damaged: see the top of the module; also when positions do not count up.
    """
    offset, before = 0, None
    while (record := read_at(fd, offset)) is not None:
        position, body = record
        if before is not None and before > 0 and position != before + 1:
            raise Damaged(f"position {position} at byte {offset} follows {before}")
        yield Place(position, offset, HEAD.size + len(body)), body
        before, offset = position, offset + HEAD.size + len(body)
    if _intact_behind(fd, offset):
        raise Damaged(f"damage at byte {offset}, in front of intact records")


def _intact_behind(fd: int, offset: int) -> bool:
    size = os.fstat(fd).st_size
    step, overlap = 1 << 20, len(MAGIC) - 1
    at = offset + 1
    while at < size:
        chunk = os.pread(fd, step + overlap, at)
        found = chunk.find(MAGIC)
        while found >= 0:
            if read_at(fd, at + found) is not None:
                return True
            found = chunk.find(MAGIC, found + 1)
        at += step
    return False


def write_at(fd: int, offset: int, data: bytes) -> None:
    """Writes all of ``data``; a short write goes on where it stopped."""
    view = memoryview(data)
    while view:
        written = os.pwrite(fd, view, offset)
        view, offset = view[written:], offset + written


def sync(fd: int) -> None:
    """Returns when everything is on the disk itself. On macOS plain fsync leaves it in the drive's cache."""
    if sys.platform == "darwin":
        import fcntl

        fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
    else:
        os.fsync(fd)


def sync_directory(path: Path) -> None:
    """Makes names in a directory durable."""
    fd = os.open(path, os.O_RDONLY)
    try:
        sync(fd)
    finally:
        os.close(fd)


class Mark:
    """A number on the disk that is either the old or the new one, whatever happens while it is written.

    Two slots take turns; the intact one with the higher number counts. Both exist from the beginning, so that a full disk can still be told
    that events have left.
    """

    SLOT = 512
    FORM = struct.Struct(">4sIQ")

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self.value = 0
        self._slot = 0
        for slot in (0, 1):
            raw = os.pread(fd, self.FORM.size, slot * self.SLOT)
            if len(raw) == self.FORM.size:
                magic, crc, value = self.FORM.unpack(raw)
                if magic == MAGIC and zlib.crc32(raw[8:]) == crc and value >= self.value:
                    self.value, self._slot = value, 1 - slot
        if os.fstat(fd).st_size < 2 * self.SLOT:
            write_at(fd, 0, bytes(2 * self.SLOT))
            self._slot = 0
            self.move(self.value)

    def move(self, value: int) -> None:
        """Writes the number and returns when it is on the disk."""
        number = struct.pack(">Q", value)
        write_at(self._fd, self._slot * self.SLOT, MAGIC + struct.pack(">I", zlib.crc32(number)) + number)
        sync(self._fd)
        self.value, self._slot = value, 1 - self._slot
