"""A network as one ONNX file, for programs without torch: any image size, the knobs as an input."""

import json
import logging
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from lib.app.tasks import Loaded
from lib.base import atomic

SIZES = ((96, 64), (160, 128))  # (height, width): the first is traced, and the file is compared at both
TOLERANCE = 1e-4  # of samples in [0, 1]: float32 summed in another order


class CannotExport(ValueError):
    """What was asked for cannot be written as ONNX; the message is one clear sentence."""


def export(
    loaded: Loaded,
    target: Path,
    *,
    knobs: dict[str, float] | None = None,
    size: tuple[int, int] | None = None,
) -> float:
    """Writes a network as ONNX, compares the file with torch, and returns the largest difference.

    Inputs of the file: `picture` (1, C, H, W) float32 in [0, 1], C = `loaded.channels` (1: luma), H and W
    divisible by `multiple`; and `knobs` (1, K) float32. Its output `restored` has the image's shape and
    is not clipped. Its metadata are the network's title, scale, channels, multiple and knobs, and what has to
    be done to an image before, for a network that enlarges.
    knobs: baked in at these values, and then no input. size: (height, width) of the only images taken.
    Raises CannotExport where a package is missing, where knobs or size have to be fixed and are not, or where
    the file computes something else; OSError where it cannot be written.
    """
    multiple = loaded.net.multiple
    if size and (size[0] % multiple or size[1] % multiple):
        raise CannotExport(f"{loaded.name} takes sides that are multiples of {multiple} pixels.")
    module, settings = _module(loaded, knobs)
    pictures = [torch.rand(1, loaded.channels, *shape) for shape in ((size,) if size else SIZES)]
    try:
        program = _traced(module, (pictures[0], *settings[0]), None if size else multiple)
        for node in program.model.graph:
            node.metadata_props.clear()  # paths and lines of this machine
        program.model.metadata_props.update(_metadata(loaded, knobs))
        with atomic.written(target) as part:
            program.save(part)
            difference = max(_difference(module, part, (x, *row)) for x in pictures for row in settings)
            if difference > TOLERANCE:
                raise CannotExport(f"The file differs from torch by {difference:.2g}.")
    except ImportError as error:
        raise CannotExport(f"{error.name} is missing: pip install -e .[export]") from None
    except (CannotExport, OSError):
        raise
    except Exception as error:  # the tracer and the runtime raise many kinds
        raise CannotExport(_advice(loaded, knobs, size)) from error
    return difference


def _module(loaded: Loaded, knobs: dict[str, float] | None) -> tuple[nn.Module, list[tuple[Tensor, ...]]]:
    """What is traced, and the settings to compare it at: lowest and highest, or none where they are
    baked in."""
    net = loaded.net.eval()
    if knobs is not None:
        return net.fold(torch.tensor(list(knobs.values()))).eval(), [()]
    return net, [(torch.tensor([[getattr(knob, end) for knob in net.knobs]]),) for end in ("low", "high")]


def _traced(module: nn.Module, inputs: tuple[Tensor, ...], multiple: int | None) -> torch.onnx.ONNXProgram:
    """multiple: of the free sides; None fixes the size."""
    free = None
    if multiple is not None:
        height, width = (multiple * torch.export.Dim(side, min=2) for side in ("h", "w"))
        free = ({2: height, 3: width}, *(None for _ in inputs[1:]))
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it misses torchvision, which we do without
    with torch.inference_mode(), warnings.catch_warnings(action="ignore"):
        return torch.onnx.export(
            module,
            inputs,
            input_names=["picture", "knobs"][: len(inputs)],
            output_names=["restored"],
            dynamic_shapes=free,
            dynamo=True,
            verbose=False,
        )


def _metadata(loaded: Loaded, knobs: dict[str, float] | None) -> dict[str, str]:
    names = [{"name": knob.name, "low": knob.low, "high": knob.high} for knob in loaded.net.knobs]
    return {
        "network": loaded.title,
        "scale": loaded.scale,
        "channels": "RGB" if loaded.channels == 3 else "Y of BT.601, 16/255 to 235/255",
        "before": before(loaded),
        "multiple": str(loaded.net.multiple),
        "knobs": json.dumps(names if knobs is None else knobs),
    }


def before(loaded: Loaded) -> str:
    """What has to be done to an image before a network takes it; nothing where it keeps its size."""
    if loaded.task.repeats > 1:
        return f"each pixel repeated {loaded.task.repeats} times across and down"
    return "bicubic enlargement, as MATLAB's" if loaded.task.enlarges else ""


@torch.inference_mode()
def _difference(module: nn.Module, file: Path, inputs: tuple[Tensor, ...]) -> float:
    import onnxruntime

    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    names = [given.name for given in session.get_inputs()]
    (restored,) = session.run(None, {name: x.numpy() for name, x in zip(names, inputs, strict=True)})
    return float(np.abs(module(*inputs).numpy() - restored).max())


def _advice(loaded: Loaded, knobs: dict[str, float] | None, size: tuple[int, int] | None) -> str:
    if knobs is None and loaded.net.knobs:
        settings = " ".join(f"--knob {knob.name}={knob.start:g}" for knob in loaded.net.knobs)
        return f"{loaded.name} cannot be exported with its knobs as an input; fix them: {settings}."
    if size is None:
        return f"{loaded.name} can be exported for one image size only: give --size, such as 480x320."
    return f"{loaded.name} cannot be exported."
