"""Reading and writing images, against Pillow, tifffile, scikit-image and files made by hand."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import skimage.color
import skimage.data
import tifffile
import torch
from PIL import Image, ImageOps

from lib.data import images, metadata
from lib.data.images import BadImage, Picture

LOSSLESS = (".png", ".bmp", ".tif", ".tiff")


@pytest.fixture(scope="module")
def rgb() -> np.ndarray:
    """(64, 81, 3) uint8, a piece of a photograph whose sides differ."""
    return skimage.data.astronaut()[100:164, 100:181].copy()


@pytest.fixture(scope="module")
def deep(rgb) -> np.ndarray:
    """The same in uint16, using the low byte too."""
    low = np.random.default_rng(0).integers(0, 256, rgb.shape)
    return (rgb.astype(np.uint16) << 8) + low.astype(np.uint16)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_file(
    width: int, height: int, bits: int, colour: int, rows: bytes, extra: bytes = b""
) -> bytes:
    """A PNG by the standard: colour 0 gray, 2 RGB, 4 gray + alpha, 6 RGBA."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    body = png_chunk(b"IHDR", header) + extra + png_chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + body + png_chunk(b"IEND", b"")


def deep_png_file(samples: np.ndarray, extra: bytes = b"") -> bytes:
    height, width, channels = samples.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)  # 0: no filter
    return png_file(width, height, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], rows, extra)


def saved(image: Image.Image, image_format: str, **options) -> bytes:
    data = io.BytesIO()
    image.save(data, image_format, **options)
    return data.getvalue()


# --- reading -------------------------------------------------------------------------------------


@pytest.mark.parametrize("image_format", ["png", "bmp", "tiff"])
@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_reads_what_pillow_wrote(tmp_path, rgb, image_format, mode):
    image = Image.fromarray(rgb).convert(mode)
    image.save(tmp_path / "a", image_format)
    expected = np.asarray(image.convert("L" if mode in ("1", "L") else "RGB"))
    np.testing.assert_array_equal(images.read(tmp_path / "a").pixels, expected)


def test_a_still_gif(tmp_path, rgb):
    image = Image.fromarray(rgb).quantize(64)
    image.save(tmp_path / "a.gif")
    expected = np.asarray(image.convert("RGB"))
    np.testing.assert_array_equal(images.read(tmp_path / "a.gif").pixels, expected)


@pytest.mark.parametrize("image_format", ["jpeg", "webp"])
def test_lossy_formats_read_as_pillow_decodes_them(rgb, image_format):
    data = saved(Image.fromarray(rgb), image_format, quality=70)
    expected = np.asarray(Image.open(io.BytesIO(data)))
    np.testing.assert_array_equal(images.read(data).pixels, expected)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_16_bit_png_keeps_every_bit(deep, channels):
    samples = np.dstack([deep, 65535 - deep[:, :, :1]])[:, :, :channels]
    picture = images.read(deep_png_file(samples))
    colour = samples[:, :, :3] if channels > 2 else samples[:, :, 0]
    np.testing.assert_array_equal(picture.pixels, colour)
    if channels in (2, 4):
        np.testing.assert_array_equal(picture.alpha, samples[:, :, -1])
    else:
        assert picture.alpha is None


@pytest.mark.parametrize("compression", [None, "lzw", "zlib"])
@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_16_bit_tiff_keeps_every_bit(tmp_path, deep, compression, planar):
    samples = deep if planar == "contig" else np.moveaxis(deep, -1, 0)
    tifffile.imwrite(
        tmp_path / "a.tif", samples, photometric="rgb", planarconfig=planar, compression=compression
    )
    np.testing.assert_array_equal(images.read(tmp_path / "a.tif").pixels, deep)


def test_16_bit_gray_tiff_where_zero_is_white(tmp_path, deep):
    tifffile.imwrite(tmp_path / "a.tif", deep[:, :, 0], photometric="miniswhite")
    np.testing.assert_array_equal(images.read(tmp_path / "a.tif").pixels, 65535 - deep[:, :, 0])


def test_16_bit_tiff_with_premultiplied_alpha_is_divided_by_it(tmp_path):
    samples = np.full((4, 4, 4), 20000, np.uint16)
    samples[:, :, 3] = 40000
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="rgb", extrasamples=["assocalpha"])
    picture = images.read(tmp_path / "a.tif")
    assert picture.pixels.shape == (4, 4, 3)
    assert np.all(picture.pixels == 32768)  # 65535 * 20000 / 40000 = 32767.5
    assert np.all(picture.alpha == 40000)


@pytest.mark.parametrize(
    ("image_format", "mode"),
    [("png", "LA"), ("png", "RGBA"), ("tiff", "LA"), ("tiff", "RGBA"), ("webp", "RGBA")],
)
def test_alpha_is_kept_apart(rgb, image_format, mode):
    alpha = np.arange(rgb.shape[0] * rgb.shape[1]).reshape(rgb.shape[:2]) % 256
    image = Image.fromarray(rgb).convert("L" if mode == "LA" else "RGB")
    colour = np.asarray(image)
    image.putalpha(Image.fromarray(alpha.astype(np.uint8)))
    options = {"lossless": True, "exact": True} if image_format == "webp" else {}
    picture = images.read(saved(image, image_format, **options))
    np.testing.assert_array_equal(picture.pixels, colour)
    np.testing.assert_array_equal(picture.alpha, alpha)


def test_transparent_palette_entry_becomes_alpha():
    image = Image.new("P", (3, 1))
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    image.putdata([0, 1, 2])
    picture = images.read(saved(image, "png", transparency=1))
    assert picture.pixels.tolist() == [[[255, 0, 0], [0, 255, 0], [0, 0, 255]]]
    assert picture.alpha.tolist() == [[255, 0, 255]]


@pytest.mark.parametrize("image_format", ["jpeg", "tiff"])
def test_cmyk_becomes_rgb(image_format):
    """No cyan, no black, full magenta and yellow: red."""
    image = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    pixels = images.read(saved(image, image_format)).pixels
    assert pixels.shape == (16, 16, 3)
    assert np.abs(pixels.astype(int) - (255, 0, 0)).max() <= 2


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("image_format", ["png", "jpeg", "tiff", "webp"])
def test_orientation_is_applied(rgb, orientation, image_format):
    exif = Image.Exif()
    exif[274] = orientation
    data = saved(Image.fromarray(rgb), image_format, exif=exif)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    assert expected.shape[:2] == ((81, 64) if orientation > 4 else (64, 81))
    np.testing.assert_array_equal(images.read(data).pixels, expected)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_to_16_bits(tmp_path, rgb, orientation):
    """The 8-bit values, times 257, come out where Pillow puts the 8-bit ones."""
    exif = Image.Exif()
    exif[274] = orientation
    shallow = Image.open(io.BytesIO(saved(Image.fromarray(rgb), "png", exif=exif)))
    expected = np.asarray(ImageOps.exif_transpose(shallow)).astype(np.uint16) * 257
    deep = rgb.astype(np.uint16) * 257
    tag = (274, "H", 1, orientation, True)
    tifffile.imwrite(tmp_path / "a.tif", deep, photometric="rgb", extratags=[tag])
    np.testing.assert_array_equal(images.read(tmp_path / "a.tif").pixels, expected)
    tiff_header = exif.tobytes().removeprefix(b"Exif\0\0")
    data = deep_png_file(deep, png_chunk(b"eXIf", tiff_header))
    np.testing.assert_array_equal(images.read(data).pixels, expected)


def test_jpeg_of_quality_50_carries_the_standards_table(rgb):
    """ITU-T T.81, annex K.1: its first two rows, in row-major order."""
    tables = images.read(saved(Image.fromarray(rgb), "jpeg", quality=50)).tables
    assert len(tables) == 64
    assert tables[:16] == (16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55)


def test_only_a_jpeg_has_tables(rgb):
    assert images.read(saved(Image.fromarray(rgb), "png")).tables is None


def test_first_picture_of_a_multi_picture_jpeg(rgb):
    first, second = Image.fromarray(rgb), Image.fromarray(255 - rgb)
    data = saved(first, "mpo", save_all=True, append_images=[second], quality=95)
    assert np.abs(images.read(data).pixels.astype(int) - rgb).mean() < 5


def test_path_text_and_bytes_give_the_same(tmp_path, rgb):
    path = tmp_path / "a.png"
    Image.fromarray(rgb).save(path)
    for source in (path, str(path), path.read_bytes()):
        np.testing.assert_array_equal(images.read(source).pixels, rgb)


# --- bad input -----------------------------------------------------------------------------------


def complaint(path, **options) -> str:
    """The sentence that reading the file ends with; it names the file and stands on one line."""
    with pytest.raises(BadImage) as caught:
        images.read(path, **options)
    text = str(caught.value)
    assert text.startswith(str(path)) and text.endswith(".") and "\n" not in text
    return text


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        images.read(tmp_path / "none.png")


def test_empty_file(tmp_path):
    (tmp_path / "a.png").touch()
    assert "is empty" in complaint(tmp_path / "a.png")


@pytest.mark.parametrize("content", [b"hello, I am a text file.\n" * 40, b"x", b"%!PS-Adobe-3.0"])
def test_not_an_image(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    assert "is not a PNG, JPEG" in complaint(tmp_path / "a.png")


def test_a_header_without_pixels(tmp_path, deep):
    header = struct.pack("<IiiHHIIiiII", 40, 0, 4, 1, 24, 0, 0, 0, 0, 0, 0)
    (tmp_path / "a.bmp").write_bytes(b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + header)
    assert "its header is damaged" in complaint(tmp_path / "a.bmp")
    (tmp_path / "a.png").write_bytes(png_file(0, 4, 16, 2, b""))
    assert "its header is damaged" in complaint(tmp_path / "a.png")
    tifffile.imwrite(tmp_path / "a.tif", deep, photometric="rgb")
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
        file.pages[0].tags["ImageWidth"].overwrite(0)
    assert "has no pixels: its header says 0 x 64" in complaint(tmp_path / "a.tif")


@pytest.mark.parametrize("kind", ["png", "jpeg", "bmp", "tiff", "webp", "gif", "png16", "tiff16"])
@pytest.mark.parametrize("kept", [0.01, 0.2, 0.5, 0.9, 0.99])
def test_truncated(tmp_path, rgb, deep, kind, kept):
    if kind == "png16":
        data = deep_png_file(deep)
    elif kind == "tiff16":
        tifffile.imwrite(tmp_path / "whole", deep, photometric="rgb", compression="lzw")
        data = (tmp_path / "whole").read_bytes()
    else:
        data = saved(Image.fromarray(rgb), kind)
    (tmp_path / "a").write_bytes(data[: int(kept * len(data))])
    text = complaint(tmp_path / "a")
    assert "truncated or damaged" in text or "its header is damaged" in text


def test_the_pixel_limit_is_exact(tmp_path, rgb):
    path = tmp_path / "a.png"
    Image.fromarray(rgb).save(path)
    assert images.read(path, max_pixels=64 * 81).pixels.shape == (64, 81, 3)
    text = complaint(path, max_pixels=64 * 81 - 1)
    assert "81 x 64 pixels" in text and "5,183" in text


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("side", [10_001, 30_000])
def test_a_bomb_is_refused_by_its_header(tmp_path, bits, side):
    """There is not one row of pixels behind the header, so decoding would complain otherwise."""
    (tmp_path / "a.png").write_bytes(png_file(side, side, bits, 2, b""))
    assert "pixels, " in complaint(tmp_path / "a.png")


def test_a_tiff_bomb_is_refused_by_its_header(tmp_path, deep):
    tifffile.imwrite(tmp_path / "a.tif", deep, photometric="rgb")
    assert "more than the limit" in complaint(tmp_path / "a.tif", max_pixels=100)


@pytest.mark.parametrize("image_format", ["gif", "webp", "png", "tiff"])
def test_several_frames(tmp_path, rgb, image_format):
    frames = [Image.fromarray(rgb), Image.fromarray(255 - rgb)]
    frames[0].save(tmp_path / "a", image_format, save_all=True, append_images=frames[1:])
    assert "animated or has several pages" in complaint(tmp_path / "a")


@pytest.mark.parametrize("dtype", [np.float32, np.int16, np.uint32])
def test_a_tiff_of_another_type(tmp_path, dtype):
    tifffile.imwrite(tmp_path / "a.tif", np.ones((8, 8), dtype))
    assert np.dtype(dtype).name in complaint(tmp_path / "a.tif")


def with_copies(main: np.ndarray, kind: int, *, first: bool = False, **options) -> bytes:
    """A TIFF that holds, beside an image, a small page of this kind (TIFF's NewSubfileType)."""
    data, pages = io.BytesIO(), [main, main[::4, ::4]]
    with tifffile.TiffWriter(data) as file:
        for pixels in reversed(pages) if first else pages:
            file.write(pixels, photometric="rgb", subfiletype=1, metadata=None, **options)
    data.seek(0)
    with tifffile.TiffFile(data, mode="r+") as file:
        for page, value in zip(file.pages, (kind, 0) if first else (0, kind), strict=True):
            page.tags["NewSubfileType"].overwrite(value)
    return data.getvalue()


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("kind", [1, 4, 5])  # a reduced copy, a mask, a reduced mask
def test_reduced_copies_and_masks_are_no_pages(rgb, deep, bits, kind, first):
    main = rgb if bits == 8 else deep
    picture = images.read(with_copies(main, kind, first=first, compression="zlib"))
    np.testing.assert_array_equal(picture.pixels, main)


def test_two_whole_pages_are_too_many(rgb):
    with pytest.raises(BadImage, match="several pages"):
        images.read(with_copies(rgb, 0))


def test_a_still_avif(rgb):
    data = saved(Image.fromarray(rgb), "avif", quality=90)
    np.testing.assert_array_equal(images.read(data).pixels, np.asarray(Image.open(io.BytesIO(data))))


@pytest.mark.parametrize("alpha", [np.uint8, np.uint16])
def test_alpha_and_pixels_are_of_one_depth(rgb, alpha):
    pixels = rgb.astype(np.uint16 if alpha == np.uint8 else np.uint8)
    with pytest.raises(ValueError, match="does not fit"):
        Picture(pixels, np.zeros(rgb.shape[:2], alpha))


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_hidden_pixels_take_the_nearest_visible_colour(shape, dtype):
    pixels, alpha = np.zeros(shape, dtype), np.zeros(shape[:2], dtype)
    pixels[:, 1], alpha[:, 1] = 200, 255
    pixels[:, 2], alpha[:, 2] = 90, 1  # hardly seen, but seen
    filled = images.fill_hidden(Picture(pixels, alpha))
    assert (filled.pixels[:, :2] == 200).all() and (filled.pixels[:, 2:] == 90).all()
    np.testing.assert_array_equal(filled.alpha, alpha)
    nothing = Picture(pixels, np.zeros_like(alpha))
    assert images.fill_hidden(nothing) is nothing


def test_bytes_have_no_name():
    with pytest.raises(BadImage, match=r"^The given image is empty"):
        images.read(b"")


# --- writing -------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", LOSSLESS)
@pytest.mark.parametrize("gray", [False, True])
def test_lossless_round_trip(tmp_path, rgb, suffix, gray):
    pixels = rgb[:, :, 1].copy() if gray else rgb
    images.write(tmp_path / f"a{suffix}", Picture(pixels))
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / f"a{suffix}")), pixels)
    np.testing.assert_array_equal(images.read(tmp_path / f"a{suffix}").pixels, pixels)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("gray", [False, True])
@pytest.mark.parametrize("bits", [8, 16])
def test_round_trip_with_alpha(tmp_path, rgb, deep, suffix, gray, bits):
    samples = rgb if bits == 8 else deep
    pixels = samples[:, :, 0].copy() if gray else samples
    images.write(tmp_path / f"a{suffix}", Picture(pixels, samples[:, :, 2].copy()))
    back = images.read(tmp_path / f"a{suffix}")
    assert back.pixels.dtype == samples.dtype
    np.testing.assert_array_equal(back.pixels, pixels)
    np.testing.assert_array_equal(back.alpha, samples[:, :, 2])


def test_16_bit_files_are_what_other_readers_expect(tmp_path, deep):
    images.write(tmp_path / "a.tif", Picture(deep))
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "a.tif"), deep)
    images.write(tmp_path / "gray.png", Picture(deep[:, :, 0].copy()))
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "gray.png")), deep[:, :, 0])
    images.write(tmp_path / "a.png", Picture(deep))
    high = np.asarray(Image.open(tmp_path / "a.png"))  # Pillow keeps the high byte
    np.testing.assert_array_equal(high, deep >> 8)


@pytest.mark.parametrize("suffix", [".jpg", ".JPEG", ".webp"])
def test_lossy_round_trip(tmp_path, rgb, suffix):
    """Coarser quality costs bytes and fidelity; at 95 both formats stay within a few levels."""
    images.write(tmp_path / f"fine{suffix}", Picture(rgb))
    images.write(tmp_path / f"coarse{suffix}", Picture(rgb), quality=10)
    fine, coarse = (images.read(tmp_path / f"{name}{suffix}").pixels for name in ("fine", "coarse"))
    error = [np.abs(x.astype(int) - rgb).mean() for x in (fine, coarse)]
    assert error[0] < 2.5 < error[1]
    sizes = [(tmp_path / f"{name}{suffix}").stat().st_size for name in ("fine", "coarse")]
    assert sizes[0] > 2 * sizes[1]


def test_jpeg_keeps_colour_at_full_resolution(rgb):
    image = Image.open(io.BytesIO(images.encode(Picture(rgb), "jpeg")))
    assert [layer[1:3] for layer in image.layer] == [(1, 1)] * 3


def test_webp_keeps_alpha_and_jpeg_leaves_it_out(rgb):
    alpha = np.full(rgb.shape[:2], 77, np.uint8)
    assert np.all(images.read(images.encode(Picture(rgb, alpha), "webp")).alpha == 77)
    assert images.read(images.encode(Picture(rgb, alpha), "jpeg")).alpha is None


def test_16_bits_are_rounded_for_8_bit_formats():
    """65535 / 255 = 257 deep levels make one: 128 of them round down, 129 up."""
    pixels = np.array([[0, 128, 129, 257, 65406, 65407, 65535, 32767]], np.uint16)
    back = images.read(images.encode(Picture(pixels), "bmp")).pixels
    assert back.tolist() == [[0, 0, 1, 1, 254, 255, 255, 127]]


def test_unknown_suffix(tmp_path, rgb):
    for name in ("a.gif", "a", "a.png.part"):
        with pytest.raises(BadImage, match=r"must end in \.png, "):
            images.write(tmp_path / name, Picture(rgb))
    assert list(tmp_path.iterdir()) == []


def test_a_picture_too_wide_for_its_format_leaves_no_file(tmp_path):
    wide = np.zeros((1, 70_000), np.uint8)
    for name in ("a.jpg", "a.webp"):
        with pytest.raises(BadImage, match="70000 x 1 pixels cannot be stored"):
            images.write(tmp_path / name, Picture(wide))
    assert list(tmp_path.iterdir()) == []


# --- tensors and colour --------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("gray", [False, True])
def test_pixels_to_tensor_and_back(rgb, deep, bits, gray):
    pixels = (rgb if bits == 8 else deep)[:, :, 0 if gray else slice(None)].copy()
    x = images.to_tensor(pixels)
    assert x.shape == (1, 1 if gray else 3, 64, 81) and x.dtype == torch.float32
    assert x[0, -1, 5, 7].item() == pytest.approx(pixels[5, 7].reshape(-1)[-1] / (2**bits - 1))
    for y in (x, x[0]):
        back = images.to_pixels(y, bits=bits)
        assert back.dtype == pixels.dtype and back.flags.c_contiguous
        np.testing.assert_array_equal(back, pixels)


def test_every_16_bit_level_survives():
    levels = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    np.testing.assert_array_equal(images.to_pixels(images.to_tensor(levels), bits=16), levels)


def test_to_pixels_clamps_and_rounds():
    x = torch.tensor([-0.2, 0.499 / 255, 0.501 / 255, 254.6 / 255, 1.7]).view(1, 1, 1, 5)
    assert images.to_pixels(x).tolist() == [[0, 0, 1, 255, 255]]


def test_what_is_not_a_number_is_no_pixel():
    with pytest.raises(ValueError, match="not numbers"):
        images.to_pixels(torch.tensor([[[0.5, float("nan")]]]))


@pytest.mark.parametrize("image_format", ["png", "tiff"])
def test_a_single_pixel_is_a_picture(image_format):
    pixels = images.to_pixels(torch.tensor([0.0, 0.5, 1.0]).view(3, 1, 1))
    assert images.read(images.encode(Picture(pixels), image_format)).pixels.tolist() == [[[0, 128, 255]]]


def test_a_full_disk_leaves_the_older_file(tmp_path, rgb, monkeypatch):
    path = tmp_path / "a.png"
    images.write(path, Picture(rgb))
    older = path.read_bytes()
    monkeypatch.setattr(Path, "write_bytes", fail_half_way(Path.write_bytes))
    with pytest.raises(OSError, match="no room"):
        images.write(path, Picture(rgb[:4]))
    assert path.read_bytes() == older and list(tmp_path.iterdir()) == [path]


def fail_half_way(write_bytes):
    def written(path, data):
        write_bytes(path, data[: len(data) // 2])
        raise OSError("no room")

    return written


def test_to_pixels_takes_one_image():
    with pytest.raises(ValueError, match="too many values"):
        images.to_pixels(torch.zeros(2, 3, 4, 4))


def test_bt601_of_pure_colours():
    """Black, white and red by the formula of the standard, in 8-bit levels."""
    colours = torch.tensor([[0.0, 0, 0], [1, 1, 1], [1, 0, 0]]).view(3, 3, 1, 1)
    expected = torch.tensor([[16, 128, 128], [235, 128, 128], [81.481, 90.203, 240]])
    torch.testing.assert_close(
        images.rgb_to_ycbcr(colours)[:, :, 0, 0] * 255, expected, atol=1e-4, rtol=0
    )


def test_ycbcr_agrees_with_scikit_image(rgb):
    expected = skimage.color.rgb2ycbcr(rgb)
    x = images.to_tensor(rgb).double()
    mine = images.rgb_to_ycbcr(x) * 255
    np.testing.assert_allclose(mine[0].permute(1, 2, 0).numpy(), expected, atol=1e-4)
    torch.testing.assert_close(images.rgb_to_y(x) * 255, mine[:, :1])
    torch.testing.assert_close(images.ycbcr_to_rgb(mine / 255), x)


def test_colour_keeps_its_precision_under_autocast(rgb):
    x = images.to_tensor(rgb)
    with torch.autocast("cpu", torch.bfloat16):
        y = images.rgb_to_y(x)
    torch.testing.assert_close(y, images.rgb_to_y(x), atol=0, rtol=0)


def test_notes_travel_in_a_png(rgb):
    notes = {"Software": "knobs", "Comment": "restored at \u03c3 = 25"}
    with Image.open(io.BytesIO(metadata.with_notes(images.encode(Picture(rgb), "png"), notes))) as opened:
        opened.load()
        assert opened.text == notes
        np.testing.assert_array_equal(opened, rgb)
