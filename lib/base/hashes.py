"""Hashes by which results say what they were made from."""

import hashlib

import torch
from torch import Tensor


def weights_sha(tensors: dict[str, Tensor]) -> str:
    """12 hex digits of a SHA-256 over names, shapes, types and bytes."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        digest.update(tensor.view(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:12]
