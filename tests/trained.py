"""Networks as if they had been trained, for tests."""

import torch
from torch import nn


def moved(net: nn.Module, seed: int = 1) -> nn.Module:
    """Every layer audible, every parameter its own."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in net.parameters():
            fan_in = p[0].numel() if p.dim() > 1 else 10
            p.copy_(torch.randn(p.shape, generator=generator) / fan_in**0.5)
    return net
