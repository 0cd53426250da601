"""What `restore --auto` does to an image whose damage nobody told it: the right network, and how near to the
best of all networks and knobs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from torch import Tensor

from lib.app import public, tasks
from lib.app.recommend import recommended
from lib.app.tasks import Loaded, automatic
from lib.data.images import Picture, to_pixels, to_tensor
from lib.data.sets import load_images, locate
from lib.degradations import to_8bit
from lib.evaluation.inference import Restorer, restore_colours
from lib.metrics.fidelity import psnr
from lib.papers import facts
from lib.papers.report import Report

ITEM = "compare-unaided"
SET, READ, RESTORED = "bsds500-val", 50, 8  # images whose damage is read, and of them those restored
TURNS = 6  # positions of a knob that is turned, among which the best is looked for


@dataclass(frozen=True)
class Damage:
    """network: what is wanted, "" of a clean image. rivals: public networks among which is the best."""

    title: str
    network: str
    rivals: tuple[str, ...]
    degrade: Callable[[Tensor, int], Tensor]


def _noise(sigma: float) -> Damage:
    rivals = ("adafm-denoise", "cfsnet-denoise", "vdir-denoise", "cugan")
    return Damage(f"noise {sigma}", rivals[0], rivals, lambda x, seed: tasks.add_noise(x, sigma, seed))


def _jpeg(quality: int) -> Damage:
    rivals = ("vdir-jpeg-color", "vdir-jpeg", "adafm-dejpeg", "cfsnet-deblock", "qgcn")
    return Damage(f"JPEG {quality}", rivals[0], rivals, lambda x, seed: tasks.compress(x, quality, seed))


def _blur(radius: float, sigma: float) -> Damage:
    title = f"blur {radius:g}" + (f", noise {sigma:g}" if sigma else "")
    return Damage(
        title, "cugan", ("cugan",), lambda x, seed: tasks.blur_and_add_noise(x, radius, sigma, seed)
    )


DAMAGES = (
    Damage("none", "", (), lambda x, seed: x),
    *map(_noise, (10, 15, 25, 50)),
    *map(_jpeg, (10, 30, 60, 80)),
    *(_blur(*levels) for levels in ((1, 0), (2, 0), (4, 0), (1, 15), (2, 30))),
)


def unaided(report: Report) -> pd.DataFrame:
    """Return for each damage how often the right network was taken, mean PSNR in dB of the image, of what was
    made of it and of the best network and knob, and the least that an image gained."""
    if report.record and locate(SET):
        report.keep_facts(ITEM, measured(report))
    kept = facts.load("compare", report.store.rows_path.parent)
    names = ("right network, %", "degraded", "restored", "best", "least gain")
    rows = {
        damage.title: {name: kept.get((ITEM, report.scale, f"{damage.title}: {name}")) for name in names}
        for damage in DAMAGES
    }
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("damage")
    frame = frame.map(lambda value: "-" if value is None or np.isnan(value) else f"{value:.2f}")
    report.save_table(ITEM, frame)
    return frame


def measured(report: Report) -> dict[str, float]:
    """Return the same numbers by damage and name."""
    images = load_images(SET, READ)
    networks = {name: public.load(name, report.scale) for d in DAMAGES for name in d.rivals}
    restorers = {name: Restorer(found.net, device=report.device) for name, found in networks.items()}
    found = {}
    for damage in DAMAGES:
        degraded = [to_8bit(damage.degrade(to_tensor(s.pixels), seed)) for seed, s in enumerate(images)]
        taken = [recommended(Picture(to_pixels(x))).network for x in degraded]
        right = 100 * np.mean([network == damage.network for network in taken])
        values = {"right network, %": right}
        if damage.rivals:
            each = [
                _restored(x, to_tensor(s.pixels), network, damage, networks, restorers)
                for x, s, network in zip(degraded[:RESTORED], images, taken, strict=False)
            ]
            before, made, best = np.array(each).T
            values |= {"degraded": before.mean(), "restored": made.mean(), "best": best.mean()}
            values["least gain"] = (made - before).min()
        found |= {f"{damage.title}: {name}": value for name, value in values.items()}
    return found


def _restored(
    x: Tensor,
    clean: Tensor,
    network: str,
    damage: Damage,
    networks: dict[str, Loaded],
    restorers: dict[str, Restorer],
) -> tuple[float, float, float]:
    """Return PSNR in dB of a degraded image, of what was made of it, and the best that any network made."""

    def score(name: str, knobs: tuple[float, ...]) -> float:
        restore = partial(restorers[name], knobs=knobs)
        return float(psnr(to_8bit(restore_colours(restore, x, networks[name].channels)), clean))

    before = float(psnr(x, clean))
    made = score(network, _at_auto(x, networks[network])) if network else before
    turned = [score(name, knobs) for name in damage.rivals for knobs in _positions(x, networks[name])]
    return before, made, max(made, *turned)


def _at_auto(x: Tensor, loaded: Loaded) -> tuple[float, ...]:
    picture, knobs = Picture(to_pixels(x)), {knob.name: knob.start for knob in loaded.net.knobs}
    for place, curve in enumerate(loaded.curves):
        knobs[curve.knob] = automatic(picture, loaded, None, place)[1]
    return tuple(knobs.values())


def _positions(x: Tensor, loaded: Loaded) -> Iterator[tuple[float, ...]]:
    """Yield knobs to try: the only one turned over its range, of several where Auto sets them; a blind
    network's as they are."""
    if loaded.name.startswith("vdir"):
        yield tuple(0.0 for _ in loaded.net.knobs)
    elif len(loaded.net.knobs) == 1:
        (knob,) = loaded.net.knobs
        yield from ((value,) for value in np.linspace(knob.low, knob.high, TURNS).tolist())
    else:
        yield _at_auto(x, loaded)
