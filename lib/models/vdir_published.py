"""VDIR with its authors' weights, from the TensorFlow checkpoints of their repository.

Source: github.com/JWSoh/VDIR, Model/model-AWGN and Model/model-Real_Noise: encoder and restorer for RGB at
the paper's size, 130 tensors. Names and layout of the variables as their model.py and ops.py make them.
"""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from lib.base import tf_checkpoint
from lib.models.vdir import VDIR, Encoder, Restorer

TRUNK = {"conv1": 0, "conv2": 3, "conv3": 5, "conv4": 8, "conv5": 10}  # of the encoder, by place


def resized_from_corner(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Bilinear as TensorFlow 1 has it: pixel i of H lies at i h / H, counted from the first pixel.

    maps (N, K, h, w) -> (N, K, *size). Beyond the last pixel it is repeated.
    """
    return _stretched(_stretched(maps, -2, size[0]), -1, size[1])


def load_vdir(path: str | Path) -> VDIR:
    """A published VDIR from the index of its checkpoint, in evaluation mode; it has no estimator and no knob.

    path: of NAME.index; NAME.data-00000-of-00001 lies beside it. Variables of other networks, such as a
    training of the released code leaves, are not looked at.
    Raises FileNotFoundError where a file is absent, BadBundle where one is damaged and ValueError where they
    hold another network.
    """
    net = VDIR(Encoder(), Restorer(resize=resized_from_corner))
    variables = tf_checkpoint.read(path)
    for scope, conv in scopes(net).items():
        kernel, bias = (variables.get(f"{scope}/conv2d/{part}") for part in ("kernel", "bias"))
        if kernel is None or bias is None:
            raise ValueError(f"{path} holds no VDIR: {scope} is missing.")
        weight = np.transpose(kernel, (3, 2, 0, 1)) if kernel.ndim == 4 else kernel
        if (weight.shape, bias.shape) != (conv.weight.shape, conv.bias.shape):
            raise ValueError(f"{path} holds no VDIR of the paper's size: {scope} does not fit.")
        conv.weight.data.copy_(torch.tensor(weight))
        conv.bias.data.copy_(torch.tensor(bias))
    return net.eval()


def scopes(net: VDIR) -> dict[str, nn.Conv2d]:
    """Every convolution of encoder and restorer by the scope of its variables in the released code."""
    encoder, restorer = net.encoder, net.restorer
    found = {f"EST/{name}": encoder.trunk[place] for name, place in TRUNK.items()}
    found |= {"EST/mu": encoder.mean, "EST/sigma": encoder.log_variance}
    *groups, last = restorer.body
    found |= {"Denoise/conv1": restorer.head, "Denoise/conv2": last, "Denoise/conv3": restorer.tail}
    for i, group in enumerate(groups):
        *blocks, end = group.body
        found[f"Denoise/RIRBlock{i}/conv_out"] = end
        for k, block in enumerate(blocks):
            found[f"Denoise/RIRBlock{i}/RBlock{k}/conv1"] = block.a
            found[f"Denoise/RIRBlock{i}/RBlock{k}/conv2"] = block.b
    return found


def _stretched(x: Tensor, dim: int, size: int) -> Tensor:
    last = x.shape[dim] - 1
    at = torch.arange(size, device=x.device) * ((last + 1) / size)
    low = at.long().clamp(max=last)
    share = (at - low).to(x).view(-1, *[1] * (-dim - 1))
    return torch.lerp(x.index_select(dim, low), x.index_select(dim, (low + 1).clamp(max=last)), share)
