"""Image sets, and downloads from a server on this machine."""

import csv
import hashlib
import http.server
import io
import threading
import zipfile
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lib.data import sets

# --- sets ----------------------------------------------------------------------------------------


@pytest.fixture
def empty_folder(tmp_path, monkeypatch):
    """A user's data folder and a download folder, both empty."""
    folder = tmp_path / "mine"
    folder.mkdir()
    monkeypatch.setenv("RESTORATION_DATA", str(folder))
    monkeypatch.setattr(sets, "CACHE", tmp_path / "cache")
    return folder


@pytest.mark.parametrize("name", ["skimage", "skimage-gray"])
def test_embedded_photographs_are_the_ones_in_the_registry(name, empty_folder):
    with sets.REGISTRY.open() as lines:
        rows = [row for row in csv.DictReader(lines) if row["dataset"] == name]
    assert len(rows) >= 5
    for row in rows:
        content = (files("skimage.data") / row["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == row["sha256"]
    samples = sets.load_images(name)
    assert [sample.name for sample in samples] == [Path(row["file"]).stem for row in rows]
    assert {sample.pixels.ndim for sample in samples} == {2 if name == "skimage-gray" else 3}


def test_an_embedded_photograph_has_the_pixels_that_scikit_image_gives(empty_folder):
    from skimage.data import coffee

    by_name = {sample.name: sample.pixels for sample in sets.load_images("skimage")}
    np.testing.assert_array_equal(by_name["coffee"], coffee())


@pytest.mark.parametrize(("name", "count", "first", "last"), [
    ("bsds500-traintest", 400, "100075", "97010"),  # counts: the publishers' own
    ("bsds500-val", 100, "101085", "97033"),
    ("bsds500", 500, None, None),
    ("urban100", 25, "img_001", "img_097"),
    ("urban100-all", 100, "img_001", "img_100"),
    ("div2k-train", 800, "0001", "0800"),
    ("div2k-valid", 100, "0801", "0900"),
    ("kodak24", 24, "kodim01", "kodim24"),
    ("cc15", 15, "5dmark3_iso3200_1", "d800_iso6400_3"),
    ("polyu", 100, None, None),
    ("sidd-valid", 1280, "01_01", "40_32"),
    ("dnd", 1000, "0001_01", "0050_20"),
])
def test_names_of_a_set(name, count, first, last):
    names = sets.image_names(name)
    assert len(set(names)) == count
    if first:
        assert (names[0], names[-1]) == (first, last)


def test_training_images_and_bsd68_are_apart():
    assert set(sets.image_names("cbsd68")) <= set(sets.image_names("bsds500-val"))
    assert not set(sets.image_names("cbsd68")) & set(sets.image_names("bsds500-traintest"))


@pytest.mark.parametrize("name", ["bsds500-val", "bsds500", "cbsd68", "kodak24", "div2k-valid"])
def test_training_on_a_measuring_set_is_refused(name):
    with pytest.raises(ValueError, match=f"{name} is for measuring, never for training"):
        sets.training_set(name)


def test_unknown_names_are_refused():
    for call in (sets.load_images, sets.training_set, sets.locate, sets.image_names):
        with pytest.raises(ValueError, match="no image set kodak25"):
            call("kodak25")
    with pytest.raises(ValueError, match="no file dncnn/DnCNN4"):
        sets.weights_file("dncnn/DnCNN4.mat")
    with pytest.raises(ValueError, match="nothing to fetch named kodak25"):
        sets.fetch(["kodak25"])


def test_a_missing_or_incomplete_set_says_how_to_get_it(empty_folder):
    with pytest.raises(sets.MissingData, match="lib fetch classic5"):
        sets.load_images("classic5")
    (empty_folder / "classic5").mkdir()
    (empty_folder / "classic5" / "baboon.bmp").write_bytes(b"one of five")
    assert sets.locate("classic5") is None
    with pytest.raises(sets.MissingData, match="lib fetch niqe"):
        sets.weights_file("niqe/modelparameters.mat")
    embedded = {"skimage", "skimage-gray", "skimage-small", "skimage-gray-small"}
    assert {name for name, where in sets.found().items() if where} == embedded


@pytest.mark.parametrize("name", ["pirm-test", "sidd-valid", "dnd"])
def test_a_set_that_only_its_publisher_gives_says_so(empty_folder, name):
    for call in (sets.load_images, lambda name: sets.fetch([name])):
        with pytest.raises(sets.MissingData, match=rf"{name}.*publisher alone.*data/README\.md"):
            call(name)


def test_published_weights_that_are_put_there_by_hand(empty_folder):
    for call in (lambda: sets.weights_file("vdir/model-AWGN.index"), lambda: sets.fetch(["weights_vdir"])):
        with pytest.raises(sets.MissingData, match=r"weights_vdir.*publisher alone"):
            call()
    (empty_folder / "weights_vdir").mkdir()
    (empty_folder / "weights_vdir" / "model-AWGN.index").write_bytes(b"")
    assert sets.has_file("vdir/model-AWGN.index") and not sets.has_file("vdir/model-Real_Noise.index")


def test_pictures_of_a_set_with_files_by_number(empty_folder):
    folder = empty_folder / "pirm" / "test"
    folder.mkdir(parents=True)
    for number in range(201, 301):
        Image.new("RGB", (2, 2)).save(folder / f"{number}.png")
    assert [sample.name for sample in sets.load_images("pirm-test")[::99]] == ["201", "300"]


def test_a_pair_is_two_files(empty_folder):
    """The mean of many shots is what should come out, one of them what goes in."""
    (empty_folder / "cc15").mkdir()
    for i, name in enumerate(sets.image_names("cc15")):
        for end, level in (("mean", i), ("real", 100 + i)):
            Image.new("RGB", (3, 2), (level, 0, 0)).save(empty_folder / "cc15" / f"{name}_{end}.png")
    pairs = sets.load_images("cc15", limit=3)
    assert [pair.name for pair in pairs] == sets.image_names("cc15")[:3]
    assert [pair.pixels[0, 0, 0] for pair in pairs] == [0, 1, 2]
    assert [pair.taken[1, 2, 0] for pair in pairs] == [100, 101, 102]


def test_a_published_file_is_there_or_not(empty_folder):
    assert not sets.has_file("lpips/alex.pth")
    (empty_folder / "weights_lpips").mkdir()
    (empty_folder / "weights_lpips" / "alex.pth").write_bytes(b"")
    assert sets.has_file("lpips/alex.pth") and not sets.has_file("dists/weights.pt")


def test_any_form_of_a_file_will_do_and_the_first_at_hand_is_taken(empty_folder):
    forms = ("lpips/alex_v0.1.safetensors", "lpips/alex.pth")
    with pytest.raises(sets.MissingData, match="lib fetch weights_lpips"):
        sets.weights_file(*forms)
    (empty_folder / "weights_lpips").mkdir()
    for name in ("alex.pth", "alex_v0.1.safetensors"):
        file = empty_folder / "weights_lpips" / name
        file.write_bytes(b"")
        assert sets.has_file(*forms) and sets.weights_file(*forms) == file


@pytest.mark.parametrize("files", [("alexnet_features.safetensors", "alex_v0.1.safetensors"),
                                   ("alexnet-owt-7be5be79.pth", "alex.pth")])
def test_a_folder_of_two_forms_is_found_where_one_is_whole(files, empty_folder):
    folder = empty_folder / "weights_lpips"
    folder.mkdir()
    (folder / files[0]).write_bytes(b"")
    assert sets.found()["weights_lpips"] is None
    (folder / files[1]).write_bytes(b"")
    assert sets.found()["weights_lpips"] == folder


def test_pictures_of_users_are_found_where_they_lie(empty_folder):
    assert sets.supplied("dped") == []
    for name in ("dped/b/2.JPG", "dped/a/1.png", "dped/a/notes.txt"):
        (empty_folder / name).parent.mkdir(parents=True, exist_ok=True)
        (empty_folder / name).write_bytes(b"")
    assert sets.supplied("dped") == [empty_folder / "dped/a/1.png", empty_folder / "dped/b/2.JPG"]
    assert sets.supplied("nind") == []


def test_a_data_folder_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("RESTORATION_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(sets.MissingData, match="nowhere"):
        sets.load_images("kodak24")


def test_the_users_folder_comes_before_the_downloads(empty_folder):
    for base in (sets.CACHE, empty_folder):
        (base / "niqe").mkdir(parents=True)
        (base / "niqe" / "modelparameters.mat").write_bytes(b"")
        assert sets.weights_file("niqe/modelparameters.mat").parent.parent == base


def test_gray_files_in_colour_sets_become_rgb_and_limit_counts(reference_data):
    samples = sets.load_images("set14", limit=3)  # bridge, the third, is a gray file
    assert [sample.name for sample in samples] == ["baboon", "barbara", "bridge"]
    file = np.asarray(Image.open(reference_data / "set14" / "bridge.bmp"))
    assert file.ndim == 2
    np.testing.assert_array_equal(samples[2].pixels, np.dstack([file, file, file]))


def test_bsd68_is_gray_cbsd68_in_file_order(reference_data):
    gray, colour = (sets.load_images(name, limit=4) for name in ("bsd68", "cbsd68"))
    for one, other in zip(gray, colour, strict=True):
        assert one.pixels.ndim == 2
        luma = other.pixels @ np.array([0.299, 0.587, 0.114])
        assert np.abs(one.pixels - luma).max() < 3


def test_every_file_of_the_data_folder_is_in_the_registry(reference_data):
    ours = {(row["dataset"], row["file"], row["sha256"]) for row in sets._registry(sets.REGISTRY)}
    with (reference_data / "registry.csv").open() as lines:
        theirs = {(r["dataset"], r["file"], r["sha256"]) for r in csv.DictReader(lines)}
    assert theirs <= ours
    assert all(sets.found()[name] for name in ("cbsd68", "live1", "bsds500-traintest", "niqe"))
    assert sets.weights_file("ffdnet/FFDNet_gray.mat").parent == reference_data / "weights_ffdnet"


def test_set_hash_is_a_sha256_over_shapes_and_pixels():
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    samples = [sets.Sample("a", pixels), sets.Sample("b", pixels.T)]
    turned = bytes([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
    content = b"(3, 4)" + bytes(range(12)) + b"(4, 3)" + turned
    assert sets.set_hash(samples) == hashlib.sha256(content).hexdigest()[:12]
    assert sets.set_hash(samples[::-1]) != sets.set_hash(samples)
    pair = sets.Sample("a", pixels, pixels.T)
    assert sets.set_hash([pair]) == sets.set_hash(samples)
    assert sets.set_hash("skimage") == sets.set_hash(sets.load_images("skimage"))


# --- download ------------------------------------------------------------------------------------


class Server:
    """Serves bytes by path, notes what was asked, can break off a transfer in the middle."""

    def __init__(self):
        self.content: dict[str, bytes] = {}
        self.broken: set[str] = set()
        self.asked: list[str] = []
        self.gate: threading.Barrier | None = None
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                server.asked.append(self.path)
                if server.gate is not None:
                    server.gate.wait(timeout=10)
                content = server.content.get(self.path)
                if content is None:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                half = len(content) // 2
                self.wfile.write(content[:half] if self.path in server.broken else content)

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_port}"


@pytest.fixture
def server(empty_folder, tmp_path, monkeypatch):
    """A server, and a registry of four `niqe` files, of one of these converted, which lies nowhere, and of
    the two archives that it serves."""
    server = Server()
    rows = [["niqe", "sub/0.safetensors", hashlib.sha256(b"converted").hexdigest(), 9, "", "",
             "converted: in/0.bin"]]
    for number in range(4):
        content = bytes([number]) * (300_000 + number)
        server.content[f"/some/where/c0ffee/in/{number}.bin"] = content
        rows.append(["niqe", f"sub/{number}.bin", hashlib.sha256(content).hexdigest(),
                     len(content), "some/where", "c0ffee", f"in/{number}.bin"])
    for part, numbers in (("train", range(1, 801)), ("valid", range(801, 901))):
        archive = f"DIV2K_{part}_HR.zip"
        content = _archive(f"DIV2K_{part}_HR", numbers)
        server.content[f"/{archive}"] = content
        rows.append(["div2k", archive, hashlib.sha256(content).hexdigest(), len(content), "", "",
                     f"{server.address}/{archive}"])
    registry = tmp_path / "registry.csv"
    with registry.open("w", newline="") as file:
        csv.writer(file).writerows(
            [["dataset", "file", "sha256", "bytes", "repository", "commit", "path"], *rows])
    monkeypatch.setattr(sets, "REGISTRY", registry)
    monkeypatch.setattr(sets, "GITHUB", server.address)
    monkeypatch.setattr("time.sleep", lambda _: None)  # the pauses between attempts
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.http.shutdown()
    thread.join()
    server.http.server_close()


def _archive(folder: str, numbers: range) -> bytes:
    """A zip of 2x3 images whose pixels all have the value of their number modulo 256."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in numbers:
            image = io.BytesIO()
            Image.new("RGB", (3, 2), (number % 256,) * 3).save(image, "png")
            archive.writestr(f"{folder}/{number:04d}.png", image.getvalue())
    return packed.getvalue()


def _cached() -> dict[str, bytes]:
    return {path.relative_to(sets.CACHE).as_posix(): path.read_bytes()
            for path in sets.CACHE.rglob("*") if path.is_file()}


def _served(server: Server, *numbers: int) -> dict[str, bytes]:
    return {f"niqe/sub/{n}.bin": server.content[f"/some/where/c0ffee/in/{n}.bin"] for n in numbers}


def test_fetch_gets_all_files_and_then_none(server, capsys):
    sets.fetch(["niqe"])
    assert _cached() == _served(server, 0, 1, 2, 3)
    assert "4 of 4 files, 1.2 of 1.2 MB" in capsys.readouterr().err
    assert sets.weights_file("niqe/sub/2.bin") == sets.CACHE / "niqe/sub/2.bin"
    server.asked.clear()
    sets.fetch(["niqe"])
    assert server.asked == []
    assert "niqe: at hand" in capsys.readouterr().out


def test_fetch_is_content_with_the_converted_form(server, empty_folder, capsys):
    mine = empty_folder / "niqe" / "sub" / "0.safetensors"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"converted")
    sets.fetch(["niqe"])
    assert server.asked == []
    assert "niqe: at hand" in capsys.readouterr().out
    mine.write_bytes(b"my own")
    with pytest.raises(sets.FetchFailed, match=r"0\.safetensors is there with the wrong checksum"):
        sets.fetch(["niqe"])


def test_fetch_gets_several_files_at_once(server):
    server.gate = threading.Barrier(4)  # no answer before four requests are waiting
    sets.fetch(["niqe"], jobs=4)
    assert len(_cached()) == 4


def test_fetch_keeps_what_is_right(server):
    kept = sets.CACHE / "niqe" / "sub" / "1.bin"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(server.content["/some/where/c0ffee/in/1.bin"])
    sets.fetch(["niqe"])
    assert len(_cached()) == 4
    assert "/some/where/c0ffee/in/1.bin" not in server.asked


@pytest.mark.parametrize("mine", [True, False])
def test_a_wrong_file_of_the_users_is_named_and_left_alone(server, empty_folder, mine):
    base = empty_folder if mine else sets.CACHE
    for name, content in _served(server, 0, 1, 2, 3).items():
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_bytes(content)
    wrong = base / "niqe" / "sub" / "3.bin"
    wrong.write_bytes(b"my own")
    with pytest.raises(sets.FetchFailed, match=r"3\.bin is there with the wrong checksum"):
        sets.fetch(["niqe"])
    assert wrong.read_bytes() == b"my own"
    assert server.asked == []


def test_a_download_with_the_wrong_checksum_is_named_and_not_kept(server):
    server.content["/some/where/c0ffee/in/2.bin"] = b"something else"
    with pytest.raises(sets.FetchFailed, match=r"2\.bin from http.* wrong checksum"):
        sets.fetch(["niqe"], jobs=1)
    assert _cached() == _served(server, 0, 1)  # the others stay, and no file is left half


def test_an_interrupted_download_leaves_no_half_file_and_goes_on_later(server):
    server.broken = {"/some/where/c0ffee/in/1.bin"}
    with pytest.raises(sets.FetchFailed, match=r"1\.bin could not be downloaded.*fetch again"):
        sets.fetch(["niqe"], jobs=1)
    assert _cached() == _served(server, 0)
    assert server.asked.count("/some/where/c0ffee/in/1.bin") == 3  # it tried again
    server.broken = set()
    server.asked.clear()
    sets.fetch(["niqe"])
    assert _cached() == _served(server, 0, 1, 2, 3)
    assert "/some/where/c0ffee/in/0.bin" not in server.asked


def test_a_file_that_the_server_lacks_is_named(server):
    del server.content["/some/where/c0ffee/in/0.bin"]
    with pytest.raises(sets.FetchFailed, match=r"0\.bin could not be downloaded.*404"):
        sets.fetch(["niqe"])


def test_embedded_photographs_need_no_download(server, capsys):
    sets.fetch(["skimage"])
    assert "skimage: at hand" in capsys.readouterr().out
    assert server.asked == []


def test_div2k_comes_as_archives(server):
    sets.fetch(["div2k-valid", "div2k-train"])
    valid = sets.load_images("div2k-valid")
    assert [(s.name, s.pixels.shape, s.pixels[0, 0, 0]) for s in valid[::99]] == [
        ("0801", (2, 3, 3), 801 % 256), ("0900", (2, 3, 3), 900 % 256)]
    assert [int(s.pixels[0, 0, 0]) for s in sets.training_set("div2k-train")] == [
        number % 256 for number in range(1, 801)]
    assert all(name.endswith(".png") for name in _cached())  # no archive, nothing half unpacked
    server.asked.clear()
    sets.fetch(["div2k-train"])
    assert server.asked == []


def test_an_interrupted_unpacking_is_finished_without_a_new_download(server):
    folder = sets.CACHE / "div2k"
    (folder / "DIV2K_valid_HR.unpacking" / "DIV2K_valid_HR").mkdir(parents=True)
    (folder / "DIV2K_valid_HR.unpacking" / "DIV2K_valid_HR" / "0801.png").write_bytes(b"half an im")
    (folder / "DIV2K_valid_HR.zip").write_bytes(server.content["/DIV2K_valid_HR.zip"])
    sets.fetch(["div2k-valid"])
    assert server.asked == []
    assert len(sets.load_images("div2k-valid")) == 100
