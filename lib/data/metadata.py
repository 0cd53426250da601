"""What an image file says beside its pixels, read and written: colour profile, EXIF, pixels per inch."""

import io
import struct
import warnings
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from PIL import ExifTags, Image, TiffImagePlugin

if TYPE_CHECKING:
    import tifffile

PNG_HEAD = 33  # bytes: the signature and the first chunk, which says the size
COLOUR_CHUNKS = (b"cHRM", b"cICP", b"gAMA", b"sRGB")
ICC_PROFILE = 34675  # the tag's number in TIFF
DIRECTORIES = (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)
OUTDATED = (ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight, ExifTags.IFD.Interop)
INCHES = 39.3700787  # a metre


@dataclass(frozen=True)
class Metadata:
    """What a file says of an image beside its pixels; empty where it says nothing.

    profile: an ICC profile.
    colour_chunks: cHRM, cICP, gAMA and sRGB of a PNG, as they stand there; other formats have no place for
        them.
    exif: texts, camera and place in EXIF's form; no orientation, size or thumbnail, which the pixels outdate.
    dpi: pixels per inch across and down.
    """

    profile: bytes = b""
    colour_chunks: bytes = b""
    exif: bytes = b""
    dpi: tuple[float, float] | None = None

    @property
    def colours(self) -> "Metadata":
        """What its numbers mean as colours, alone."""
        return Metadata(self.profile, self.colour_chunks)


def of_image(image: Image.Image) -> Metadata:
    """What Pillow's image, not yet decoded, says of itself."""
    dpi = image.info.get("dpi")
    return Metadata(
        image.info.get("icc_profile") or b"",
        _colour_chunks(image.fp) if image.format == "PNG" else b"",
        _kept_exif(image.getexif()),
        _dpi(*dpi) if dpi else None,
    )


def of_tiff(file: BinaryIO, page: "tifffile.TiffPage") -> Metadata:
    """What a page of a TIFF says of itself, and the file's EXIF."""
    import tifffile

    exif = Image.Exif()
    file.seek(0)
    try:
        exif.load(file.read())
    except (SyntaxError, struct.error):  # a BigTIFF, which Pillow takes for no EXIF
        exif = Image.Exif()
    per_inch = page.get_resolution(tifffile.RESUNIT.INCH) if "XResolution" in page.tags else (0, 0)
    return Metadata(page.tags.valueof(ICC_PROFILE, b""), b"", _kept_exif(exif), _dpi(*per_inch))


def _dpi(across: float, down: float) -> tuple[float, float] | None:
    """None where it is not above 0, or not finite."""
    dpi = float(across), float(down)
    return dpi if all(0 < one < 2**16 for one in dpi) else None


def _kept_exif(exif: Image.Exif) -> bytes:
    """What stays true of the pixels: texts, the camera's directory and the place. Nothing of a damaged one:
    no image is refused for it."""
    kept = Image.Exif()
    try:
        with warnings.catch_warnings(action="ignore"):
            kept.update((tag, text) for tag, text in exif.items() if isinstance(text, str))
            for directory in DIRECTORIES:
                found = exif.get_ifd(directory)
                found = {tag: found[tag] for tag in found if tag not in OUTDATED}
                if found:
                    kept[directory] = found
            return kept.tobytes() if len(kept) else b""
    except Exception:  # Pillow fails in many ways on damaged bytes
        return b""


def _colour_chunks(file: BinaryIO) -> bytes:
    """Those of a PNG, which all stand before its pixels; the file is left where it stood."""
    found, at, before = b"", PNG_HEAD, file.tell()
    while True:
        file.seek(at)
        head = file.read(8)
        if len(head) < 8 or head[4:] == b"IDAT":
            file.seek(before)
            return found
        size = 12 + int.from_bytes(head[:4])
        if head[4:] in COLOUR_CHUNKS:
            found += head + file.read(size - 8)
        at += size


def png_chunks(said: Metadata, profile: bytes) -> list[bytes]:
    """Chunks of a PNG file (PNG specification, third edition, section 11.3) that say the same."""
    chunks = [said.colour_chunks]
    if profile:
        chunks.append(_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(profile)))
    if said.dpi:
        per_metre = (round(one * INCHES) for one in said.dpi)
        chunks.append(_chunk(b"pHYs", struct.pack(">IIB", *per_metre, 1)))
    if said.exif:
        chunks.append(_chunk(b"eXIf", said.exif.removeprefix(b"Exif\0\0")))
    return chunks


def with_notes(png: bytes, notes: dict[str, str]) -> bytes:
    """A PNG file with texts by keyword (PNG specification, iTXt chunks), placed before its pixels."""
    chunks = (
        _chunk(b"iTXt", keyword.encode("latin-1") + b"\0\0\0\0\0" + text.encode())
        for keyword, text in notes.items()
    )
    return with_chunks(png, *chunks)


def with_chunks(png: bytes, *chunks: bytes) -> bytes:
    """The PNG file with chunks before its pixels and its palette."""
    return b"".join((png[:PNG_HEAD], *chunks, png[PNG_HEAD:]))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def tiff_with_exif(tiff: bytes, exif: bytes) -> bytes:
    """The file with its directory written anew before its pixels: tifffile writes no EXIF into it."""
    tags = TiffImagePlugin.ImageFileDirectory_v2(tiff[:8])
    file = io.BytesIO(tiff)
    file.seek(tags.next)
    tags.load(file)
    tags.update(dict(tags))  # decoded only when they are asked for, and written only when decoded
    said = Image.Exif()
    said.load(exif)
    for tag, value in said.items():
        tags[tag] = said.get_ifd(tag) if tag in DIRECTORIES else value
    pixels = min(tags[TiffImagePlugin.STRIPOFFSETS])
    tags[TiffImagePlugin.STRIPOFFSETS] = tuple(at - pixels for at in tags[TiffImagePlugin.STRIPOFFSETS])
    return tiff[:4] + struct.pack("<I", 8) + tags.tobytes(8) + tiff[pixels:]
