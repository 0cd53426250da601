"""What a file says beside its pixels, through every format, as Pillow and tifffile read it."""

import io

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms
from test_images import deep_png_file, png_chunk, saved

from lib.data import images
from lib.data.images import Picture

COLOUR = np.arange(8 * 12 * 3, dtype=np.uint8).reshape(8, 12, 3) % 200
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
GRAY = SRGB[:16] + b"GRAY" + SRGB[20:]  # its header alone is looked at
GAMMA = png_chunk(b"gAMA", (100_000).to_bytes(4))  # linear light
EVERY = ("png", "jpeg", "tiff", "webp")


def photographed(orientation=6) -> Image.Exif:
    """By a telephone held upright, with a place and a time."""
    exif = Image.Exif()
    exif.update({271: "Maker", 272: "Camera", 274: orientation, 306: "2024:01:02 03:04:05"})
    exif[34665] = {36867: "2024:01:02 03:04:05", 33437: (28, 10), 40962: 12, 40963: 8}
    exif[34853] = {1: "N", 2: (48.0, 8.0, 0.0)}
    return exif


def source(kind: str) -> bytes:
    """The same image, by others' hands, in 8 or 16 bits."""
    deep = COLOUR.astype(np.uint16) * 257
    match kind:
        case "png16":
            said = io.BytesIO(saved(Image.fromarray(COLOUR), "png", icc_profile=SRGB, dpi=(300, 300)))
            raw = said.getvalue()
            chunks = raw[33 : raw.index(b"IDAT") - 4]
            exif = png_chunk(b"eXIf", photographed().tobytes().removeprefix(b"Exif\0\0"))
            return deep_png_file(deep, chunks + exif)
        case "tiff16":
            data = io.BytesIO()
            tags = [(271, 2, 0, "Maker", True), (274, 3, 1, 6, True)]
            tifffile.imwrite(
                data, deep, photometric="rgb", iccprofile=SRGB, resolution=(300, 300), resolutionunit="inch",
                extratags=tags, metadata=None,
            )  # fmt: skip
            return data.getvalue()
    return saved(Image.fromarray(COLOUR), kind, icc_profile=SRGB, exif=photographed(), dpi=(300, 300))


def opened(picture: Picture, image_format: str) -> Image.Image:
    return Image.open(io.BytesIO(images.encode(picture, image_format)))


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "avif", "png16", "tiff16"])
@pytest.mark.parametrize("image_format", EVERY)
def test_profile_and_camera_go_into_every_format(kind, image_format):
    written = opened(images.read(source(kind)), image_format)
    assert written.info["icc_profile"] == SRGB
    exif = written.getexif()
    assert exif[271] == "Maker" and exif.get(274, 1) == 1
    if kind != "tiff16":
        assert exif.get_ifd(34853) == {1: "N", 2: (48.0, 8.0, 0.0)}
        camera = exif.get_ifd(34665)
        assert camera[36867] == "2024:01:02 03:04:05" and 40962 not in camera
    assert written.size == (8, 12)  # upright


@pytest.mark.parametrize("kind", ["png", "jpeg", "png16", "tiff16"])
@pytest.mark.parametrize("image_format", ["png", "jpeg", "tiff", "bmp"])
def test_pixels_per_inch_stay(kind, image_format):
    written = opened(images.read(source(kind)), image_format)
    assert written.info["dpi"] == pytest.approx((300, 300), abs=0.05)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("gray", [False, True])
def test_a_tiff_with_exif_holds_its_pixels(bits, gray):
    """Over several strips of a file, which its new directory has to find."""
    rng = np.random.default_rng(0)
    shape = (400, 500) if gray else (400, 500, 3)
    pixels = rng.integers(0, 2**bits, shape, dtype=np.uint8 if bits == 8 else np.uint16)
    said = images.read(source("jpeg")).metadata
    data = images.encode(Picture(pixels, metadata=said), "tiff")
    np.testing.assert_array_equal(tifffile.imread(io.BytesIO(data)), pixels)
    np.testing.assert_array_equal(images.read(data).pixels, pixels)


@pytest.mark.parametrize("bits", [8, 16])
def test_the_gamma_of_a_png_stays(bits):
    if bits == 8:
        plain = saved(Image.fromarray(COLOUR), "png")
        data = plain[:33] + GAMMA + plain[33:]
    else:
        data = deep_png_file(COLOUR.astype(np.uint16), GAMMA)
    picture = images.read(data)
    np.testing.assert_array_equal(picture.pixels, COLOUR)
    assert opened(picture, "png").info["gamma"] == 1


@pytest.mark.parametrize("image_format", EVERY)
def test_a_profile_of_gray_is_for_gray_pixels(image_format):
    gray = images.read(saved(Image.fromarray(COLOUR[..., 0]), "png", icc_profile=GRAY))
    kept = b"" if image_format == "webp" else GRAY  # which stores gray as RGB
    assert opened(gray, image_format).info.get("icc_profile", b"") == kept
    colour = images.read(saved(Image.fromarray(COLOUR), "png", icc_profile=GRAY))
    assert not opened(colour, image_format).info.get("icc_profile")


@pytest.mark.parametrize("at", range(8, 120, 7))
def test_damaged_exif_costs_no_image(at):
    """The pixels are whole, so the image is."""
    exif = bytearray(photographed(orientation=1).tobytes())
    exif[at : at + 4] = b"\xff\xff\xff\xff"
    data = saved(Image.fromarray(COLOUR), "jpeg", exif=bytes(exif))
    assert images.read(data).metadata is not None
    for image_format in EVERY:
        images.encode(images.read(data), image_format)
