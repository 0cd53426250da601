"""For what share of its full schedule a network of the papers' own size was trained, and on which images."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lib.base import paths
from lib.base.rows import read
from lib.papers.variants import VARIANTS
from lib.recipes import budgets, find
from lib.recipes.common import Author
from lib.training import checkpoints
from lib.training.networks import PUBLISHED, WEIGHTLESS, runs_of

ENOUGH = 0.1  # [O] of a schedule, before a number in decibels is set beside other people's networks
SETS = {"bsds500-traintest": "BSDS500 train + test"}


@dataclass(frozen=True)
class Share:
    """How much a run was trained. part: of the training pixels of its full schedule; by: whose that is."""

    part: float
    by: Author
    training_set: str


def trained_here(network: str) -> tuple[str, ...]:
    """Return the training runs of this project behind a network; none of other people's."""
    return () if network in WEIGHTLESS or network in PUBLISHED else runs_of(network, VARIANTS)


def shares(networks: Iterable[str], folder: Path = paths.CHECKPOINTS) -> list[Share]:
    """Return the share of every run behind these networks that is trained at paper scale."""
    runs = dict.fromkeys(run for network in networks for run in trained_here(network))
    return [share for run in runs if (share := _share(run, folder))]


def told(found: Sequence[Share]) -> str:
    """Return shares in words; nothing where there is none."""
    if not found:
        return ""
    schedules = []
    for author in dict.fromkeys(share.by for share in found):
        parts = [100 * share.part for share in found if share.by == author]
        low, high = (f"{end:.0f}" if end >= 10 else f"{end:.2g}" for end in (min(parts), max(parts)))
        schedules.append(f"{low if low == high else f'{low} to {high}'} % of {author} schedule")
    sets = dict.fromkeys(SETS.get(share.training_set, share.training_set) for share in found)
    return f"{' and '.join(schedules)} in training pixels, on {' and '.join(sets)}"


def _share(run: str, folder: Path) -> Share | None:
    seen = _pixels(run, folder)
    if not seen:
        return None
    full = find(run, "paper")
    if run in budgets.SECONDS and not full.parent and (start := budgets.find(run).parent):
        seen += _pixels(start, folder)  # one training of the full schedule, two within the budget
    noted = checkpoints.noted(checkpoints.path_of(run, "paper", folder))
    return Share(seen / full.pixels, full.scheduled_by, noted.get("training_set", full.training_set))


def _pixels(run: str, folder: Path) -> int:
    """Return the training pixels of a run, by its curve or, where that says none, its checkpoint."""
    path = checkpoints.path_of(run, "paper", folder)
    curve = read(path.with_suffix(".csv"))
    if curve and "pixels" in curve[-1]:
        return int(curve[-1]["pixels"])
    noted = checkpoints.noted(path)
    return noted["patches"] * json.loads(noted["recipe_fields"])["patch"] ** 2 if noted else 0
