"""The published DnCNN, FFDNet, ARCNN and VDIR, from the files that their authors released.

DnCNN and FFDNet: MATLAB v7.3 files of MatConvNet, with their batch norms merged into the convolutions. ARCNN:
MATLAB v5 files. VDIR: TensorFlow checkpoints, github.com/JWSoh/VDIR, Model/model-AWGN and
Model/model-Real_Noise: encoder and restorer for RGB at the paper's size, 130 tensors, whose names and layout
are those that model.py and ops.py give them.
"""

import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from lib.base import tf_checkpoint
from lib.models.baselines import ARCNN, DnCNN, FFDNet
from lib.models.vdir import VDIR, Encoder, Restorer

TRUNK = {"conv1": 0, "conv2": 3, "conv3": 5, "conv4": 8, "conv5": 10}  # of the encoder, by place


def load_dncnn(path: str | Path) -> DnCNN:
    """Return a published DnCNN from its MATLAB file; channels, width and depth are read from it.

    Returns the network in evaluation mode. Raises FileNotFoundError when the file is absent and
    ValueError when it holds another network. The blind networks produce denormal numbers, which
    make a CPU ten times slower unless `torch.set_flush_denormal(True)` was called.
    """
    layers = _matlab_convolutions(path)
    (width, channels), depth = layers[0][0].shape[:2], len(layers)
    return _filled(DnCNN(channels, width, depth), layers, path)


def load_ffdnet(path: str | Path) -> FFDNet:
    """Return a published FFDNet, gray or colour, from its MATLAB file; raises as `load_dncnn` does."""
    layers = _matlab_convolutions(path)
    (width, channels_in), depth = layers[0][0].shape[:2], len(layers)
    channels = (channels_in - 1) // 4
    if channels == 0:
        raise ValueError(f"{path} holds {channels_in} input channels, which is no FFDNet.")
    (first, first_bias), (last, last_bias) = layers[0], layers[-1]
    order = _row_by_row(channels)
    layers[0] = torch.cat([first[:, order], first[:, -1:]], 1), first_bias
    layers[-1] = last[order], last_bias[order]
    return _filled(FFDNet(channels, width, depth), layers, path)


def load_arcnn(path: str | Path) -> ARCNN:
    """Return a published ARCNN, for Y and one JPEG quality, from its file; raises as `load_dncnn` does."""
    layers = [_arcnn_layer(path, layer) for layer in ("conv1", "conv2", "conv22", "conv3")]
    return _filled(ARCNN(1, edges=True), layers, path)


def load_vdir(path: str | Path) -> VDIR:
    """Return a published VDIR from the index of its checkpoint, in evaluation mode; it has no estimator and
    no knob.

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


def resized_from_corner(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize bilinearly as TensorFlow 1 has it: pixel i of H lies at i h / H, counted from the first pixel.

    maps (N, K, h, w) -> (N, K, *size). Beyond the last pixel it is repeated.
    """
    return _stretched(_stretched(maps, -2, size[0]), -1, size[1])


def scopes(net: VDIR) -> dict[str, nn.Conv2d]:
    """Return every convolution of encoder and restorer by the scope of its variables in the released code."""
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


def _arcnn_layer(path: str | Path, layer: str) -> tuple[Tensor, Tensor]:
    """Return weight (out, in, k, k) and bias (out,) of a convolution in a MATLAB v5 file.

    The file has (in, k * k, out), the taps column by column, without the last side where there is one output.
    """
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    if not Path(path).is_file():
        raise FileNotFoundError(f"There is no file of published weights at {path}.")
    try:
        file = loadmat(path, variable_names=(f"weights_{layer}", f"biases_{layer}"))
        weight, bias = (torch.from_numpy(file[f"{kind}_{layer}"]) for kind in ("weights", "biases"))
        side = math.isqrt(weight.shape[1])
        return weight.reshape(len(weight), side, side, -1).permute(3, 0, 2, 1), bias.flatten()
    except (MatReadError, ValueError, NotImplementedError, KeyError, RuntimeError) as error:
        raise ValueError(f"{path} holds no ARCNN, or is no MATLAB v5 file.") from error


def _row_by_row(channels: int) -> Tensor:
    """Return MATLAB's index of each half-size image; it counts the four by columns, torch by rows."""
    return torch.arange(4 * channels).view(channels, 2, 2).transpose(1, 2).flatten()


def _filled(net: nn.Module, layers: list[tuple[Tensor, Tensor]], path: str | Path) -> nn.Module:
    convolutions = [module for module in net.modules() if isinstance(module, nn.Conv2d)]
    for conv, (weight, bias) in zip(convolutions, layers, strict=True):
        if conv.weight.shape != weight.shape:
            raise ValueError(f"{path} holds no {type(net).__name__}: a layer does not fit.")
        conv.weight.data.copy_(weight)
        conv.bias.data.copy_(bias)
    return net.eval()


def _matlab_convolutions(path: str | Path) -> list[tuple[Tensor, Tensor]]:
    """Return weights (out, in, 3, 3) and biases (out,) of a MatConvNet network in a MATLAB v7.3 file.

    HDF5 shows MATLAB's (height, width, in, out) back to front, without its trailing ones.
    """
    import h5py

    if not Path(path).is_file():
        raise FileNotFoundError(f"There is no file of published weights at {path}.")
    layers = []
    try:
        with h5py.File(path) as file:
            for reference in file["net/layers"][:].ravel():
                layer = file[reference]
                if bytes(layer["type"][:].astype("u1")) == b"conv":
                    weight, bias = (torch.from_numpy(file[r][:]) for r in layer["weights"][:].ravel())
                    weight = weight.view(bias.numel(), -1, *weight.shape[-2:]).mT
                    layers.append((weight, bias.flatten()))
    except (OSError, KeyError) as error:
        raise ValueError(f"{path} is not a MatConvNet network in a MATLAB v7.3 file.") from error
    return layers


def _stretched(x: Tensor, dim: int, size: int) -> Tensor:
    last = x.shape[dim] - 1
    at = torch.arange(size, device=x.device) * ((last + 1) / size)
    low = at.long().clamp(max=last)
    share = (at - low).to(x).view(-1, *[1] * (-dim - 1))
    return torch.lerp(x.index_select(dim, low), x.index_select(dim, (low + 1).clamp(max=last)), share)
