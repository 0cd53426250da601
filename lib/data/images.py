"""Images in files and as tensors: read, write, colour (BT.601).

Pillow decodes what has 8 bits. It reduces 16-bit colour to 8, so 16-bit files go to imagecodecs
(PNG) and tifffile (TIFF), which scikit-image reads TIFF with; tifffile needs imagecodecs for LZW.
"""

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from lib.base import atomic
from lib.data import metadata
from lib.data.metadata import Metadata

if TYPE_CHECKING:
    import tifffile

Format = Literal["png", "jpeg", "bmp", "tiff", "webp"]

SUFFIXES: dict[str, Format] = {
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".bmp": "bmp",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".webp": "webp",
}
QUALITY = 95  # of a JPEG or WebP file that is written
READABLE = (*SUFFIXES, ".gif", ".avif")
UNREADABLE = (".heic", ".heif", ".jp2", ".j2k", ".jxl", ".psd", ".svg", ".dng", ".cr2", ".nef", ".arw")

_TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_ORIENTATION = 274  # the tag's number in EXIF and in TIFF

# BT.601, limited range, for RGB in [0, 1] and levels of 255 (ITU-R BT.601, as MATLAB's rgb2ycbcr).
_YCBCR = np.array(
    [[65.481, 128.553, 24.966], [-37.797, -74.203, 112.0], [112.0, -93.786, -18.214]]
)
_YCBCR_OFFSET = (16.0, 128.0, 128.0)
RGB_TO_GRAY = (0.298936021293775, 0.587043074451121, 0.114020904255103)  # MATLAB's rgb2gray


class BadImage(ValueError):
    """An image that cannot be read or written; its text is one sentence naming the file."""


@dataclass(frozen=True)
class Picture:
    """One image as it stands in a file, upright.

    pixels: (H, W) or (H, W, 3), uint8 or uint16.
    alpha: (H, W) of the same type, or None where every pixel is opaque.
    tables: the 64 numbers of a JPEG's luma quantisation table, row by row, as the file has it
        (the EXIF orientation is not applied to it); None for any other format.
    Raises ValueError where alpha and pixels differ in type.
    """

    pixels: np.ndarray
    alpha: np.ndarray | None = None
    tables: tuple[int, ...] | None = None
    metadata: Metadata = field(default_factory=Metadata)

    def __post_init__(self) -> None:
        if self.alpha is not None and self.alpha.dtype != self.pixels.dtype:
            raise ValueError(f"The alpha of {self.alpha.dtype} does not fit pixels of {self.pixels.dtype}.")

    @property
    def bits(self) -> Literal[8, 16]:
        """Of each sample."""
        return 8 * self.pixels.dtype.itemsize


def read(source: str | Path | bytes, *, max_pixels: int = 100_000_000) -> Picture:
    """Read a PNG, JPEG, BMP, TIFF, WebP or (still) GIF or AVIF file, or the bytes of one.

    16-bit PNG and TIFF keep their 16 bits; palettes become RGB; CMYK becomes RGB without a colour
    profile; the EXIF orientation is applied; of a multi-picture JPEG the first is read, and of a TIFF the
    one page that is no reduced copy.
    Raises BadImage for what is no image, empty, truncated, animated, of several pages, or larger
    than `max_pixels` by its header (Pillow's own limit, 179 million, stands above it), and
    FileNotFoundError for a missing file.
    """
    in_memory = isinstance(source, bytes)
    name = "The given image" if in_memory else str(source)
    with io.BytesIO(source) if in_memory else open(source, "rb") as file:
        try:
            return _decode(file, max_pixels)
        except BadImage as reason:
            raise BadImage(f"{name} {reason}") from reason.__cause__
        except MemoryError:
            raise
        except Exception as error:  # decoders fail in many ways on damaged bytes
            raise BadImage(f"{name} is truncated or damaged ({error}).") from error


def write(path: str | Path, picture: Picture, *, quality: int = QUALITY) -> None:
    """Write the image in the format that the suffix names, and make the folders above it; see `encode`.

    Raises BadImage where the suffix names no format, or the format cannot hold the image, and OSError where
    there is no room; an older file then stays.
    """
    image_format = SUFFIXES.get(Path(path).suffix.lower())
    if image_format is None:
        raise BadImage(f"{path} cannot be written: its name must end in {', '.join(SUFFIXES)}.")
    try:
        data = encode(picture, image_format, quality=quality)
    except BadImage as reason:
        raise BadImage(f"{path}: {reason}") from reason.__cause__
    with atomic.written(Path(path)) as part:
        part.write_bytes(data)


def fill_hidden(picture: Picture) -> Picture:
    """The image with the colour of the nearest visible pixel where its alpha is 0.

    What is hidden there, often black, would spread into its neighbours when these are restored or enlarged.
    """
    from scipy.ndimage import distance_transform_edt

    if picture.alpha is None or picture.alpha.all() or not picture.alpha.any():
        return picture
    nearest = distance_transform_edt(picture.alpha == 0, return_distances=False, return_indices=True)
    return replace(picture, pixels=picture.pixels[tuple(nearest)])


def encode(picture: Picture, image_format: Format, *, quality: int = QUALITY) -> bytes:
    """The image as the bytes of a file.

    PNG and TIFF keep every bit and the alpha. BMP, JPEG and WebP have 8 bits; BMP and JPEG have no
    alpha, which is left out. JPEG keeps colour at full resolution (4:4:4); WebP is lossy and
    stores gray as RGB. `quality`, 1 to 100, is for JPEG and WebP. The metadata go along, a profile where it
    is one of gray or RGB as the pixels are; of them BMP holds dpi alone.
    """
    said = picture.metadata
    profile = _profile(picture, gray=picture.pixels.ndim == 2 and image_format != "webp")
    dpi = {"dpi": said.dpi} if said.dpi else {}
    match image_format:
        case "png":
            import imagecodecs

            chunks = metadata.png_chunks(said, profile)
            return metadata.with_chunks(imagecodecs.png_encode(_with_alpha(picture)), *chunks)
        case "tiff":
            return _encode_tiff(picture, profile)
        case "jpeg":
            options = {"quality": quality, "subsampling": "4:4:4", "icc_profile": profile, "exif": said.exif}
        case "webp":
            options = {"quality": quality, "icc_profile": profile, "exif": said.exif}
        case "bmp":
            options = {}
    samples = _with_alpha(picture) if image_format == "webp" else picture.pixels
    data = io.BytesIO()
    try:
        Image.fromarray(_eight_bits(samples)).save(data, image_format, **options, **dpi)
    except (OSError, ValueError) as error:
        height, width = picture.pixels.shape[:2]
        raise BadImage(
            f"{width} x {height} pixels cannot be stored as {image_format} ({error})."
        ) from error
    return data.getvalue()


def to_tensor(pixels: np.ndarray) -> Tensor:
    """(H, W) or (H, W, 3), uint8 or uint16 -> (1, C, H, W) float32 in [0, 1]."""
    height, width = pixels.shape[:2]
    levels = np.iinfo(pixels.dtype).max
    x = torch.from_numpy(pixels.reshape(height, width, -1).astype(np.float32))
    return (x / levels).permute(2, 0, 1)[None].contiguous()


def to_pixels(x: Tensor, *, bits: Literal[8, 16] = 8) -> np.ndarray:
    """(1, C, H, W) or (C, H, W) in [0, 1], C 1 or 3 -> (H, W) or (H, W, 3), clamped and rounded.

    uint8 for 8 bits, uint16 for 16. Raises ValueError for a batch of several images, and for what is not a
    number.
    """
    if x.ndim == 4:
        (x,) = x
    levels = 2**bits - 1
    x = x.detach().to(torch.promote_types(x.dtype, torch.float32))  # a half cannot count to 65535
    if x.isnan().any():
        raise ValueError("The image has pixels that are not numbers.")
    rounded = (x.clamp(0, 1) * levels).round().cpu().numpy()
    pixels = rounded.astype(np.uint8 if bits == 8 else np.uint16)
    return pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0).copy()


def cropped(x: Tensor, multiple: int) -> Tensor:
    """The upper left of (..., H, W), its sides divisible by `multiple`."""
    height, width = x.shape[-2:]
    return x[..., : height // multiple * multiple, : width // multiple * multiple]


def shaved(x: Tensor, border: int) -> Tensor:
    """(..., H, W) without `border` pixels at every side."""
    height, width = x.shape[-2:]
    return x[..., border : height - border, border : width - border]


def rgb_to_ycbcr(x: Tensor) -> Tensor:
    """(N, 3, H, W) RGB in [0, 1] -> (N, 3, H, W), BT.601 limited range: Y 16/255 to 235/255.

    Floats without rounding.
    """
    return _mix(x, _YCBCR / 255, [offset / 255 for offset in _YCBCR_OFFSET])


def ycbcr_to_rgb(x: Tensor) -> Tensor:
    """The inverse of `rgb_to_ycbcr`: (N, 3, H, W) -> (N, 3, H, W), not clipped."""
    inverse = np.linalg.inv(_YCBCR / 255)
    return _mix(x, inverse, -inverse @ np.array(_YCBCR_OFFSET) / 255)


def rgb_to_y(x: Tensor) -> Tensor:
    """(N, 3, H, W) RGB in [0, 1] -> (N, 1, H, W): the Y of `rgb_to_ycbcr`, 16/255 to 235/255."""
    return _mix(x, _YCBCR[:1] / 255, [_YCBCR_OFFSET[0] / 255])


def rgb_to_gray(x: Tensor) -> Tensor:
    """(N, 3, H, W) RGB in [0, 1] -> (N, 1, H, W), black to white 0 to 1: MATLAB's rgb2gray, not rounded."""
    return _mix(x, np.array([RGB_TO_GRAY]), [0.0])


def _mix(x: Tensor, matrix: np.ndarray, offset: Sequence[float] | np.ndarray) -> Tensor:
    """Output channel k is offset[k] + sum of matrix[k, c] x[:, c], in the precision of x.

    Written out because a matrix product would lose digits under autocast or TF32.
    """
    red, green, blue = x.unbind(1)
    rows = zip(matrix.tolist(), offset, strict=True)
    return torch.stack([r * red + g * green + b * blue + float(o) for (r, g, b), o in rows], 1)


def _decode(file: BinaryIO, max_pixels: int) -> Picture:
    head = file.read(25)
    file.seek(0)
    if not head:
        raise BadImage("is empty (0 bytes).")
    if head[:4] in _TIFF_MAGIC:
        return _decode_tiff(file, max_pixels)
    with _open(file) as image:
        frames = 1 if image.format == "MPO" else 1 + getattr(image, "is_animated", False)
        _check(*image.size, frames, max_pixels)
        if image.format == "PNG" and head[24] == 16:  # bits per sample, in the first chunk
            return _decode_deep_png(file, image)
        return _decode_shallow(image)


def _open(file: BinaryIO) -> Image.Image:
    """The header alone. Pillow warns at half of its own pixel limit, where ours has its say."""
    formats = ("PNG", "JPEG", "BMP", "TIFF", "WEBP", "GIF", "AVIF")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return Image.open(file, formats=formats)
    except Image.DecompressionBombError as error:
        raise BadImage("has more than 178,956,970 pixels, Pillow's limit.") from error
    except UnidentifiedImageError as error:
        raise BadImage(
            "is not a PNG, JPEG, BMP, TIFF, WebP, GIF or AVIF image, or its header is damaged."
        ) from error


def _check(width: int, height: int, frames: int, max_pixels: int) -> None:
    if width * height == 0:
        raise BadImage(f"has no pixels: its header says {width} x {height}.")
    if width * height > max_pixels:
        raise BadImage(
            f"has {width} x {height} pixels, more than the limit of {max_pixels:,} pixels."
        )
    if frames > 1:
        raise BadImage("is animated or has several pages; only a single image can be read.")


def _decode_shallow(image: Image.Image) -> Picture:
    said, tables = metadata.of_image(image), None
    if image.format in ("JPEG", "MPO") and 0 in image.quantization:
        tables = tuple(image.quantization[0])
    image.load()  # TIFF turns itself upright here and drops the tag
    orientation = image.getexif().get(_ORIENTATION, 1)
    gray = image.mode in ("1", "L", "LA", "La")
    if image.has_transparency_data:
        samples = np.array(image.convert("LA" if gray else "RGBA"))
    else:
        samples = np.array(image.convert("L" if gray else "RGB"))
    return _picture(samples, orientation, tables, said)


def _decode_deep_png(file: BinaryIO, image: Image.Image) -> Picture:
    import imagecodecs

    said, orientation = metadata.of_image(image), image.getexif().get(_ORIENTATION, 1)
    file.seek(0)
    return _picture(imagecodecs.png_decode(file.read()), orientation, None, said)


def _decode_tiff(file: BinaryIO, max_pixels: int) -> Picture:
    """Samples of at most 8 bits are Pillow's. Reduced copies and masks are no pages."""
    import tifffile

    aside = tifffile.FILETYPE.REDUCEDIMAGE | tifffile.FILETYPE.MASK
    with tifffile.TiffFile(file) as tiff:
        whole = [number for number, page in enumerate(tiff.pages) if not page.subfiletype & aside] or [0]
        page = tiff.pages[whole[0]]
        _check(page.imagewidth, page.imagelength, len(whole), max_pixels)
        if page.bitspersample > 8:
            return _decode_deep_tiff(file, page)
    file.seek(0)
    with _open(file) as image:
        image.seek(whole[0])
        return _decode_shallow(image)


def _decode_deep_tiff(file: BinaryIO, page: "tifffile.TiffPage") -> Picture:
    import tifffile

    kinds = tifffile.PHOTOMETRIC
    if (
        page.dtype != np.uint16
        or page.bitspersample != 16
        or page.photometric not in (kinds.MINISWHITE, kinds.MINISBLACK, kinds.RGB)
    ):
        raise BadImage(
            f"has {page.bitspersample}-bit {page.photometric.name} samples of type "
            f"{page.dtype}; a TIFF deeper than 8 bits must be 16-bit gray or RGB."
        )
    samples = page.asarray()
    if page.axes.startswith("S"):
        samples = np.moveaxis(samples, 0, -1)
    colours = 3 if page.photometric == kinds.RGB else 1
    samples = samples.reshape(*samples.shape[:2], -1)
    if page.photometric == kinds.MINISWHITE:
        samples[:, :, 0] = 65535 - samples[:, :, 0]
    alphas = (tifffile.EXTRASAMPLE.ASSOCALPHA, tifffile.EXTRASAMPLE.UNASSALPHA)
    transparent = page.extrasamples[:1] and page.extrasamples[0] in alphas
    if transparent and page.extrasamples[0] == tifffile.EXTRASAMPLE.ASSOCALPHA:
        alpha = np.maximum(samples[:, :, colours : colours + 1], 1)
        straight = np.minimum(samples[:, :, :colours] / alpha, 1) * 65535
        samples[:, :, :colours] = straight.round()
    samples = samples[:, :, : colours + bool(transparent)]
    return _picture(samples, page.tags.valueof(_ORIENTATION, 1), None, metadata.of_tiff(file, page))


def _picture(
    samples: np.ndarray, orientation: int, tables: tuple[int, ...] | None, said: Metadata
) -> Picture:
    """Samples (H, W) or (H, W, 1..4), an even number of which ends with alpha, made upright."""
    samples = _upright(samples.reshape(*samples.shape[:2], -1), orientation)
    channels = samples.shape[2]
    alpha = samples[:, :, -1].copy() if channels in (2, 4) else None
    pixels = samples[:, :, 0] if channels < 3 else samples[:, :, :3]
    return Picture(np.ascontiguousarray(pixels), alpha, tables, said)


def _profile(picture: Picture, *, gray: bool) -> bytes:
    """The ICC profile where it is for such pixels, as its header says."""
    profile = picture.metadata.profile
    return profile if profile[16:20] == (b"GRAY" if gray else b"RGB ") else b""


def _upright(samples: np.ndarray, orientation: int) -> np.ndarray:
    """Undo an EXIF orientation, 1 to 8: the corner where the first row and column stand."""
    if orientation in (5, 6, 7, 8):
        samples = samples.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        samples = samples[:, ::-1]
    if orientation in (3, 4, 7, 8):
        samples = samples[::-1]
    return samples


def _with_alpha(picture: Picture) -> np.ndarray:
    if picture.alpha is None:
        return picture.pixels
    return np.dstack([picture.pixels, picture.alpha])


def _eight_bits(samples: np.ndarray) -> np.ndarray:
    """16-bit samples rounded to 8; 65535 = 255 * 257."""
    if samples.dtype == np.uint8:
        return samples
    return ((samples.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _encode_tiff(picture: Picture, profile: bytes) -> bytes:
    import tifffile

    said, data = picture.metadata, io.BytesIO()
    tifffile.imwrite(
        data,
        _with_alpha(picture),
        photometric="rgb" if picture.pixels.ndim == 3 else "minisblack",
        extrasamples=None if picture.alpha is None else ["unassalpha"],
        compression="zlib",
        predictor=True,
        metadata=None,
        iccprofile=profile or None,
        resolution=said.dpi,
        resolutionunit="inch" if said.dpi else None,
    )
    return metadata.tiff_with_exif(data.getvalue(), said.exif) if said.exif else data.getvalue()
