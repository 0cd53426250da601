"""The patch sampler: every crop, every orientation, the same on every device."""

import numpy as np
import pytest
import torch

from lib.data.patches import PatchSampler


def _orientations(image: np.ndarray) -> list[np.ndarray]:
    """The eight flips and transpositions of an image (H, W, ...)."""
    flips = [image, image[::-1], image[:, ::-1], image[::-1, ::-1]]
    return flips + [np.swapaxes(flip, 0, 1) for flip in flips]


def _unique(start: int, height: int, width: int) -> np.ndarray:
    return np.arange(start, start + height * width, dtype=np.uint8).reshape(height, width)


def _source(patch: np.ndarray, images: list[np.ndarray]) -> list[tuple[int, int, int, int]]:
    """Every (image, top, left, orientation) that gives this patch."""
    side = len(patch)
    return [(number, top, left, orientation)
            for number, image in enumerate(images)
            for top in range(image.shape[0] - side + 1)
            for left in range(image.shape[1] - side + 1)
            for orientation, crop in enumerate(
                _orientations(image[top:top + side, left:left + side]))
            if np.array_equal(crop, patch)]


def _as_uint8(patches: torch.Tensor) -> np.ndarray:
    """(N, C, P, P) in [0, 1] -> (N, P, P, C), exact multiples of 1/255 only."""
    levels = patches * 255
    torch.testing.assert_close(levels, levels.round(), atol=1e-4, rtol=0)
    return levels.round().to(torch.uint8).permute(0, 2, 3, 1).numpy()


def test_every_patch_is_a_crop_and_all_crops_are_equally_likely():
    """A 3x4 and a 6x3 image of unique values, patches of 3: 2 + 4 positions, 8 orientations."""
    images = [_unique(0, 3, 4), _unique(100, 6, 3)]
    sampler = PatchSampler(images, 3, "cpu")
    patches = sampler.sample(9600, torch.Generator().manual_seed(3))
    assert patches.shape == (9600, 1, 3, 3)
    assert patches.is_contiguous() and patches.dtype == torch.float32
    drawn, counts = np.unique(_as_uint8(patches)[..., 0], axis=0, return_counts=True)
    sources = [_source(patch, images) for patch in drawn]
    assert {len(source) for source in sources} == {1}
    assert len(sources) == 16 + 32  # every possible outcome, none twice
    # Image 0 has 16 outcomes of chance 1/32, image 1 has 32 outcomes of chance 1/64.
    expected = np.array([9600 / (32 if source[0][0] == 0 else 64) for source in sources])
    chi2 = ((counts - expected) ** 2 / expected).sum()
    assert chi2 < 90  # 47 degrees of freedom: 90 is exceeded with chance 2e-4


def test_colour_patches_keep_their_channels_together():
    red = _unique(0, 5, 7)
    image = np.dstack([red, red + 50, red + 100])
    patches = PatchSampler([image], 4, "cpu").sample(200, torch.Generator().manual_seed(0))
    assert patches.shape == (200, 3, 4, 4)
    assert patches.is_contiguous()
    found = [_source(patch, [image]) for patch in _as_uint8(patches)]
    assert {len(sources) for sources in found} == {1}
    assert {sources[0][1:3] for sources in found} == {(t, x) for t in range(2) for x in range(4)}


def test_an_image_as_small_as_the_patch_gives_its_eight_orientations():
    image = _unique(0, 4, 4)
    patches = PatchSampler([image], 4, "cpu").sample(200, torch.Generator().manual_seed(0))
    seen = {patch.tobytes() for patch in _as_uint8(patches)}
    assert seen == {np.ascontiguousarray(turned).tobytes() for turned in _orientations(image)}


def test_the_same_seed_gives_the_same_patches():
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (40, 50, 3), dtype=np.uint8) for _ in range(3)]
    sampler = PatchSampler(images, 16, "cpu")
    draw = [sampler.sample(8, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)]
    assert torch.equal(draw[0], draw[1])
    assert not torch.equal(draw[0], draw[2])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_gives_the_patches_of_the_cpu():
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (40, 50, 3), dtype=np.uint8) for _ in range(3)]
    on_cpu, on_gpu = (PatchSampler(images, 16, device).sample(
        8, torch.Generator().manual_seed(0)) for device in ("cpu", "cuda"))
    assert on_gpu.is_cuda
    torch.testing.assert_close(on_gpu.cpu(), on_cpu, atol=1e-7, rtol=0)


def test_read_only_and_flipped_arrays_are_taken():
    image = _unique(0, 5, 5)[::-1]
    image.flags.writeable = False
    patch = PatchSampler([image], 5, "cpu").sample(1, torch.Generator().manual_seed(0))
    assert len(_source(_as_uint8(patch)[0, ..., 0], [image])) == 1


@pytest.mark.parametrize(("images", "message"), [
    ([], "no images"),
    ([_unique(0, 9, 9), _unique(0, 9, 7)], "Image 1 is 7x9 pixels, smaller than the patch of 8x8"),
    ([_unique(0, 9, 9), np.zeros((9, 9, 3), np.uint8)], "Image 1 has shape"),
    ([np.zeros((9, 9, 4), np.uint8)], "Image 0 has shape"),
    ([np.zeros((9, 9), np.float32)], "Image 0 is float32"),
])
def test_images_that_cannot_be_sampled_are_refused(images, message):
    with pytest.raises(ValueError, match=message):
        PatchSampler(images, 8, "cpu")
