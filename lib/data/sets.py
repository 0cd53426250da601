"""Image sets by name, and their download.

A set is looked for in three places: the folder named by the variable RESTORATION_DATA (where that
is unset, a folder `shared/data` beside the repository, if there is one), then what `fetch` has
downloaded, then, for the sets `skimage` and `skimage-gray`, the scikit-image package itself.
`data/registry.csv` lists every file with checksum, size and origin; `data/README.md` tells more.
"""

import csv
import functools
import hashlib
import importlib.util
import itertools
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from lib.base.paths import DATA, ROOT
from lib.data import dnd, sidd
from lib.data.images import SUFFIXES, read

REGISTRY = DATA / "registry.csv"
CACHE = DATA / "cache"
GITHUB = "https://raw.githubusercontent.com"
CONVERTED = "converted: "  # so begins the `path` of a file made from a published one; nobody serves it


class MissingData(FileNotFoundError):
    """A set or file is not at hand. The message says which, and how to get it."""


class FetchFailed(RuntimeError):
    """A download failed or a file has the wrong checksum. The message names the file."""


# --- the sets ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sample:
    """One image: `pixels` is uint8, (H, W) in gray sets and (H, W, 3) in colour sets.

    taken: in sets of pairs the noisy photograph, of the same shape, of what `pixels` shows without noise.
    """

    name: str
    pixels: np.ndarray
    taken: np.ndarray | None = None


@dataclass(frozen=True)
class ImageSet:
    """Which files of which folder make a set, in the registry's order, and how they are read."""

    folder: str
    parts: tuple[str, ...] = ("",)  # the files whose path begins so
    gray: bool = False
    training: bool = False  # may be trained on
    every: int = 1  # 4: the first, the fifth, the ninth file and so on
    numbers: range | None = None  # files 0001.png ... of a published archive
    digits: int = 4  # of these numbers

    paired: ClassVar[bool] = False  # every image has a noisy photograph beside it

    @property
    def files(self) -> list[str]:
        """Every file that must be there, below the folder."""
        if self.numbers is not None:
            return [f"{self.parts[0]}{number:0{self.digits}d}.png" for number in self.numbers]
        files = _listed(self.folder)
        return [f for part in self.parts for f in files if f.startswith(part)][:: self.every]

    @property
    def names(self) -> list[str]:
        """Of the images, in their order."""
        return [Path(file).stem for file in self.files]

    def read(self, home: Path, limit: int | None) -> list[Sample]:
        """The images, or the first `limit`, from the folder that holds the files."""
        return [Sample(Path(f).stem, _pixels(home / f, self.gray)) for f in self.files[:limit]]


@dataclass(frozen=True)
class Centres(ImageSet):
    """The middle of every image, for runs that only prove that code runs."""

    side: int = 208  # pixels: two blocks of NIQE a side and a border

    def read(self, home: Path, limit: int | None) -> list[Sample]:
        return [Sample(one.name, self._middle(one.pixels)) for one in super().read(home, limit)]

    def _middle(self, pixels: np.ndarray) -> np.ndarray:
        top, left = ((size - self.side) // 2 for size in pixels.shape[:2])
        return pixels[top : top + self.side, left : left + self.side]


@dataclass(frozen=True)
class Pairs(ImageSet):
    """Two files an image: NAME_mean, the mean of many shots, and NAME_real, one of them."""

    paired: ClassVar[bool] = True

    @property
    def names(self) -> list[str]:
        return [name.removesuffix("_mean") for name in super().names if name.endswith("_mean")]

    def read(self, home: Path, limit: int | None) -> list[Sample]:
        by_stem = {Path(file).stem: home / file for file in self.files}
        return [
            Sample(name, *(_pixels(by_stem[f"{name}_{end}"], self.gray) for end in ("mean", "real")))
            for name in self.names[:limit]
        ]


@dataclass(frozen=True)
class SiddBlocks(ImageSet):
    """The validation part of SIDD, laid out as it is published."""

    paired: ClassVar[bool] = True

    @property
    def files(self) -> list[str]:
        return list(sidd.FILES)

    @property
    def names(self) -> list[str]:
        return list(sidd.NAMES)

    def read(self, home: Path, limit: int | None) -> list[Sample]:
        noisy, clean = sidd.blocks(home)
        return [Sample(*one) for one in zip(sidd.NAMES[:limit], clean, noisy, strict=False)]


@dataclass(frozen=True)
class DndCrops(ImageSet):
    """The crops of DND, rounded to 8 bits: noisy photographs without a reference."""

    @property
    def files(self) -> list[str]:
        return list(dnd.FILES)

    @property
    def names(self) -> list[str]:
        return list(dnd.NAMES)

    def read(self, home: Path, limit: int | None) -> list[Sample]:
        crops = itertools.islice(dnd.crops(home), limit)
        return [Sample(crop.name, (255 * crop.pixels.clip(0, 1)).round().astype(np.uint8)) for crop in crops]


SETS = {
    "skimage": ImageSet("skimage", training=True),  # for trials; see training_set
    "skimage-gray": ImageSet("skimage-gray", gray=True, training=True),
    "cbsd68": ImageSet("cbsd68"),
    "bsd68": ImageSet("bsd68", gray=True),
    "kodak24": ImageSet("kodak24"),
    "live1": ImageSet("live1"),
    "classic5": ImageSet("classic5", gray=True),
    "set5": ImageSet("set5"),
    "set14": ImageSet("set14"),
    "set12": ImageSet("set12", gray=True),
    "urban100": ImageSet("urban100", every=4),  # 25 images
    "urban100-all": ImageSet("urban100"),
    "rni15": ImageSet("rni15"),
    "bsds500": ImageSet("bsds500"),
    "bsds500-val": ImageSet("bsds500", ("val/",)),
    "bsds500-train": ImageSet("bsds500", ("train/",), training=True),
    "bsds500-test": ImageSet("bsds500", ("test/",), training=True),
    "bsds500-traintest": ImageSet("bsds500", ("train/", "test/"), training=True),
    "train400": ImageSet("train400", gray=True, training=True),
    "div2k-train": ImageSet(
        "div2k", ("DIV2K_train_HR/",), training=True, numbers=range(1, 801)),
    "div2k-valid": ImageSet("div2k", ("DIV2K_valid_HR/",), numbers=range(801, 901)),
    "pirm-test": ImageSet("pirm", ("test/",), numbers=range(201, 301), digits=3),
    "skimage-small": Centres("skimage"),
    "skimage-gray-small": Centres("skimage-gray", gray=True),
    "cc15": Pairs("cc15"),
    "polyu": Pairs("polyu"),
    "sidd-valid": SiddBlocks("sidd"),
    "dnd": DndCrops("dnd"),
}

EMBEDDED = ("skimage", "skimage-gray")  # folders that are the scikit-image package

WEIGHTS = ("arcnn", "dncnn", "ffdnet", "lpips", "dists", "vgg19", "vdir")
OTHER_FILES = (  # folders of the registry that are no image sets
    *(f"weights_{name}" for name in WEIGHTS),
    "niqe", "camera_response", "iqa_calibration", "mzsr_set5")
BY_HAND = {  # published files that nothing here fetches, by folder
    "weights_vdir": tuple(f"model-{kind}.{part}" for kind in ("AWGN", "Real_Noise")
                          for part in ("index", "data-00000-of-00001")),
}


def image_names(set_name: str) -> list[str]:
    """The names of the images of a set, at hand or not."""
    return image_set(set_name).names


def image_set(set_name: str) -> ImageSet:
    """The set of this name; raises ValueError where there is none."""
    if set_name not in SETS:
        raise ValueError(f"There is no image set {set_name}; the sets are {', '.join(SETS)}.")
    return SETS[set_name]


def load_images(set_name: str, limit: int | None = None) -> list[Sample]:
    """The images of a set, or its first `limit`, as uint8 RGB (H, W, 3) or gray (H, W).

    Raises MissingData where the set is not complete, and ValueError for an unknown name.
    """
    return image_set(set_name).read(home(set_name), limit)


def training_set(set_name: str) -> list[Sample]:
    """Like load_images, for training: a set that results are measured on raises ValueError.

    The embedded photographs are allowed, so that trial runs work on any machine.
    """
    if not image_set(set_name).training:
        allowed = ", ".join(name for name, image_set in SETS.items() if image_set.training)
        raise ValueError(f"The set {set_name} is for measuring, never for training; "
                         f"the training sets are {allowed}.")
    return load_images(set_name)


def locate(set_name: str) -> Path | None:
    """The folder that holds every file of the set, or None. Checksums are left to `fetch`."""
    wanted = image_set(set_name)
    return _home(wanted.folder, wanted.files)


def home(set_name: str) -> Path:
    """As `locate`; raises MissingData where the set is not complete."""
    folder = locate(set_name)
    if folder is None:
        raise MissingData(how_to_get(set_name))
    return folder


def found() -> dict[str, Path | None]:
    """For every image set and every other folder of the registry: where it is, or None."""
    return {name: locate(name) for name in SETS} | {name: _whole_form(name)[0] for name in OTHER_FILES}


def set_hash(images: str | Iterable[Sample]) -> str:
    """12 hex digits of a sha256 over the shapes and pixels of a set, given by name or as samples; noisy
    photographs count where there are any.

    It depends on the pixels and their order only, so it is the same for every file format.
    """
    digest = hashlib.sha256()
    for sample in load_images(images) if isinstance(images, str) else images:
        for pixels in (sample.pixels, sample.taken):
            if pixels is not None:
                digest.update(repr(pixels.shape).encode())
                digest.update(np.ascontiguousarray(pixels))
    return digest.hexdigest()[:12]


def weights_file(*forms: str) -> Path:
    """The path of a published file such as `dncnn/DnCNN3.mat` or `niqe/modelparameters.mat`.

    Several names are forms of one file, any of which will do: the first that is at hand is taken.
    Raises MissingData where none is, and ValueError for a name that the registry lacks.
    """
    for name in forms:
        group, _, file = name.partition("/")
        folder = f"weights_{group}" if group in WEIGHTS else group
        if file not in _listed(folder):
            raise ValueError(f"The registry lists no file {name}.")
        home = _home(folder, [file])
        if home is not None:
            return home / file
    raise MissingData(how_to_get(folder))


def has_file(*forms: str) -> bool:
    """Whether a published file is at hand, by its name or those of its forms, as in `weights_file`."""
    try:
        weights_file(*forms)
    except MissingData:
        return False
    return True


def supplied(folder: str) -> list[Path]:
    """The images in a folder that nothing here fetches, such as `dped`; none where it is not there."""
    base = reference_folder()
    if base is None:
        return []
    return sorted(path for path in (base / folder).rglob("*") if path.suffix.lower() in SUFFIXES)


def reference_folder() -> Path | None:
    """The user's own data folder: RESTORATION_DATA, or `shared/data` beside the repository."""
    named = os.environ.get("RESTORATION_DATA")
    if not named:
        beside = ROOT.parent / "shared" / "data"
        return beside if beside.is_dir() else None
    if not Path(named).is_dir():
        raise MissingData(f"RESTORATION_DATA names {named}, which is not a folder.")
    return Path(named)


@functools.cache
def _registry(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as lines:
        return list(csv.DictReader(lines))


def _rows(folder: str) -> list[dict[str, str]]:
    return [row for row in _registry(REGISTRY) if row["dataset"] == folder]


def _listed(folder: str) -> list[str]:
    """The files of a folder by the registry, or by hand; none for a folder that only its publisher gives."""
    return [row["file"] for row in _rows(folder)] or list(BY_HAND.get(folder, ()))


def _places(folder: str) -> list[Path]:
    """Where the files of a folder may be, best first."""
    if folder in EMBEDDED:
        package = importlib.util.find_spec("skimage")
        return [] if package is None else [Path(package.origin).parent / "data"]
    bases = (reference_folder(), CACHE)
    return [base / folder for base in bases if base is not None]


def _home(folder: str, files: Sequence[str]) -> Path | None:
    for place in _places(folder):
        if all((place / file).is_file() for file in files):
            return place
    return None


def _whole_form(folder: str) -> tuple[Path | None, list[str]]:
    """Where a folder of OTHER_FILES lies whole, and its files: those as published, or where they were
    converted these. Where neither is at hand: None, and the files as published."""
    converted = [row["file"] for row in _rows(folder) if row["path"].startswith(CONVERTED)]
    published = [file for file in _listed(folder) if file not in converted]
    for files in (converted, published) if converted else (published,):
        home = _home(folder, files)
        if home is not None:
            return home, files
    return None, published


def how_to_get(name: str) -> str:
    """Return the sentence that tells how a set, or another folder of the registry, is brought here."""
    if name in EMBEDDED:
        return f"{name} is not at hand: install scikit-image, which brings it along."
    if not _rows(SETS[name].folder if name in SETS else name):
        return (f"{name} is not at hand, and its publisher alone gives it: put it into the folder named by "
                "RESTORATION_DATA as data/README.md says.")
    return (f"{name} is not at hand, or not complete: run `python -m lib fetch {name}`, or set "
            "RESTORATION_DATA to a folder laid out as data/README.md says.")


def _pixels(path: Path, gray: bool) -> np.ndarray:
    pixels = read(path).pixels
    if gray and pixels.ndim == 3:
        raise ValueError(f"{path} is in colour, but belongs to a gray set.")
    return pixels if gray or pixels.ndim == 3 else np.stack([pixels] * 3, axis=2)


# --- download ------------------------------------------------------------------------------------


def fetch(names: Sequence[str], *, jobs: int = 4) -> None:
    """Download image sets, or other folders of the registry, into data/cache.

    Files that are there and right are kept, so an interrupted fetch goes on where it stopped; a
    file gets its final name only after its checksum was right. `jobs` files come at once.
    A file of the user's that has the wrong checksum is left alone.
    Raises FetchFailed (naming the file) for a wrong checksum or a failed download, and ValueError
    for an unknown name.
    """
    missing = []
    for name in names:
        # An archive is only wanted while its images are not all there, so it is unpacked (again).
        wanted = [(path, row) for path, row in _wanted(name)
                  if not _is_right(path, row) or path.suffix == ".zip"]
        missing += [pair for pair in wanted if pair not in missing]
        print(f"{name}: {len(wanted)} files to fetch" if wanted else f"{name}: at hand")
    if not missing:
        return
    progress = _Progress(len(missing), sum(int(row["bytes"]) for _, row in missing))
    pool = ThreadPoolExecutor(jobs)
    try:
        tasks = [pool.submit(_download, path, row, progress) for path, row in missing]
        for task in as_completed(tasks):
            task.result()
            progress.file_done()
    finally:
        progress.stopped.set()  # ends what is still running after a failure or Ctrl-C
        pool.shutdown(cancel_futures=True)
        progress.close()


def _wanted(name: str) -> list[tuple[Path, dict[str, str]]]:
    """(final path, registry row) of every file to have; nothing for what needs no download."""
    if name not in SETS and name not in OTHER_FILES:
        known = ", ".join([*SETS, *OTHER_FILES])
        raise ValueError(f"There is nothing to fetch named {name}; known are {known}.")
    folder = SETS[name].folder if name in SETS else name
    if folder in EMBEDDED:
        if locate(name) is None:
            raise MissingData(how_to_get(name))
        return []
    if name in SETS:
        files = SETS[name].files
        home = _home(folder, files)
    else:
        home, files = _whole_form(folder)
    if home is None and not _rows(folder):
        raise MissingData(how_to_get(name))
    if name in SETS and SETS[name].numbers is not None:
        files = [] if home else [SETS[name].parts[0].rstrip("/") + ".zip"]
    home = home or CACHE / folder
    return [(home / row["file"], row) for row in _rows(folder) if row["file"] in files]


def _is_right(path: Path, row: dict[str, str]) -> bool:
    """True where the file is there with its checksum, False where it is not there."""
    if not path.exists():
        return False
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != row["sha256"]:
            raise FetchFailed(f"{path} is there with the wrong checksum and was left as it is: "
                              "move it away and fetch again.")
    return True


def _download(path: Path, row: dict[str, str], progress: "_Progress") -> None:
    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")
    path.parent.mkdir(parents=True, exist_ok=True)
    # A row without repository is an archive whose `path` is the whole address.
    address = (f"{GITHUB}/{row['repository']}/{row['commit']}/{row['path']}"
               if row["repository"] else row["path"])
    key = path.name
    store = pooch.create(
        path.parent, base_url="", registry={key: f"sha256:{row['sha256']}"}, urls={key: address},
        retry_if_failed=0 if key.endswith(".zip") else 2)
    try:
        store.fetch(key, downloader=progress.download)
    except requests.RequestException as error:
        raise FetchFailed(f"{path.name} could not be downloaded from {address} ({error}); "
                          "the files that arrived are kept, so fetch again to go on.") from error
    except ValueError as error:  # pooch's way to say that a checksum is wrong
        raise FetchFailed(f"{path.name} from {address} arrived with the wrong checksum and was not "
                          "kept: fetch again, and tell the publisher if it stays so.") from error
    if key.endswith(".zip"):
        _unpack(path)


def _unpack(archive: Path) -> None:
    """Unpack beside the archive, through a scratch folder so that no half image gets its name."""
    import pooch

    scratch = archive.with_suffix(".unpacking")
    shutil.rmtree(scratch, ignore_errors=True)
    pooch.Unzip(extract_dir=scratch.name)(str(archive), "download", None)
    for file in scratch.rglob("*.png"):
        target = archive.parent / file.relative_to(scratch)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            file.replace(target)
    shutil.rmtree(scratch)
    archive.unlink()


class _Progress:
    """One line for all downloads: rewritten in a terminal, every five seconds in a log."""

    def __init__(self, files: int, size: int):
        self.files, self.size = files, size
        self.files_done = self.bytes_done = 0
        self.live = sys.stderr.isatty()
        self.last = 0.0
        self.lock = threading.Lock()
        self.stopped = threading.Event()

    def download(self, address: str, output_file: str, _store: object) -> None:
        """A pooch downloader: stream `address` to `output_file`."""
        import requests

        arrived = 0
        try:
            with (requests.get(address, stream=True, timeout=30) as answer,
                  open(output_file, "wb") as file):
                answer.raise_for_status()
                for chunk in answer.iter_content(1 << 18):
                    if self.stopped.is_set():
                        raise FetchFailed("The download was stopped.")
                    file.write(chunk)
                    arrived += len(chunk)
                    self.add(len(chunk))
        except requests.RequestException:
            self.add(-arrived)
            raise

    def add(self, count: int) -> None:
        with self.lock:
            self.bytes_done += count
            if time.monotonic() - self.last > (0.2 if self.live else 5):
                self.last = time.monotonic()
                self.show(end="\r" if self.live else "\n")

    def file_done(self) -> None:
        with self.lock:
            self.files_done += 1

    def show(self, end: str) -> None:
        print(f"  {self.files_done} of {self.files} files, "
              f"{self.bytes_done / 1e6:.1f} of {self.size / 1e6:.1f} MB   ",
              end=end, file=sys.stderr, flush=True)

    def close(self) -> None:
        with self.lock:
            self.show(end="\n")
