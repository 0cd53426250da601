"""Checkpoint files: what goes in comes out, with its history, or the file is refused."""

import hashlib
import json
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from lib.base import atomic
from lib.training import checkpoints
from lib.training.checkpoints import BadCheckpoint, Provenance

HISTORY = Provenance(
    recipe="run",
    recipe_sha="0123456789ab",
    recipe_fields='{"lr": 0.001, "name": "run"}',
    scale="smoke",
    parent="other",
    parent_sha="ba9876543210",
    steps=7,
    patches=28,
    minutes=0.5,
    training_set="skimage",
    dirty=True,
    validation={"validation_psnr": 31.25},
)


@pytest.fixture
def tensors():
    generator = torch.Generator().manual_seed(0)
    return {
        "conv.weight": torch.randn(4, 3, 3, 3, generator=generator).to(memory_format=torch.channels_last),
        "conv.bias": torch.randn(4, generator=generator),
        "scalar": torch.tensor(2.5),
        "count": torch.tensor([3, 70_000]),
    }


@pytest.fixture
def path(tmp_path):
    return checkpoints.path_of("run", "smoke", tmp_path)


def header(path):
    with safe_open(path, framework="pt") as file:
        return file.metadata()


def test_full_precision_round_trip(path, tensors):
    sha = checkpoints.save(path, tensors, HISTORY, dtype=torch.float32)
    back = checkpoints.load(path)
    assert back.provenance == HISTORY
    assert back.weights_sha == sha
    assert back.tensors.keys() == tensors.keys()
    assert all(torch.equal(back.tensors[k], v) for k, v in tensors.items())


def test_stored_in_half_precision_and_read_as_float(path, tensors):
    checkpoints.save(path, tensors, HISTORY)
    assert load_file(path)["conv.weight"].dtype == torch.float16
    back = checkpoints.load(path).tensors
    assert back["conv.weight"].dtype == torch.float32
    assert torch.equal(back["conv.weight"], tensors["conv.weight"].half().float())
    assert torch.equal(back["count"], tensors["count"])
    error = (back["conv.weight"] - tensors["conv.weight"]).abs() / tensors["conv.weight"].abs()
    assert error.max() <= 2**-11  # half the last of its eleven binary digits


def test_header_can_be_read_without_this_project(path, tensors):
    checkpoints.save(path, tensors, HISTORY)
    stated = {k: json.loads(v) for k, v in header(path).items()}
    assert stated["parent"] == "other"
    assert stated["validation"] == {"validation_psnr": 31.25}
    assert stated["dirty"] is True
    assert json.loads(stated["recipe_fields"])["lr"] == 0.001


def test_hash_is_the_sha256_of_names_shapes_types_and_bytes():
    bits = bytes.fromhex("0000803f 00000040")  # 1.0 and 2.0, IEEE 754, little-endian
    expected = hashlib.sha256(b"a (2,) torch.float32" + bits + b"b (1,) torch.uint8" + b"\x07").hexdigest()
    tensors = {"b": torch.tensor([7], dtype=torch.uint8), "a": torch.tensor([1.0, 2.0])}
    assert checkpoints.weights_sha(tensors) == expected[:12]


def test_same_weights_same_hash_whatever_their_layout_in_memory(tensors):
    contiguous = {k: v.contiguous() for k, v in reversed(tensors.items())}
    assert checkpoints.weights_sha(contiguous) == checkpoints.weights_sha(tensors)
    other = {**tensors, "conv.bias": tensors["conv.bias"] + 1e-6}
    assert checkpoints.weights_sha(other) != checkpoints.weights_sha(tensors)


def test_missing_file_is_named(path):
    with pytest.raises(FileNotFoundError, match=r"run\.safetensors"):
        checkpoints.load(path)


@pytest.mark.parametrize("where", ["cut", "header", "nothing"])
def test_damaged_file_is_refused(path, tensors, where):
    checkpoints.save(path, tensors, HISTORY)
    content = path.read_bytes()
    path.write_bytes({"cut": content[:-20], "header": b"\0" * 40 + content[40:], "nothing": b""}[where])
    with pytest.raises(BadCheckpoint, match=r"run\.safetensors is not a checkpoint"):
        checkpoints.load(path)


def test_one_changed_bit_in_the_weights_is_refused(path, tensors):
    checkpoints.save(path, tensors, HISTORY)
    changed = bytearray(path.read_bytes())
    changed[-1] ^= 1
    path.write_bytes(changed)
    with pytest.raises(BadCheckpoint, match="do not match the hash"):
        checkpoints.load(path)


def test_a_flipped_bit_anywhere_is_refused(path, tensors):
    """Two hundred, half of them in the header, which is longer than the weights, one at a time."""
    checkpoints.save(path, tensors, HISTORY)
    whole = path.read_bytes()
    weights = 8 + int.from_bytes(whole[:8], "little")
    generator = torch.Generator().manual_seed(0)
    for first, past in ((0, weights), (weights, len(whole))):
        for bit in torch.randint(8 * first, 8 * past, (100,), generator=generator).tolist():
            changed = bytearray(whole)
            changed[bit // 8] ^= 1 << bit % 8
            path.write_bytes(changed)
            with pytest.raises(BadCheckpoint, match=r"run\.safetensors"):
                checkpoints.load(path)
    path.write_bytes(whole)
    assert checkpoints.load(path).provenance == HISTORY


def test_notes_that_are_not_those_of_the_hash_are_refused(path, tensors):
    checkpoints.save(path, tensors, HISTORY)
    stored, noted = load_file(path), header(path)
    for changed in ({**noted, "steps": "8"}, {**noted, "weather": '"fine"'}):
        save_file(stored, path, metadata=changed)
        with pytest.raises(BadCheckpoint, match=r"notes in the header of run\.safetensors"):
            checkpoints.load(path)


@pytest.mark.parametrize("metadata", [None, {"recipe": '"run"'}, {"recipe": "no JSON"}])
def test_foreign_file_is_refused(path, tensors, metadata):
    path.parent.mkdir(parents=True)
    save_file({"scalar": tensors["scalar"]}, path, metadata=metadata)
    with pytest.raises(BadCheckpoint):
        checkpoints.load(path)


def test_header_that_lacks_the_recipe_is_refused(path, tensors):
    path.parent.mkdir(parents=True)
    stored = {"scalar": tensors["scalar"]}
    save_file(stored, path, metadata={"weights_sha": json.dumps(checkpoints.weights_sha(stored))})
    with pytest.raises(BadCheckpoint):
        checkpoints.load(path)


def test_a_field_of_a_later_version_does_not_hurt(path, tensors):
    checkpoints.save(path, tensors, HISTORY)
    noted = {**header(path), "weather": '"fine"'}
    noted["header_sha"] = json.dumps(checkpoints.header_sha(noted))
    save_file(load_file(path), path, metadata=noted)
    assert checkpoints.load(path).provenance == HISTORY


@pytest.mark.parametrize("stage", ["save_file", "fsync", "replace"])
def test_an_interrupted_write_leaves_the_old_file_and_no_part_of_the_new(path, tensors, monkeypatch, stage):
    checkpoints.save(path, tensors, HISTORY)

    def fail(*arguments, **options):
        raise OSError("disk full")

    def half(tensors, name, metadata):
        name.write_bytes(b"half a file")
        fail()

    monkeypatch.setattr(
        checkpoints if stage == "save_file" else atomic.os, stage, half if stage == "save_file" else fail
    )
    with pytest.raises(OSError, match="disk full"):
        checkpoints.save(path, {k: v + 1 for k, v in tensors.items()}, replace(HISTORY, steps=8))
    monkeypatch.undo()
    assert [p.name for p in path.parent.iterdir()] == ["run.safetensors"]
    assert checkpoints.load(path).provenance.steps == 7


def test_a_later_run_replaces_an_earlier_one(path, tensors):
    checkpoints.save(path, tensors, HISTORY)
    sha = checkpoints.save(path, {"scalar": tensors["scalar"] + 1}, replace(HISTORY, steps=8))
    back = checkpoints.load(path)
    assert (back.weights_sha, back.provenance.steps, list(back.tensors)) == (sha, 8, ["scalar"])
