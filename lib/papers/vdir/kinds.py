"""Figure 8 of VDIR: kinds of noise in the latent of the network for real noise, and real photographs."""

from contextlib import suppress
from dataclasses import replace

import pandas as pd
import torch
from matplotlib.figure import Figure
from torch import Tensor

from lib.data import sets
from lib.data.images import Picture, to_pixels, to_tensor
from lib.degradations import to_8bit
from lib.evaluation.measure import Padded, samples
from lib.metrics.estimates import estimate_noise
from lib.models.vdir import VDIR
from lib.papers import facts
from lib.papers.judging import Evidence, NotMeasured
from lib.papers.pictures import Panel, Strip, absent, busiest_crop, strips
from lib.papers.report import Report
from lib.papers.scenes import CROP, Scene
from lib.papers.scores import Scores, with_interval
from lib.papers.shown import Parts, together
from lib.papers.vdir.clouds import COLOURS, NEIGHBOURS, Cloud, cloud, cut, guesses, on_record, unnumbered
from lib.papers.vdir.maps import DEAD, before_training, deviation, latent, untrained
from lib.papers.vdir.subjects import PIXELS, POSTERIOR, START, TRAINED, at_rest, camera, noisy
from lib.recipes.vdir import AWGN, REAL, REAL_NAIVE

PHOTOGRAPHS = "rni15"
SHOWN = ("Dog", "Frog", "Window")  # of RNI15
SETS = (PHOTOGRAPHS, "cbsd68")
KINDS = ("photographs (RNI15)", "camera noise (CBSD68)", "Gaussian noise (CBSD68)")
PER_PICTURE = 10  # patches
GAUSSIAN = 25.0  # grey levels
EXAMPLE = 2  # image of CBSD68
RESTORED = {"VDIR": REAL, "the restorer alone": REAL_NAIVE, "VDIR for Gaussian noise": AWGN}


def fig8(report: Report) -> Parts:
    """Return the embedding of three kinds of noise, images restored, and how well the kinds are told apart.

    The paper has SIDD, DND and synthetic noise; here photographs, synthetic camera noise and Gaussian noise.
    """
    net = report.network(REAL)
    complete = all(sets.locate(name) for name in SETS)
    kinds = _kinds() if complete else {}
    found = _embedded(net, kinds) if net and kinds else None
    right = guesses(found) if found else {}
    start = guesses(_embedded(before_training(REAL, report.scale), kinds)) if found else {}
    if found and report.record:
        others = {POSTERIOR: _by_posterior(net, kinds, found), PIXELS: _by_pixels(kinds, found)}
        told = {TRAINED: right, START: start} | {by: guesses(of) for by, of in others.items()}
        report.keep_facts("vdir-fig8", facts.by_image(told))
    if not found:
        right, start = (_stored(report, by) for by in (TRAINED, START))
    row = {
        "kind read off the latent by": f"{NEIGHBOURS} nearest neighbours",
        "right": with_interval(right) if right else "-",
        START: with_interval(start) if start else "-",
        "chance": f"{1 / len(KINDS):.2f}",
    }
    frame = pd.DataFrame([row]).set_index("kind read off the latent by")
    report.save_table("vdir-fig8", frame)
    places = on_record(report, "vdir-fig8", found, complete)
    figure = untrained(report) if places is None else _kind_figure(places)
    restored = strips([*_photographs(report), _camera_strip(report)])
    shown = report.save_figure("vdir-fig8", figure)
    return together(shown, report.save_figure("vdir-fig8-pictures", restored), frame)


def _stored(report: Report, by: str) -> Scores:
    """The share of patches, image by image, that is on record for one network; none where none is."""
    with suppress(NotMeasured):
        return Evidence("vdir", report.scale, report.store.rows_path.parent).facts_by_image("vdir-fig8", by)
    return {}


def _kinds() -> dict[str, list[Tensor]]:
    """Patches of as many images of each kind, and of no image twice."""
    generator = torch.Generator().manual_seed(0)
    photographs = [to_tensor(sample.pixels) for sample in samples(PHOTOGRAPHS)]
    n = len(photographs)
    camera_noise = [x for _, _, x in camera().inputs(n)]
    gaussian = [to_8bit(x) for _, _, x in noisy(GAUSSIAN).inputs(2 * n)][n:]
    kinds = zip(KINDS, (photographs, camera_noise, gaussian), strict=True)
    return {kind: [cut(x, PER_PICTURE, generator) for x in own] for kind, own in kinds}


def _embedded(net: VDIR, kinds: dict[str, list[Tensor]]) -> Cloud:
    """All patches, each with the number of its kind."""
    patches = [x for own in kinds.values() for x in own]
    numbers = [[i] * len(x) for i, own in enumerate(kinds.values()) for x in own]
    return cloud(net, patches, numbers)


def _by_posterior(net: VDIR, kinds: dict[str, list[Tensor]], found: Cloud) -> Cloud:
    """The same cloud, each number in deviations of its own distribution: what says nothing stays small."""
    patches = [x for own in kinds.values() for x in own]
    codes = torch.cat([latent(net, x).mean((2, 3)) for x in patches])
    spread = torch.cat([deviation(net, x) for x in patches]).mean(0).clamp(min=DEAD)
    return replace(found, codes=(codes / spread).numpy())


def _by_pixels(kinds: dict[str, list[Tensor]], found: Cloud) -> Cloud:
    """The patches themselves."""
    pixels = [x.flatten(1) for own in kinds.values() for x in own]
    return replace(found, codes=torch.cat(pixels).numpy())


def _kind_figure(places: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    by_colour, by_kind = figure.subplots(1, 2)
    by_colour.scatter(places["x"], places["y"], c=places[[*COLOURS]].to_numpy(), s=10)
    by_colour.set_title("(a) mean colour of the noisy patch", fontsize=10)
    for number, kind in enumerate(KINDS):
        own = places[places["value"] == number]
        by_kind.scatter(own["x"], own["y"], s=10, label=kind)
    by_kind.set_title("(b) kind of noise", fontsize=10)
    by_kind.legend(fontsize=8)
    unnumbered((by_colour, by_kind))
    return figure


def _photographs(report: Report) -> list[Strip]:
    """Photographs of RNI15; there is no truth, so the noise that is left stands under each."""
    if sets.locate(PHOTOGRAPHS) is None:
        return []
    pictures = {sample.name: to_tensor(sample.pixels) for sample in samples(PHOTOGRAPHS)}
    return [_photograph(report, name, pictures[name]) for name in SHOWN]


def _photograph(report: Report, name: str, x: Tensor) -> Strip:
    noisy_one = _measured("as it is", x)
    panels = [noisy_one, *(_cleaned(report, title, run, x) for title, run in RESTORED.items())]
    title = f"{name}, a photograph of RNI15 ({report.scale} scale)"
    return Strip(title, noisy_one, [panels], busiest_crop(x, CROP))


def _cleaned(report: Report, title: str, run: str, x: Tensor) -> Panel:
    net = report.network(run)
    if net is None:
        return absent(title)
    plain = Padded(net.fold(torch.tensor(at_rest(run))), net.multiple).eval()
    with torch.inference_mode():
        return _measured(title, to_8bit(plain(x)))


def _measured(title: str, x: Tensor) -> Panel:
    return Panel(x, title, f"noise {estimate_noise(Picture(to_pixels(x))):.1f} grey levels")


def _camera_strip(report: Report) -> Strip:
    scene = Scene(report, camera(), EXAMPLE)
    panels = [scene.restored(title, run, at_rest(run)) for title, run in RESTORED.items()]
    return scene.strip(f"Synthetic camera noise ({report.scale} scale)", [[scene.original, *panels]])
