"""Convolutions made of others that compute the same: what folding a knob into weights needs."""

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval


def copied(conv: nn.Conv2d) -> nn.Conv2d:
    """Return a convolution with weights of its own; copy.deepcopy takes longer, and a slider waits."""
    twin = copy.copy(conv)
    twin._parameters = {
        name: nn.Parameter(p.detach().clone(), requires_grad=False) for name, p in conv.named_parameters()
    }
    return twin


def depthwise(scale: Tensor, shift: Tensor) -> nn.Conv2d:
    """Return scale_c x_c + shift_c as a 1x1 depth-wise convolution; scale, shift (C,)."""
    conv = nn.Conv2d(len(scale), len(scale), 1, groups=len(scale)).to(scale)
    with torch.no_grad():
        conv.weight.copy_(scale.view(-1, 1, 1, 1))
        conv.bias.copy_(shift)
    return conv


def scaled(conv: nn.Conv2d, affine: nn.Conv2d) -> nn.Conv2d:
    """Return W'_o = s_o W_o, b'_o = s_o b_o + t_o in `conv` itself: exact for a 1x1 depth-wise `affine`."""
    scale = affine.weight.view(-1)
    with torch.no_grad():
        conv.weight.mul_(scale.view(-1, 1, 1, 1))
        conv.bias.mul_(scale).add_(affine.bias)
    return conv


def merged(layers: nn.Sequential) -> nn.Sequential:
    """Return the layers with every batch norm, at its running statistics, in the convolution before it."""
    found: list[nn.Module] = []
    for layer in layers:
        if isinstance(layer, nn.BatchNorm2d):
            found[-1] = fuse_conv_bn_eval(found[-1].eval(), layer.eval())
        else:
            found.append(layer)
    return nn.Sequential(*found)


def side_by_side(main: nn.Conv2d, tuning: nn.Conv2d, groups: int = 1) -> nn.Conv2d:
    """Return both convolutions as one, the main branch's channels first; only `main` may have a bias.

    groups: 1 where both read the same channels, 2 where each reads those of its own branch.
    """
    weight = torch.cat((main.weight, tuning.weight))
    bias = None if main.bias is None else torch.cat((main.bias, torch.zeros_like(main.bias)))
    return with_weights(weight, bias, groups)


def mixed(main: nn.Conv2d, tuning: nn.Conv2d, alpha: Tensor) -> nn.Conv2d:
    """Return (1 - alpha) main + alpha tuning, of both branches' channels side by side.

    alpha: (width,), of the channels behind this convolution and the pixel shuffle that may follow it.
    """
    alpha = alpha.repeat_interleave(main.out_channels // len(alpha))
    rows = alpha.view(-1, 1, 1, 1)
    weight = torch.cat(((1 - rows) * main.weight, rows * tuning.weight), 1)
    return with_weights(weight, None if main.bias is None else (1 - alpha) * main.bias)


def with_weights(weight: Tensor, bias: Tensor | None, groups: int = 1) -> nn.Conv2d:
    """Return a convolution with these weights (out, in / groups, k, k), padded to keep the sides."""
    made, taken, kernel, _ = weight.shape
    conv = nn.Conv2d(
        groups * taken, made, kernel, padding=kernel // 2, groups=groups, bias=bias is not None
    ).to(weight)
    conv.weight.copy_(weight)
    if bias is not None:
        conv.bias.copy_(bias)
    return conv


class StackedBlock(nn.Module):
    """CFSNet's main and tuning block, coupled by a fixed alpha (width,), as two convolutions, exactly.

    Both branches side by side in the first, (1 - alpha) and alpha times them in the second; what is
    left of the main block's skip, (1 - alpha) x, is added behind.
    """

    def __init__(self, main: nn.Module, tuning: nn.Module, alpha: Tensor):
        super().__init__()
        self.a = side_by_side(main.a, tuning.a)
        self.b = mixed(main.b, tuning.b, alpha)
        self.register_buffer("kept", (1 - alpha).view(-1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        h = self.b(F.relu(self.a(x), inplace=True))
        return h.addcmul_(x, self.kept.to(h.dtype))


def stacked_upscaler(main: nn.Sequential, tuning: nn.Sequential, alpha: Tensor) -> nn.Sequential:
    """Return CFSNet's two upscalers as one, coupled in its last convolution: exact, as both are linear."""
    between = zip(main[1:-2], tuning[1:-2], strict=True)
    return nn.Sequential(
        side_by_side(main[0], tuning[0]),
        *(side_by_side(a, b, groups=2) if isinstance(a, nn.Conv2d) else a for a, b in between),
        mixed(main[-2], tuning[-2], alpha),
        main[-1],
    )
