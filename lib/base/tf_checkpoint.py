"""Tensors by name from a checkpoint that TensorFlow's `tf.train.Saver` wrote, without TensorFlow.

Source: the "tensor bundle" of TensorFlow (tensorflow/core/util/tensor_bundle) and the table format of
LevelDB (doc/table_format.md). NAME.index is such a table: blocks of sorted keys, each key without what it
shares with the one before, and a footer that says where the block of blocks is. Its values are protocol
buffers that say where in NAME.data-00000-of-00001 a tensor lies, as plain little-endian numbers. Every
block and every tensor carries a checksum.
"""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

FOOTER = 48  # bytes: two handles, filled up to 40, and the magic number
MAGIC = (0xDB4775248B80FB57).to_bytes(8, "little")
TRAILER = 5  # bytes behind a block: how it is compressed, and its checksum
UNCOMPRESSED = 0
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5  # wire types of protocol buffers
DTYPES = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8"}  # tensorflow/core/framework/types.proto
CASTAGNOLI = 0x82F63B78

Message = dict[int, list[int | bytes]]  # by number of the field, its values in order


class BadBundle(ValueError):
    """A checkpoint is damaged, or of a kind that is not read here. The message names the file."""


def read(index: str | Path) -> dict[str, np.ndarray]:
    """Every tensor of a checkpoint by the name of its variable, in the order of the index, in the layout that
    TensorFlow gave it.

    index: the path of NAME.index; NAME.data-00000-of-00001 lies beside it. Read are whole float32, float64,
    int32 and int64 tensors in one uncompressed data file.
    Raises FileNotFoundError where one of the two files is not there and BadBundle for anything else.
    """
    index = Path(index)
    try:
        entries = {key.decode(): message(value) for key, value in table(index.read_bytes())}
        header = entries.pop("")
        if header.get(1, [1]) != [1] or header.get(2, [0]) != [0]:
            raise BadBundle("has several data files, or numbers of the other byte order")
        content = index.with_suffix(".data-00000-of-00001").read_bytes()
        return {name: _tensor(name, entry, content) for name, entry in entries.items()}
    except BadBundle as reason:
        raise BadBundle(f"{index} {reason}.") from reason.__cause__
    except (IndexError, KeyError, UnicodeDecodeError) as error:
        raise BadBundle(f"{index} is damaged ({error}).") from error


def table(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of a LevelDB table, in order."""
    if content[-8:] != MAGIC:
        raise BadBundle("is no index of a checkpoint, or its end is missing")
    footer = content[-FOOTER:]
    _, at = _handle(footer, 0)  # of the block that says what else there is: nothing
    (offset, size), _ = _handle(footer, at)
    for _, handle in _entries(_block(content, offset, size)):
        yield from _entries(_block(content, *_handle(handle, 0)[0]))


def message(content: bytes) -> Message:
    """The fields of a protocol buffer: numbers, and bytes for strings and messages."""
    found: Message = {}
    at = 0
    while at < len(content):
        key, at = _varint(content, at)
        field, wire = key >> 3, key & 7
        if wire == VARINT:
            value, at = _varint(content, at)
        elif wire == BYTES:
            size, at = _varint(content, at)
            value, at = _cut(content, at, size), at + size
        elif wire in (FIXED32, FIXED64):
            size = 4 if wire == FIXED32 else 8
            value, at = int.from_bytes(_cut(content, at, size), "little"), at + size
        else:
            raise BadBundle("holds a message that cannot be read")
        found.setdefault(field, []).append(value)
    return found


def checksum(content: bytes) -> int:
    """CRC-32C, masked as LevelDB stores it."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _tensor(name: str, entry: Message, content: bytes) -> np.ndarray:
    """Fields: 1 type, 2 shape, 3 data file, 4 where it begins there, 5 bytes, 6 checksum, 7 parts."""
    kind = DTYPES.get(entry[1][0])
    if kind is None or 7 in entry or entry.get(3, [0]) != [0]:
        raise BadBundle(f"holds {name} in parts, or of a type that is not read here")
    sides = [message(side).get(1, [0])[0] for side in message(entry.get(2, [b""])[0]).get(2, [])]
    part = _cut(content, entry.get(4, [0])[0], entry.get(5, [0])[0])
    if math.prod(sides) * np.dtype(kind).itemsize != len(part):
        raise BadBundle(f"gives {name} a size that is not that of its shape")
    if entry.get(6, [0])[0] != checksum(part):
        raise BadBundle(f"does not belong to its data file, or {name} is damaged there")
    return np.frombuffer(part, kind).reshape(sides)


def _block(content: bytes, offset: int, size: int) -> bytes:
    """A block, without its trailer."""
    whole = _cut(content, offset, size + TRAILER)
    if whole[size] != UNCOMPRESSED:
        raise BadBundle("is compressed, which is not read here")
    if int.from_bytes(whole[size + 1 :], "little") != checksum(whole[: size + 1]):
        raise BadBundle("is damaged: a checksum is wrong")
    return whole[:size]


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values; behind them the block has places where a search could start, and their number."""
    starts = int.from_bytes(block[-4:], "little")
    end, at, key = len(block) - 4 * (starts + 1), 0, b""
    while at < end:
        shared, at = _varint(block, at)
        own, at = _varint(block, at)
        size, at = _varint(block, at)
        key = key[:shared] + _cut(block, at, own)
        yield key, _cut(block, at + own, size)
        at += own + size


def _handle(content: bytes, at: int) -> tuple[tuple[int, int], int]:
    """Offset and size of a block, and where to read on."""
    offset, at = _varint(content, at)
    size, at = _varint(content, at)
    return (offset, size), at


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where to read on."""
    value = shift = 0
    while content[at] & 0x80:
        value |= (content[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
    return value | content[at] << shift, at + 1


def _cut(content: bytes, at: int, size: int) -> bytes:
    if at + size > len(content):
        raise BadBundle("is damaged, or a part of it or of its data file is missing")
    return content[at : at + size]


def _remainder(byte: int) -> int:
    """Of CRC-32C, one byte further."""
    for _ in range(8):
        byte = byte >> 1 ^ (CASTAGNOLI if byte & 1 else 0)
    return byte


_TABLE = tuple(map(_remainder, range(256)))
