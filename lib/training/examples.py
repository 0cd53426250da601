"""The images of a run: those it is trained on, and those held out or watched beside the training."""

from dataclasses import dataclass

import numpy as np
import torch

from lib.data import images, sets
from lib.data.patches import PatchSampler
from lib.recipes import Recipe

HELD_OUT = 4  # images of the training set kept for validation, a quarter of it at most
CROP = 192  # pixels a side, of a validation image


@dataclass(frozen=True)
class Examples:
    """Patches and validation images of one run.

    sampler, unseen: patches that it is trained on, and patches of the images held out. validated: whole
    images of the set that the recipe watches, where it is here; else centre crops of the images held out.
    watched: which of these two. training_sha: hash of the training set.
    """

    sampler: PatchSampler
    unseen: PatchSampler
    validated: list[np.ndarray]
    watched: str
    training_sha: str


def of(recipe: Recipe, device: torch.device) -> Examples:
    """Return the images of a run, patches on its device; every n-th of the training set is held out."""
    samples = sets.training_set(recipe.training_set)
    pixels = [_in_channels(s.pixels, recipe.channels) for s in samples]
    held = min(HELD_OUT, max(1, len(pixels) // 4))
    every = max(1, len(pixels) // held)
    kept = pixels[::every][:held]
    seen = [image for i, image in enumerate(pixels) if i % every or i // every >= held]
    validated, watched = [_centre(image) for image in kept], "held out"
    if recipe.watch and sets.locate(recipe.watch):
        watched = recipe.watch
        validated = [_in_channels(s.pixels, recipe.channels) for s in sets.load_images(watched)]
    unseen, sampler = (PatchSampler(some, recipe.drawn, device) for some in (kept, seen))
    return Examples(sampler, unseen, validated, watched, sets.set_hash(samples))


def _centre(image: np.ndarray) -> np.ndarray:
    top, left = (max(0, side - CROP) // 2 for side in image.shape[:2])
    return image[top : top + CROP, left : left + CROP]


def _in_channels(pixels: np.ndarray, channels: int) -> np.ndarray:
    """Return RGB as it is, or 8-bit BT.601 luma for a network of one channel."""
    if channels == 3 or pixels.ndim == 2:
        return pixels
    return images.to_pixels(images.rgb_to_y(images.to_tensor(pixels)))
