"""Checkpoints of TensorFlow, from a writer of their format and from known values of its parts."""

import struct

import numpy as np
import pytest

from lib.base import tf_checkpoint
from lib.base.tf_checkpoint import BadBundle, checksum, message, read

KINDS = {"float32": 1, "float64": 2, "int32": 3, "int64": 9}


def number(value):
    """As protocol buffers and LevelDB write whole numbers."""
    low = bytes([value & 127 | 128]) if value > 127 else bytes([value])
    return low + number(value >> 7) if value > 127 else low


def field(place, value):
    if isinstance(value, bytes):
        return number(place << 3 | 2) + number(len(value)) + value
    return number(place << 3) + number(value) if value else b""


def masked(content):
    """CRC-32C bit by bit, masked: RFC 3720, appendix B.4, and LevelDB's util/crc32c.h."""
    crc = 0xFFFFFFFF
    for byte in content:
        for bit in range(8):
            odd = (crc ^ byte >> bit) & 1
            crc = crc >> 1 ^ (0x82F63B78 if odd else 0)
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) % 2**32)


def block(pairs, every):
    """Sorted keys, each without what it shares with the one before, but whole at every so many-th."""
    content, starts, before = b"", [], b""
    for i, (key, value) in enumerate(pairs):
        if i % every == 0:
            starts.append(len(content))
            before = b""
        shared = next((n for n, (a, b) in enumerate(zip(key, before, strict=False)) if a != b), None)
        shared = min(len(key), len(before)) if shared is None else shared
        content += number(shared) + number(len(key) - shared) + number(len(value)) + key[shared:] + value
        before = key
    return content + struct.pack(f"<{len(starts) + 1}I", *starts, len(starts))


def table(pairs, per_block=5, compression=0):
    content, index = b"", []

    def put(one):
        nonlocal content
        handle = number(len(content)) + number(len(one))
        tail = bytes([compression])
        content += one + tail + masked(one + tail)
        return handle

    pairs = sorted(pairs)
    for first in range(0, len(pairs), per_block):
        part = pairs[first : first + per_block]
        index.append((part[-1][0] + b"~", put(block(part, every=3))))
    handles = put(block([], every=1)) + put(block(index, every=1))
    return content + handles.ljust(40, b"\0") + bytes.fromhex("57fb808b247547db")


def write(index, tensors, shards=1, crc=masked, **options):
    content, pairs = b"", [(b"", field(1, shards) + field(3, field(1, 1)))]
    for name, tensor in tensors.items():
        tensor = np.asarray(tensor)
        raw = tensor.tobytes()
        shape = b"".join(field(2, field(1, side)) for side in tensor.shape)
        entry = field(1, KINDS[str(tensor.dtype)]) + field(2, shape) + field(4, len(content))
        entry += field(5, len(raw)) + number(6 << 3 | 5) + crc(raw)
        pairs.append((name.encode(), entry))
        content += raw
    index.write_bytes(table(pairs, **options))
    index.with_name(index.stem + ".data-00000-of-00001").write_bytes(content)


@pytest.fixture
def tensors():
    rng = np.random.default_rng(0)
    found = {f"EST/conv{i}/conv2d/{part}": rng.normal(size=(3, 3, i, 2)) for i in range(1, 8)
             for part in ("kernel", "bias")}  # fmt: skip
    found = {name: value.astype(np.float32) for name, value in found.items()}
    return found | {
        "beta1_power": np.float32(0.5).reshape(()),
        "double": rng.normal(size=200),
        "empty": np.zeros((0, 4), np.float32),
        "global_step": np.array(300, np.int64),
        "sides": np.array([[7], [-9]], np.int32),
    }


@pytest.mark.parametrize("per_block", [1, 4, 100])
def test_every_tensor_comes_back_by_its_name(tmp_path, tensors, per_block):
    write(tmp_path / "model-1000.index", tensors, per_block=per_block)
    found = read(tmp_path / "model-1000.index")
    assert list(found) == sorted(tensors)
    for name, tensor in tensors.items():
        assert found[name].dtype == tensor.dtype and found[name].shape == tensor.shape
        np.testing.assert_array_equal(found[name], tensor)


def test_checksums_are_those_of_the_standard():
    """RFC 3720, appendix B.4: of 32 zeros 8a9136aa, of 0 to 31 46dd794e; LevelDB rotates by 15 and adds."""
    for content, crc in ((bytes(32), 0x8A9136AA), (bytes(range(32)), 0x46DD794E)):
        assert checksum(content) == ((crc >> 15 | crc << 17) % 2**32 + 0xA282EAD8) % 2**32


def test_messages_are_those_of_protocol_buffers_own_guide():
    """The three examples of its page on encoding, and a number of four bytes."""
    assert message(bytes.fromhex("089601")) == {1: [150]}
    assert message(bytes.fromhex("120774657374696e67")) == {2: [b"testing"]}
    assert message(bytes.fromhex("1a03089601")) == {3: [b"\x08\x96\x01"]}
    assert message(bytes.fromhex("3504030201") * 2) == {6: [0x01020304] * 2}


def test_files_that_are_not_there_are_named(tmp_path, tensors):
    with pytest.raises(FileNotFoundError, match=r"m\.index"):
        read(tmp_path / "m.index")
    write(tmp_path / "m.index", tensors)
    (tmp_path / "m.data-00000-of-00001").unlink()
    with pytest.raises(FileNotFoundError, match=r"m\.data-00000-of-00001"):
        read(tmp_path / "m.index")


def test_what_is_damaged_is_refused_by_name(tmp_path, tensors):
    index, data = tmp_path / "m.index", tmp_path / "m.data-00000-of-00001"
    write(index, tensors)
    whole = {path: path.read_bytes() for path in (index, data)}
    for path, content in whole.items():
        for changed in (content[:-9], b"", content[:50] + bytes([content[50] ^ 1]) + content[51:]):
            path.write_bytes(changed)
            with pytest.raises(BadBundle, match=r"m\.index"):
                read(index)
        path.write_bytes(content)


@pytest.mark.parametrize("options", [{"compression": 1}, {"shards": 2}])
def test_what_is_not_read_here_is_said(tmp_path, tensors, options):
    write(tmp_path / "m.index", tensors, **options)
    with pytest.raises(BadBundle, match=r"compressed|several data files"):
        read(tmp_path / "m.index")


def test_other_types_are_refused(tmp_path, monkeypatch):
    write(tmp_path / "m.index", {"a": np.zeros(3)})
    monkeypatch.setattr(tf_checkpoint, "DTYPES", {1: "<f4"})
    with pytest.raises(BadBundle, match="holds a in parts, or of a type"):
        read(tmp_path / "m.index")
