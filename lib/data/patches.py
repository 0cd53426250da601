"""Random patches of images that live on the training device."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


class PatchSampler:
    """Random square patches of images that lie as uint8 on the training device.

    images: (H, W) or (H, W, 3), uint8, all gray or all colour; sizes may differ.
    patch:  side in pixels; an image smaller than that raises ValueError.
    Every image is drawn equally often, whatever its size, as in the authors' loaders; then a
    position, then a horizontal flip, a vertical flip and a transposition, each with chance 1/2.
    """

    def __init__(self, images: Sequence[np.ndarray], patch: int, device: str | torch.device):
        _check_images(images, patch)
        self.patch = patch
        self.height, self.width = torch.tensor([image.shape[:2] for image in images]).unbind(1)
        ends = (self.height * self.width).cumsum(0)
        self.start = ends - self.height * self.width
        channels = 1 if images[0].ndim == 2 else 3
        self.pixels = torch.empty(int(ends[-1]), channels, dtype=torch.uint8, device=device)
        for start, end, image in zip(self.start, ends, images, strict=True):
            flat = np.ascontiguousarray(image).reshape(-1, channels)
            self.pixels[start:end] = torch.tensor(flat)
        self.steps = torch.arange(patch, device=device)

    def sample(self, batch: int, generator: torch.Generator) -> Tensor:
        """Returns (batch, C, patch, patch), float32 in [0, 1], contiguous, on the device.

        `generator` is a CPU one: the same seed draws the same patches on every device.
        """
        draw = torch.rand(6, batch, dtype=torch.float64, generator=generator)
        image = (draw[0] * len(self.start)).long()
        width = self.width[image]
        top = (draw[1] * (self.height[image] - self.patch + 1)).long()
        left = (draw[2] * (width - self.patch + 1)).long()
        flip_rows, flip_columns, transpose = draw[3:] < 0.5

        # A patch is a first pixel and the way from one row, and one column, to the next.
        last = self.patch - 1
        first = self.start[image] + top * width + left
        first = first + flip_rows * last * width + flip_columns * last
        down = torch.where(flip_rows, -width, width)
        right = torch.where(flip_columns, -1, 1)
        down, right = torch.where(transpose, right, down), torch.where(transpose, down, right)

        first, down, right = torch.stack([first, down, right]).to(self.steps.device)[..., None]
        where = (first + down * self.steps)[:, :, None] + (right * self.steps)[:, None, :]
        patches = self.pixels.index_select(0, where.view(-1))
        patches = patches.view(batch, self.patch, self.patch, -1).permute(0, 3, 1, 2)
        return patches.to(torch.float32, memory_format=torch.contiguous_format).div_(255)


def anywhere(
    images: Sequence[Tensor], patch: int, most: int, generator: torch.Generator
) -> list[Tensor]:
    """Return the same patch of every tensor (N, C, H, W), all of one size: (N, C, patch, patch).

    It begins, for each of the N by itself, anywhere among the first `most` rows and columns.
    """
    count, device = len(images[0]), images[0].device
    first = torch.randint(most, (2, count), generator=generator, device=generator.device)
    rows, columns = first[..., None].to(device) + torch.arange(patch, device=device)
    which = torch.arange(count, device=device)[:, None, None]
    where = which, rows[:, :, None], columns[:, None]
    return [x.permute(0, 2, 3, 1)[where].permute(0, 3, 1, 2) for x in images]


def _check_images(images: Sequence[np.ndarray], patch: int) -> None:
    if not images:
        raise ValueError("There are no images to take patches from.")
    for index, image in enumerate(images):
        if image.dtype != np.uint8:
            raise ValueError(f"Image {index} is {image.dtype}, but patches are taken from uint8.")
        if image.shape[2:] != images[0].shape[2:] or image.shape[2:] not in ((), (3,)):
            raise ValueError(f"Image {index} has shape {image.shape}: "
                             "all must be (H, W) or all (H, W, 3).")
        if min(image.shape[:2]) < patch:
            raise ValueError(f"Image {index} is {image.shape[1]}x{image.shape[0]} pixels, "
                             f"smaller than the patch of {patch}x{patch}.")
