"""The command line: what is refused and how it is said, and a network trained and used through it."""

import io
import os
import shlex
import subprocess
import sys
from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pytest
from command import lib
from PIL import Image

from lib.app import public
from lib.app.slider_state import SliderState
from lib.base import paths
from lib.base.paths import ROOT
from lib.data.images import Picture, read, write
from lib.data.sets import load_images
from lib.runs import graph, processes
from lib.training import checkpoints
from lib.upkeep import status

BASIC, STAGE = "adafm-denoise-basic-s15", "adafm-denoise-s15-s75-k1"
RESTORE = ("--network", "adafm-denoise", "--scale", "smoke", "--device", "cpu")
LARGER = ("--network", "adafm-sr", *RESTORE[2:])
WHOLE = ("--network", "cfsnet-sr", *RESTORE[2:])


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with a basic model of three steps and its stage, trained by the command line."""
    folder = tmp_path_factory.mktemp("checkpoints")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "RUNS", folder / "runs")
        common = ("--scale", "smoke", "--training-set", "skimage", "--device", "cpu", "--out", folder)
        assert lib("train", BASIC, "--steps", 3, *common) == 0
        assert lib("train", STAGE, "--steps", 2, *common) == 0
    return folder


@pytest.fixture
def picture(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (20, 31, 3), dtype=np.uint8)
    write(tmp_path / "in.png", Picture(pixels, None, None))
    return tmp_path / "in.png"


def test_help_of_every_command_loads_nothing_heavy():
    """So it answers at once; a clock would only measure how busy the machine is."""
    commands = ("fetch", "train", "measure", "reproduce", "restore", "submit", "status", "bench", "readme")
    code = f"""
import contextlib, sys
from lib.__main__ import main
for command in {commands}:
    sys.argv = ["lib", command, "--help"]
    with contextlib.suppress(SystemExit):
        main()
print(sorted({{"torch", "numpy", "pandas", "PIL"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    *said, loaded = done.stdout.splitlines()
    assert [line.split()[4] for line in said if line.startswith("usage:")] == list(commands)
    assert loaded == "[]"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["train"], "one of the arguments NAME --next --pause --resume is required"),
        (["train", "a", "--next"], "not allowed with"),
        (["train", "a", "--steps", "3", "--minutes", "1"], "not allowed with"),
        (["train", "a", "--steps", "0"], "0 is not above 0"),
        (["train", "a", "--minutes", "nan"], "nan is not above 0"),
        (["train", "a", "--scale", "huge"], "invalid choice: 'huge'"),
        (["measure", "esrgan"], "invalid choice: 'esrgan'"),
        (["measure", "--scale", "smoke"], "invalid choice: 'smoke'"),
        (
            ["restore", "a.png", "-o", "b.png", "--network", "n", "--knob", "0.4"],
            "a knob is set like coef=0.4",
        ),
        (["restore", "a.png", "-o", "b.png", "--network", "n", "--knob", "coef=inf"], "a knob is set like"),
        (["restore", "a.png", "-o", "b.png", "--network", "n", "--factor", "0"], "0 is not above 0"),
        (["restore", "a.png", "-o", "b.jpg", "--network", "n", "--quality", "101"], "not between 1 and 100"),
        (["reproduce", "--images", "0"], "0 is not above 0"),
        (["reproduce", "--images", "-3"], "-3 is not above 0"),
        (
            ["restore", "a.png", "-o", "b.png", "--network", "n", "--knob", "c=1", "--auto"],
            "not allowed with",
        ),
    ],
)
def test_wrong_arguments_are_refused(arguments, sentence, capsys):
    assert lib(*arguments) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["train", "adafm"], f"No run is called adafm. There are: {BASIC}"),
        (
            ["train", BASIC, "--scale", "smoke", "--training-set", "kodak24"],
            "for measuring, never for training",
        ),
        (["train", STAGE, "--scale", "smoke", "--training-set", "skimage"], f"No checkpoint {BASIC}"),
        (["restore", "a.png", *RESTORE[:1], "adafm"], "There is no network adafm; there are: adafm-denoise"),
        (["restore", "a.png", *RESTORE], f"No checkpoint {STAGE}"),
        (["restore", "a.png", *RESTORE[:4], "--device", "lamp"], "lamp"),
        (["restore", "a.png", *RESTORE[:4], "--device", "meta"], "there are auto, cpu and cuda"),
        (["restore", "a.png", *RESTORE, "--factor", "2"], "adafm-denoise enlarges nothing"),
        (["restore", "a.png", *LARGER], "say how many times, such as --factor 3.4"),
        (["restore", "a.png", *LARGER, "--factor", "3.4"], "no trained network for a factor of 3.4"),
        (["restore", "a.png", *WHOLE], "say how many times, such as --factor 4"),
        (["restore", "a.png", *WHOLE, "--factor", "4"], "factors there are: none"),
    ],
)
def test_errors_are_one_sentence(arguments, sentence, tmp_path, capsys):
    own = {"train": ["--out", tmp_path], "restore": ["-o", tmp_path / "b.png", "--checkpoints", tmp_path]}
    assert lib(*arguments, *own[arguments[0]]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and sentence in said[0]


def test_a_single_run_is_trained_on_the_cluster_that_was_named(tmp_path, monkeypatch):
    asked = []

    def carry_out(steps, watcher, *, jobs, cluster):
        asked.append(([step.name for step in steps], cluster))
        return []

    monkeypatch.setattr(graph, "carry_out", carry_out)
    elsewhere = ("--cluster", "tcp://10.0.0.1:8786", "--device", "cuda", "--out", tmp_path)
    assert lib("train", BASIC, "--scale", "smoke", *elsewhere) == 0
    assert asked == [([BASIC], "tcp://10.0.0.1:8786")]
    assert lib("train", BASIC, "--scale", "smoke", "--device", "cuda", "--out", tmp_path, "--list") == 0


def test_a_folder_of_sets_that_is_not_there_is_said(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("RESTORATION_DATA", str(tmp_path / "none"))
    assert lib("status") == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and "RESTORATION_DATA" in said[0]


def test_stopped_by_hand_is_a_word(monkeypatch, capsys):
    monkeypatch.setattr(status, "text", Mock(side_effect=KeyboardInterrupt))
    assert lib("status") == 130
    assert capsys.readouterr().err == "Stopped.\n"


def test_names_of_any_bytes_are_told(trained, picture):
    """Where a terminal's encoding knows no such character."""
    odd = picture.rename(picture.with_name(os.fsdecode(b"caf\xe9.png")))
    command = [sys.executable, "-m", "lib", "restore", odd, "-o", picture.with_name("out"), *RESTORE]
    told = {**os.environ, "PYTHONIOENCODING": "utf-8:strict"}
    done = subprocess.run([*command, "--checkpoints", trained], cwd=ROOT, env=told, capture_output=True)
    assert done.returncode == 0 and rb"caf\udce9.png" in done.stdout


def test_train_keeps_to_the_steps_and_the_set_it_was_given(trained):
    history = checkpoints.load(checkpoints.path_of(STAGE, "smoke", trained)).provenance
    assert (history.steps, history.training_set, history.parent) == (2, "skimage", BASIC)


def test_train_leaves_what_is_trained(trained, capsys):
    path = checkpoints.path_of(BASIC, "smoke", trained)
    before = path.read_bytes()
    assert lib("train", BASIC, "--scale", "smoke", "--out", trained) == 0
    assert path.read_bytes() == before and "--fresh trains it again" in capsys.readouterr().out


def test_train_next_takes_the_most_wanted_that_is_missing(trained, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(paths, "RUNS", tmp_path / "runs")
    common = ("--scale", "smoke", "--training-set", "skimage", "--device", "cpu", "--steps", 1)
    assert lib("train", "--next", 2, *common, "--out", tmp_path) == 0
    assert {path.stem for path in tmp_path.rglob("*.safetensors")} == {BASIC, "adafm-denoise-basic-s75"}
    assert capsys.readouterr().out.splitlines()[-1].startswith("adafm-denoise-basic-s75: done in")
    log = tmp_path / "runs" / "training" / "adafm-denoise-basic-s75-smoke.log"
    assert "on the images held out" in log.read_text()


def test_train_list_prints_a_command_for_each_group(tmp_path, capsys):
    names = (BASIC, "adafm-denoise-basic-s75", STAGE)
    assert lib("train", *names, "--list", "--scale", "smoke", "--minutes", 2, "--out", tmp_path) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert f" train {BASIC} {STAGE} --scale=smoke --device=auto --minutes=2.0 --out={tmp_path}" in first
    assert " train adafm-denoise-basic-s75 --scale=smoke" in second
    assert not list(tmp_path.iterdir())


def test_train_in_the_background(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(paths, "RUNS", tmp_path / "runs")
    begun = []
    monkeypatch.setattr(processes, "detach", lambda command, log: begun.append((command, log)) or 1234)
    assert lib("train", BASIC, STAGE, "--scale", "smoke", "--steps", 1, "--background", "--jobs", 2) == 0
    ((command, log),) = begun
    said = capsys.readouterr().out
    assert f"2 runs are trained in the background.\nLog: {log}\nStop: kill -- -1234" in said
    assert command[2:] == [
        "lib", "train", BASIC, STAGE, "--scale=smoke", "--device=auto", "--steps=1", "--jobs", "2"
    ]  # fmt: skip


def test_several_runs_fail_one_by_one(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(paths, "RUNS", tmp_path / "runs")
    common = ("--scale", "smoke", "--training-set", "kodak24", "--out", tmp_path)
    assert lib("train", BASIC, STAGE, *common) == 1
    said = capsys.readouterr().out
    assert f"{BASIC}: failed" in said and "for measuring, never for training" in said
    assert f"{STAGE}: not begun, for {BASIC} is not done" in said


def test_restore_a_picture(trained, picture):
    outputs = [picture.with_name(f"out{coef}.png") for coef in (0, 1)]
    for coef, out in enumerate(outputs):
        knob = ("--knob", f"coef={coef}", "--checkpoints", trained)
        assert lib("restore", picture, "-o", out, *RESTORE, *knob) == 0
    start, end = (read(out).pixels for out in outputs)
    assert start.shape == (20, 31, 3)
    assert (start != end).any()


def test_a_knob_below_its_range_extrapolates(trained, picture, capsys):
    out = picture.with_name("out.png")
    arguments = ("--knob", "coef=-0.2", "--checkpoints", trained)
    assert lib("restore", picture, "-o", out, *RESTORE, *arguments) == 0
    assert out.exists() and "extrapolates" in capsys.readouterr().out


def test_restore_enlarges_by_a_factor_that_is_trained(tmp_path, picture, monkeypatch, capsys):
    monkeypatch.setattr(paths, "RUNS", tmp_path / "runs")
    common = ("--scale", "smoke", "--training-set", "skimage", "--device", "cpu", "--out", tmp_path)
    for run in ("adafm-sr-basic-x3", "adafm-sr-x3-x4-k5"):
        assert lib("train", run, "--steps", 1, *common) == 0
    out = picture.with_name("out.png")
    large = ("restore", picture, "-o", out, *LARGER, "--checkpoints", tmp_path)
    assert lib(*large, "--factor", 3.4) == 0
    assert read(out).pixels.shape == (68, 106, 3) and "coef 0.40" in capsys.readouterr().out
    assert lib(*large, "--factor", 2.6, "--overwrite") == 1
    assert "no trained network for a factor of 2.6; factors there are: 3 to 4." in capsys.readouterr().err


def test_restore_enlarges_four_times_from_least_error_to_natural_look(tmp_path, picture, monkeypatch, capsys):
    monkeypatch.setattr(paths, "RUNS", tmp_path / "runs")
    common = ("--scale", "smoke", "--training-set", "skimage", "--device", "cpu", "--out", tmp_path)
    for run in ("cfsnet-sr-main-mae", "ranker-rgb", "cfsnet-sr-tune-gan"):
        assert lib("train", run, "--steps", 1, *common) == 0
    out = picture.with_name("out.png")
    whole = ("restore", picture, "-o", out, *WHOLE, "--checkpoints", tmp_path)
    assert lib(*whole, "--factor", 4, "--knob", "alpha_in=0.4") == 0
    assert read(out).pixels.shape == (80, 124, 3) and "alpha_in 0.40" in capsys.readouterr().out
    assert lib(*whole, "--factor", 3, "--overwrite") == 1
    assert "no trained network for a factor of 3; factors there are: 4." in capsys.readouterr().err


def test_restore_by_samples_and_orientations(trained, tmp_path, picture, monkeypatch, capsys):
    monkeypatch.setattr(paths, "RUNS", tmp_path / "runs")
    common = ("--scale", "smoke", "--training-set", "skimage", "--device", "cpu", "--out", tmp_path)
    assert lib("train", "vdir-awgn", "--steps", 1, *common) == 0
    network = ("--network", "vdir-denoise", *RESTORE[2:], "--checkpoints", tmp_path)
    restored = []
    for i, how in enumerate(((), ("--knob", "strength=-5"), ("--samples", 2), ("--ensemble",))):
        out = tmp_path / f"{i}.png"
        assert lib("restore", picture, "-o", out, *network, *how) == 0
        restored.append(read(out).pixels)
    assert "strength -5.00" in capsys.readouterr().out
    assert all(pixels.shape == (20, 31, 3) for pixels in restored)
    assert (restored[0] != restored[2]).any() and (restored[0] != restored[3]).any()
    without = ("--checkpoints", trained, "--samples", 2)
    assert lib("restore", picture, "-o", tmp_path / "5.png", *RESTORE, *without) == 1
    assert "adafm-denoise has no latent" in capsys.readouterr().err


def test_restore_fails_where_a_picture_fails(trained, picture, capsys):
    (picture.with_name("bad.png")).write_text("no image")
    out = picture.with_name("out")
    assert lib("restore", picture.parent, "-o", out, *RESTORE, "--checkpoints", trained) == 1
    assert (out / "in.png").exists() and "bad.png" in capsys.readouterr().out


@pytest.mark.parametrize("more", [[], ["--auto", "--factor", "2"], ["--auto", "--degrade", "sigma=5"]])
def test_without_a_network_auto_stands_alone(more, picture, capsys):
    assert lib("restore", picture, "-o", picture.with_name("out.png"), *more) == 1
    assert "Name a --network, or give --auto alone" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--knob", "strength=1"], "no knob strength; its knobs: coef"),
        (["--auto"], "no fitted curve"),
        (["--tile", "32"], "A tile of 32 pixels"),
    ],
)
def test_restore_refuses_in_one_sentence(arguments, sentence, trained, picture, capsys):
    out = picture.with_name("out.png")
    assert lib("restore", picture, "-o", out, *RESTORE, "--checkpoints", trained, *arguments) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and sentence in said[0]


def test_restore_does_not_read_damaged_weights(trained, picture, capsys):
    folder = picture.parent / "damaged"
    (folder / "smoke").mkdir(parents=True)
    for name in (BASIC, STAGE):
        whole = checkpoints.path_of(name, "smoke", trained).read_bytes()
        checkpoints.path_of(name, "smoke", folder).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    out = picture.with_name("out.png")
    assert lib("restore", picture, "-o", out, *RESTORE, "--checkpoints", folder) == 1
    assert "do not match the hash" in capsys.readouterr().err


def test_measuring_on_a_cluster_is_a_task_for_every_item(monkeypatch):
    from lib.papers import papers
    from lib.runs import graph

    given = []
    monkeypatch.setattr(graph, "carry_out", lambda steps, lines, cluster: given.extend(steps) or [])
    assert lib("measure", "qgcn", "--scale", "paper", "--fresh", "--cluster", "tcp://host:8786") == 0
    assert [step.name for step in given] == list(papers.find("qgcn").measured)
    words = given[0].work.command[1:]
    assert words == ("-m", "lib", "measure", "qgcn", "--scale=paper", "--device=auto", "--fresh", "--items",
                     given[0].name)  # fmt: skip
    assert not any(step.needs or step.after for step in given)
    monkeypatch.setattr(graph, "carry_out", lambda steps, lines, cluster: [steps[0].name])
    assert lib("measure", "qgcn", "--items", "qgcn-table1", "--cluster", "tcp://host:8786") == 1


def test_a_cluster_trains_first_what_the_longest_chain_hangs_on(monkeypatch, tmp_path):
    """Here one at a time in the order given."""
    from lib.runs import graph, loads

    names = ["adafm-denoise-basic-s15", "cunet", "cugan"]
    long = {"adafm-denoise-basic-s15": 5.0, "cunet": 1.0, "cugan": 6.0}
    monkeypatch.setattr(loads, "of_runs", lambda scale: long)
    given = []
    monkeypatch.setattr(
        graph, "carry_out", lambda steps, lines, jobs, cluster: given.append([s.name for s in steps])
    )
    for where in (["--cluster", "tcp://host:8786"], []):
        lib("train", *names, "--out", tmp_path, *where)
    assert given == [["cunet", "cugan", "adafm-denoise-basic-s15"], names]


def test_measure_keeps_what_was_measured_before_something_was_missing(monkeypatch, capsys):
    """The rows are kept although a later item finds no network."""
    from lib.papers import measuring, papers

    class Shelf:
        rows_path = "rows"
        kept: tuple = ()

        def __init__(self, paper):
            assert paper == "adafm"

        def write(self, measured):
            Shelf.kept += tuple(measured)

    def table1(report):
        assert (report.scale, report.record) == ("compact", True)
        report.measured.append(("adafm-table1", "a measurement"))
        raise FileNotFoundError("No checkpoint x.")

    monkeypatch.setattr(measuring, "Store", Shelf)
    paper = replace(papers.find("adafm"), items={"adafm-table1": table1})
    monkeypatch.setattr(papers, "PAPERS", (paper,))
    assert lib("measure", "--device", "cpu") == 1
    assert Shelf.kept == (("adafm-table1", "a measurement"),)
    assert "No checkpoint x." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("network", "levels", "knobs"),
    [
        ("adafm-denoise", {"sigma": 42.0}, {"coef": 0.35}),
        ("vdir-denoise", {"sigma": 20.0}, {}),
        ("adafm-dejpeg", {"quality": 20.0}, {"coef": 0.7}),
        ("cugan", {"radius": 1.5, "sigma": 12.0}, {"blur": 0.4, "texture": 0.5}),
        ("vdir-sr x2", {"blur": 1.2}, {}),
        ("adafm-sr x4 to x5", {"factor": 4.0}, {"coef": 0.3}),  # where x3 to x4 ends
    ],
)
def test_the_command_under_a_slider_repeats_its_download(network, levels, knobs, tmp_path, monkeypatch):
    """Of a simulated degradation, noise that is not rounded included."""
    samples = load_images("skimage", 1)
    loaded = public.load(network, "compact")
    state = SliderState([loaded], samples, device="cpu")
    for name, value in levels.items():
        state.set_level(value, name)
    state.set_knobs(knobs)
    state.set_seed(7)
    _, downloaded = state.download()
    monkeypatch.chdir(tmp_path)
    words = shlex.split(state.command(), comments=True)
    assert lib(*words[3:], "--device=cpu") == 0
    np.testing.assert_array_equal(read("restored.png").pixels, read(downloaded).pixels)
    with Image.open(io.BytesIO(downloaded)) as picture:
        assert picture.text["Comment"] == state.command()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--network=adafm-denoise", "--degrade=sigma=-5"), "sigma = -5 lies outside 0 to 100."),
        (
            ("--network=adafm-sr", "--factor=3.5", "--degrade=factor=3.2"),
            "--factor 3.5 and --degrade factor=3.2 contradict each other.",
        ),
    ],
)
def test_levels_that_cannot_be(options, sentence, tmp_path, capsys):
    assert lib("restore", "astronaut", "-o", tmp_path / "a.png", *options) == 1
    assert sentence in capsys.readouterr().err


def test_what_is_told_the_levels_is_told_those_of_the_command(tmp_path):
    options = (
        "restore",
        "astronaut",
        "--network=cugan",
        "--device=cpu",
        "--degrade=radius=1",
        "--degrade=sigma=20",
    )
    assert lib(*options, "-o", tmp_path / "a.png") == 0
    assert lib(*options, "-o", tmp_path / "b.png", "--knob=blur=0.25", "--knob=noise=0.4") == 0
    np.testing.assert_array_equal(read(tmp_path / "a.png").pixels, read(tmp_path / "b.png").pixels)


def test_smoke_numbers_are_not_measured(capsys):
    assert lib("reproduce", "03_cugan", "--scale=smoke", "--measure") == 1
    assert "Smoke numbers are not kept" in capsys.readouterr().err


def test_a_level_that_a_network_does_not_have(tmp_path, capsys):
    options = ("--network=adafm-denoise", "--degrade=quality=10")
    assert lib("restore", "astronaut", "-o", tmp_path / "a.png", *options) == 1
    assert "not degraded by quality, but by sigma." in capsys.readouterr().err
