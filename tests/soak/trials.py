"""The trials. Each takes how many cases to try, a seed and an empty folder."""

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from common import Result, files, most_memory, mutated, network, photograph

from lib.app import restore
from lib.app.slider_state import LatestWins, SliderState
from lib.base import atomic
from lib.base.paths import ROOT
from lib.data import sets
from lib.data.images import Picture, write
from lib.data.sets import Sample
from lib.evaluation.results import Store
from lib.recipes import find
from lib.runs.outcomes import Outcome
from lib.training import checkpoints, unfinished
from lib.training.checkpoints import BadCheckpoint, Provenance

MEMORY = 600.0  # MB, of restoring damaged images
GROWTH = 100.0  # MB, of a slider that is turned for long
KINDS = {  # of trainings that are killed: a run, and those it needs
    "plain": ("adafm-denoise-basic-s15", ()),
    "stage": ("adafm-denoise-s15-s75-k1", ("adafm-denoise-basic-s15",)),
    "adversarial": ("cugan", ("ranker-rgb", "cunet")),
    "VDIR": ("vdir-awgn", ()),
}
STEPS = 200
NOTEBOOK = "03_cugan"


def damaged_images(count: int, seed: int, folder: Path) -> Result:
    """Restores damaged images of all formats: a result or one sentence each."""
    result, draw = Result(), np.random.default_rng(seed)
    whole = list(files(48).items())
    loaded, said = network(), []
    for number in range(count):
        name, data = whole[number % len(whole)]
        source = folder / f"{number}-{name}"
        source.write_bytes(mutated(data, draw))
        said.clear()
        failed = restore.restore_files(
            [source], folder / "out", network=loaded, device="cpu", say=said.append
        )
        made = folder / "out" / f"{source.stem}.png"
        told = len(said) == 1 and "\n" not in said[0]
        result.expect(told and made.exists() != bool(failed), f"{source.name}: {said}")
        result.tried += 1
        source.unlink()
        made.unlink(missing_ok=True)
    result.expect(most_memory() < MEMORY, f"{most_memory():.0f} MB")
    result.note = f"at most {most_memory():.0f} MB"
    return result


def killed_trainings(count: int, seed: int, folder: Path) -> Result:
    """Kills every kind of training `count` times in all; each ends with the weights of one left alone."""
    result, draw = Result(), random.Random(seed)
    for kind, (name, needed) in KINDS.items():
        for run in (*needed, name):
            _train(run, folder / "alone").wait()
        for number in range(-(-count // len(KINDS))):
            out = folder / f"{kind}-{number}"
            subprocess.run(["cp", "-r", folder / "alone", out], check=True)
            own = checkpoints.path_of(name, "smoke", out)
            own.unlink()
            result.expect(_kill_once(name, out, draw), f"{kind}: ended before it was killed")
            _train(name, out).wait()
            shas = {
                checkpoints.load(checkpoints.path_of(name, "smoke", f)).weights_sha
                for f in (out, folder / "alone")
            }
            result.expect(len(shas) == 1, f"{kind}: other weights after a kill")
            result.tried += 1
    return result


def _train(name: str, out: Path) -> subprocess.Popen:
    options = ["--scale=smoke", f"--steps={STEPS}", "--device=cpu", "--training-set=skimage", f"--out={out}"]
    command = [sys.executable, "-m", "lib", "train", name, *options, "--save-every=0.1"]
    with (out.parent / "training.log").open("a") as log:
        return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)


def _kill_once(name: str, out: Path, draw: random.Random) -> bool:
    """Whether a training was killed while it ran, after it had saved its state."""
    process = _train(name, out)
    folder = out / "training"
    while process.poll() is None and not any(folder.glob(f"{name}-smoke-*/{unfinished.FILE}")):
        time.sleep(0.01)
    time.sleep(draw.uniform(0, 0.5))
    running = process.poll() is None
    if running:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return running


def flipped_checkpoints(count: int, seed: int, folder: Path) -> Result:
    """Flips a bit of a checkpoint: it is refused by its name."""
    path = _checkpoint(folder)

    def read() -> None:
        checkpoints.load(path)

    return _flipped(count, seed, path, read, BadCheckpoint)


def flipped_rows(count: int, seed: int, folder: Path) -> Result:
    """Flips a bit of stored values, image by image: they are refused by the name of their file."""
    path = folder / "cugan-images.csv.gz"
    path.write_bytes((ROOT / "results" / "measured" / path.name).read_bytes())
    return _flipped(count, seed, path, lambda: Store("cugan", folder), ValueError, skip=10)


def flipped_image_sets(count: int, seed: int, folder: Path) -> Result:
    """Flips a bit of a file of an image set: fetching, which checks what is there, names the file."""
    here = sets.locate("set12")
    if here is None or sets.reference_folder() is None:
        return Result(note="not tried: the set is not here")
    own = folder / "set12"
    subprocess.run(["cp", "-r", here, own], check=True)
    os.environ["RESTORATION_DATA"] = str(folder)
    path = own / sets.SETS["set12"].files[0]
    return _flipped(count, seed, path, lambda: sets.fetch(["set12"]), sets.FetchFailed)


def _flipped(
    count: int, seed: int, path: Path, read: Callable[[], object], error: type[Exception], skip: int = 0
) -> Result:
    result, draw = Result(), np.random.default_rng(seed)
    whole = path.read_bytes()
    read()
    for _ in range(count):
        changed = bytearray(whole)
        place = int(draw.integers(skip, len(whole)))
        changed[place] ^= 1 << draw.integers(8)
        path.write_bytes(changed)
        result.tried += 1
        try:
            read()
        except error as found:
            result.expect(path.name in str(found), f"byte {place}: {found}")
        except Exception as found:
            result.wrong.append(f"byte {place}: {type(found).__name__}: {found}")
        else:
            result.wrong.append(f"byte {place}: not noticed")
    path.write_bytes(whole)
    return result


def full_disk(count: int, seed: int, folder: Path) -> Result:
    """Lets a file grow no further, anywhere in it, for everything that is kept: the old file stays whole, and
    nothing is left beside it."""
    result, draw = Result(), random.Random(seed)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    writers = _writers(folder)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    for number in range(count):
        path, change = list(writers.items())[number % len(writers)]
        change()
        before, size = path.read_bytes(), path.stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (draw.randrange(size), limits[1]))
        try:
            change()
        except Exception as error:
            told = str(error)
        else:
            told = ""
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        result.tried += 1
        result.expect(bool(told), f"{path.name}: nothing was said")
        result.expect(path.read_bytes() == before, f"{path.name}: half-written")
        beside = [p.name for p in path.parent.iterdir() if p.name.startswith(".")]
        result.expect(not beside, f"{path.name}: {beside} left behind")
    return result


def _writers(folder: Path) -> dict[Path, Callable[[], object]]:
    """What writes each kind of file, the same bytes every time."""
    checkpoint, image, rows = folder / "a.safetensors", folder / "a.png", folder / "a.csv"
    outcome, pixels = Outcome("a", "done", 1.0, "", {}, "0" * 12), photograph(64)
    text = "column\n" + "value\n" * 500

    def write_rows() -> None:
        with atomic.written(rows) as part:
            part.write_text(text)

    return {
        checkpoint: lambda: _checkpoint(folder, checkpoint),
        image: lambda: write(image, Picture(pixels)),
        rows: write_rows,
        folder / "a.json": lambda: outcome.save(folder),
    }


def _checkpoint(folder: Path, path: Path | None = None) -> Path:
    recipe = find("adafm-denoise-basic-s15", "smoke")
    path = path or folder / "smoke" / f"{recipe.name}.safetensors"
    torch.manual_seed(0)
    history = Provenance(recipe.name, recipe.sha(), recipe.as_json(), "smoke")
    checkpoints.save(path, recipe.build().state_dict(), history)
    return path


def killed_reproductions(count: int, seed: int, folder: Path) -> Result:
    """Kills a reproduction with all its processes; the next one ends with the tables of one left alone."""
    result, draw = Result(), random.Random(seed)
    start = time.monotonic()
    _reproduce(folder, "alone").wait()
    took = time.monotonic() - start
    expected = _tables(folder / "alone")
    result.expect(bool(expected), "no table was made")
    for number in range(count):
        process = _reproduce(folder, f"killed-{number}")
        time.sleep(draw.uniform(0.1, 0.9) * took)
        for pid in _tree(process.pid):
            os.kill(pid, signal.SIGKILL)
        process.wait()
        result.expect(_reproduce(folder, f"killed-{number}").wait() == 0, f"{number}: the next one failed")
        result.expect(_tables(folder / f"killed-{number}") == expected, f"{number}: other tables")
        result.tried += 1
    return result


def _reproduce(folder: Path, name: str) -> subprocess.Popen:
    options = [NOTEBOOK, "--images=1", "--device=cpu", f"--out={folder}", f"--name={name}"]
    with (folder / "reproducing.log").open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "lib", "reproduce", *options], cwd=ROOT, stdout=log, stderr=log
        )


def _tree(pid: int) -> list[int]:
    """A process and all below it."""
    below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(inner for child in below for inner in _tree(int(child)))]


def _tables(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / NOTEBOOK).glob("*.csv"))}


def turned_slider(count: int, seed: int, folder: Path) -> Result:
    """Turns everything at random: what was asked last is what is shown, and memory does not grow."""
    result, draw = Result(), random.Random(seed)
    samples = [Sample(name, photograph(side)) for name, side in (("small", 64), ("large", 96))]
    state = SliderState([network()], samples, device="cpu")
    failures: list[Exception] = []
    wins = LatestWins(lambda superseded: superseded() or state.frame(), failures.append)
    warm, asked = 0.0, {}
    for number in range(count):
        value = round(draw.uniform(-0.5, 1.5), 3)
        actions = {
            "coef": (value, lambda v=value: state.set_knob("coef", v)),
            "level": (60 * abs(value), lambda v=value: state.set_level(60 * abs(v))),
            "seed": (number, lambda n=number: state.set_seed(n)),
            "picture": (
                ("small", "large")[number % 2],
                lambda n=number: state.choose(("small", "large")[n % 2]),
            ),
        }
        kind = draw.choice(list(actions))
        asked[kind], action = actions[kind]
        wins.submit(kind, action)
        if number % 50 == 49:
            wins.wait()
            shown = {
                "coef": state.knobs["coef"],
                "level": state.level,
                "seed": state.seed,
                "picture": state.name,
            }
            limits = state.loaded.task.level
            want = {k: limits.within(v) if k == "level" else v for k, v in asked.items()}
            lost = {k for k in want if shown[k] != want[k]}
            result.expect(not lost, f"action {number}: {lost} lost")
        if number == count // 5:
            warm = _memory()
        result.tried += 1
    wins.wait()
    growth = _memory() - warm
    result.expect(growth < GROWTH, f"memory grew by {growth:.0f} MB")
    result.wrong += [f"{type(error).__name__}: {error}" for error in failures]
    result.note = f"memory grew by {growth:.0f} MB"
    return result


def _memory() -> float:
    """MB that this process has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def hostile_uploads(count: int, seed: int, folder: Path) -> Result:
    """Uploads what no one should: a sentence or an image, a name to save under without a folder, no file."""
    result, draw = Result(), np.random.default_rng(seed)
    os.chdir(folder)
    state = SliderState([network()], [Sample("small", photograph(64))], device="cpu")
    whole = list(files(48).values())
    names = [
        "../../etc/passwd",
        "/etc/passwd",
        "..",
        "",
        "a\0b.png",
        "a" * 5000,
        "<script>.png",
        "\udcff.png",
    ]
    names += ["-o.png", "$(touch x).png", "a\nb.png", "CON", "💾.jpg", "..\\..\\x.png", "a b'c\".png"]
    bombs = [b"", b"\x89PNG\r\n\x1a\n" + bytes(30), b"GIF89a", b"PK\3\4" + bytes(99), b"<svg/>", _huge()]
    for number in range(count):
        name = names[number % len(names)]
        data = (
            bombs[int(draw.integers(len(bombs)))]
            if number % 3 == 0
            else whole[int(draw.integers(len(whole)))]
        )
        data = mutated(data, draw) if number % 3 == 1 else data
        state.choose("small")
        try:
            state.upload(name, data)
            result.expect((state.name == "small") == bool(state.note), f"{name!r}: {state.note!r}")
            saved, _ = state.download()
            result.expect("/" not in saved and "\0" not in saved, f"{name!r} would be saved as {saved!r}")
        except Exception as error:
            result.wrong.append(f"{name!r}: {type(error).__name__}: {error}")
        result.tried += 1
    result.expect(not list(folder.iterdir()), "files were made")
    result.expect(most_memory() < MEMORY, f"{most_memory():.0f} MB")
    result.note = f"at most {most_memory():.0f} MB"
    return result


def _huge() -> bytes:
    """The head of a PNG of four thousand million pixels."""
    import struct
    import zlib

    head = b"IHDR" + struct.pack(">IIBBBBB", 65535, 65535, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head)) + bytes(99)
    )
