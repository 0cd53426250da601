"""Figures 1, 2 and 4 of CUGAN: images at several knobs, and restored for another degradation."""

from lib.degradations.levels import BlurNoise
from lib.papers.cugan import sweeps
from lib.papers.cugan.subjects import (
    BETWEEN,
    GIVEN,
    IN_TWO,
    LIVE1,
    LOOKS,
    MEANT,
    METRICS,
    TURNED,
    on_live1,
    told,
    turned,
)
from lib.papers.pictures import Panel, strips
from lib.papers.report import Report
from lib.papers.scenes import Scene
from lib.papers.shown import Drawing, Parts, together
from lib.papers.tables import Axis, Line, Shape, Table
from lib.recipes.cugan import TEXTURE

TEASER = BlurNoise(2, 30)
METRICS_ACROSS = Shape((Axis.SETTING, Axis.METHOD), (Axis.METRIC,))
BLURS, NOISES = (0.0, 0.25, 0.5, 0.75), (0.0, 0.3, 0.6, 0.9)
FIFTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
ONE, TWO, FOUR = "buildings", "lighthouse2", ("monarch", "parrots")  # images of LIVE1


def fig1(report: Report) -> Drawing:
    """The teaser: two knobs over each other's range, and from the squared error to texture."""
    scene = _scene(report, TEASER, ONE)
    grid = [
        [_turned(scene, f"blur {blur:g}, noise {noise:g}", blur, noise, 1.0) for noise in NOISES]
        for blur in BLURS
    ]
    blur, noise = told(TEASER)
    texture = [_turned(scene, f"texture {at:.2g}", blur, noise, at) for at in (0.0, 1 / 3, 2 / 3, 1.0)]
    title = f"{TEASER.name}: blur (down) by noise (across), and texture (below) ({report.scale} scale)"
    return report.save_figure("cugan-fig1", strips([scene.strip(title, [*grid, texture])]))


def fig2(report: Report) -> Parts:
    """Networks for one degradation on another, beside those that are told it."""
    item = "cugan-fig2"
    cells = {title: report.cells(item, setting, tuple(METRICS)) for title, setting in IN_TWO.items()}
    scene = _scene(report, GIVEN, TWO)
    panels = [scene.restored(title, setting.network, setting.knobs) for title, setting in IN_TWO.items()]
    title = f"{GIVEN.name}, restored for {MEANT.name} and as what it is ({report.scale} scale)"
    figure = strips([scene.strip(title, [[scene.original, *panels]])])
    lines = {m: Line(LIVE1, GIVEN.name, shown) for m, shown in METRICS.items()}
    rows = [(line, title, own[m]) for m, line in lines.items() for title, own in cells.items()]
    return together(report.save_figure(item, figure), report.table(item, rows, METRICS_ACROSS))


def fig4(report: Report) -> Parts:
    """Every knob on its way, one row each: noise, then blur, then texture; and how whole sets look where
    claims are made of it."""
    sweeps.keep_facts(report)
    parts = []
    for place, name in enumerate(FOUR):
        scene = _scene(report, TURNED, name, place)
        rows = [
            [_turned(scene, f"{knob} {at:g}", *way(at)) for at in FIFTHS] for knob, way in sweeps.WAYS.items()
        ]
        parts.append(scene.strip(f"{scene.name}, {TURNED.name} ({report.scale} scale)", rows))
    return together(report.save_figure("cugan-fig4", strips(parts)), _looks(report))


def _looks(report: Report) -> Table:
    item = "cugan-fig4"
    cells = {
        f"{knob} {at:g}": report.cells(item, turned(knob, at), tuple(LOOKS))
        for knob, places in BETWEEN.items()
        for at in places
    }
    lines = {m: Line(LIVE1, TURNED.name, title) for m, title in LOOKS.items()}
    rows = [(line, at, own[m]) for m, line in lines.items() for at, own in cells.items()]
    return report.table(item, rows, METRICS_ACROSS)


def _scene(report: Report, level: BlurNoise, name: str, place: int = 0) -> Scene:
    """The image of LIVE1, or the first of what stands in for it."""
    return Scene(report, on_live1(level), name, place=place)


def _turned(scene: Scene, title: str, *knobs: float) -> Panel:
    """At blur, noise and texture."""
    return scene.restored(title, TEXTURE, knobs)
