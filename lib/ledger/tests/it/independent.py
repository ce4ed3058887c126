"""Reads what the Rust tree says on standard input, and checks it with hashlib and the definitions of RFC 6962 alone."""

import sys
from hashlib import sha256


def H(data):
    return sha256(data).digest()


def leaf(number):
    return H(b"\0" + H(str(number).encode()))


lines = [line.split() for line in sys.stdin]
size = next(int(line[1]) for line in lines if line[0] == "size")

# rows[h][i] is the root of the complete subtree of 2**h leaves that begins at leaf i * 2**h.
rows = [[leaf(number) for number in range(size)]]
while len(rows[-1]) > 1:
    row = rows[-1]
    rows.append([H(b"\1" + row[i] + row[i + 1]) for i in range(0, len(row) - 1, 2)])


def mth(start, end):
    n = end - start
    if n & (n - 1) == 0:
        return rows[n.bit_length() - 1][start // n]
    k = 1 << (n - 1).bit_length() - 1
    return H(b"\1" + mth(start, start + k) + mth(start + k, end))


def path(m, start, end):
    if end - start == 1:
        return []
    k = 1 << (end - start - 1).bit_length() - 1
    if m < start + k:
        return path(m, start, start + k) + [mth(start + k, end)]
    return path(m, start + k, end) + [mth(start, start + k)]


def subproof(m, start, end, known):
    if m == end:
        return [] if known else [mth(start, end)]
    k = 1 << (end - start - 1).bit_length() - 1
    if m <= start + k:
        return subproof(m, start, start + k, known) + [mth(start + k, end)]
    return subproof(m, start + k, end, False) + [mth(start, start + k)]


checked = {"inclusion": 0, "consistency": 0}
for kind, *rest in lines:
    if kind == "root":
        assert mth(0, size).hex() == rest[0], "root"
    elif kind == "old":
        assert mth(0, int(rest[0])).hex() == rest[1], rest
    elif kind == "inclusion":
        assert [h.hex() for h in path(int(rest[0]), 0, size)] == rest[1:], rest
        checked[kind] += 1
    elif kind == "consistency":
        assert [h.hex() for h in subproof(int(rest[0]), 0, size, True)] == rest[1:], rest
        checked[kind] += 1
print(f"{size} leaves, {checked['inclusion']} inclusions, {checked['consistency']} consistencies")
