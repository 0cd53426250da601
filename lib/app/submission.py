"""What the server of DND is sent: its crops, restored by any network."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch

from lib.base import devices
from lib.data import dnd, sets
from lib.evaluation.measure import Padded
from lib.models.knobs import Controllable


def submit(
    net: Controllable,
    output: Path,
    *,
    knobs: Sequence[float] = (),
    device: str = "auto",
    say: Callable[[str], None] = print,
) -> None:
    """Restores every crop of DND in float32, not rounded, and writes the files of a submission to a folder.

    knobs: one value per knob of the network. Raises MissingData where DND is not at hand and ValueError where
    the number of knobs does not fit.
    """
    if len(knobs) != len(net.knobs):
        names = ", ".join(knob.name for knob in net.knobs) or "none"
        raise ValueError(f"{len(knobs)} knob values were given; the network has: {names}.")
    dnd.write_submission(_restored(net, sets.home("dnd"), knobs, device, say), output)


@torch.inference_mode()
def _restored(
    net: Controllable, folder: Path, knobs: Sequence[float], device: str, say: Callable[[str], None]
) -> Iterator[dnd.Crop]:
    devices.tune_cpu()
    plain = Padded(net.fold(torch.tensor(knobs)), net.multiple).eval().to(devices.choose(device))
    for number, crop in enumerate(dnd.crops(folder), start=1):
        x = torch.from_numpy(crop.pixels).permute(2, 0, 1)[None]
        y = plain(x.to(devices.choose(device))).cpu()
        yield dnd.Crop(crop.name, y[0].permute(1, 2, 0).numpy())
        if number % dnd.CROPS == 0:
            say(f"photograph {number // dnd.CROPS} of {dnd.PHOTOGRAPHS}")
