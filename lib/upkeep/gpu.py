"""docs/gpu.md, its parts that come from results: the work of every run at paper scale, what a GPU hour buys,
what to train first, how a cluster does all of it."""

import csv
from pathlib import Path

from lib import recipes
from lib.app import public
from lib.base import atomic, paths
from lib.base.rows import read
from lib.papers.papers import PAPERS
from lib.recipes import Recipe
from lib.runs import loads
from lib.training import networks, work
from lib.upkeep import schedule
from lib.upkeep.rendered import filled, table

PAGE = paths.ROOT / "docs" / "gpu.md"
ASSUMED = 100.0  # TFLOP/s of an H200 in training: a tenth of the 989 stated for dense bf16; not measured here
BUDGETS = {"15 minutes": 0.25, "1 hour": 1.0, "12 hours": 12.0, "100 hours": 100.0}
LEAST = 0.1  # of its printed schedule: a run with less says little of the paper
HEADLINES = ("adafm-denoise-basic-s15", "vdir-awgn", "qgcn-full", "cunet", "cugan", "cfsnet-denoise-main-s25")


def record(path: Path = loads.WORK) -> None:
    """Counts a step of every run at paper scale that weighs otherwise than those in the table already, and
    writes the table anew; tells of each count."""
    each = {row["kind"]: row["tflop_per_image"] for row in read(path)}
    rows = []
    for recipe in recipes.queue("paper"):
        kind = work.kind(recipe)
        if kind not in each:
            each[kind] = f"{work.step_operations(recipe) / recipe.batch / 1e12:.6g}"
            print(f"{recipe.name}: {each[kind]} TFLOP for each image of a step", flush=True)
        rows.append(
            {
                "run": recipe.name,
                "steps": recipe.steps,
                "batch": recipe.batch,
                "tflop_per_image": each[kind],
                "kind": kind,
            }
        )
    with atomic.written(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def update(path: Path = PAGE) -> None:
    """Writes the page anew with every part rendered."""
    path.write_text(render(path.read_text(encoding="utf-8")), encoding="utf-8")


def render(text: str, measured: Path = paths.MEASURED) -> str:
    """The page's text with every part rendered; raises ValueError where a pair of marks is missing."""
    parts = {
        "rate": f"An H200 is taken to do {ASSUMED:g} TFLOP/s in training, a tenth of the 989 that its maker "
        "states for dense bf16. No such GPU has been measured here: times below are as good as that number.",
        "hour": hour(),
        "budgets": budgets(),
        "papers": papers(),
        "schedule": schedule.rendered(read(measured / schedule.TABLE.name)),
    }
    return filled(text, parts)


def hours(tflop: float) -> float:
    """On one GPU at the assumed rate."""
    return tflop / ASSUMED / 3600


def minutes() -> dict[str, float]:
    """Minutes of every run on one GPU, by its printed schedule."""
    return {name: 60 * hours(tflop) for name, tflop in loads.work().items()}


def hour() -> str:
    """What one hour buys of the headline runs."""
    tflop = loads.work()
    lines = []
    for name in HEADLINES:
        recipe = recipes.find(name, "paper")
        step = tflop[name] / recipe.steps
        bought = 3600 * ASSUMED / step
        cells = [f"{step:.2f}", f"{recipe.steps:,}", f"{hours(tflop[name]):.1f}", f"{bought:,.0f}"]
        lines.append([name, *cells, f"{bought / recipe.steps:.0%}"])
    head = ["run", "TFLOP a step", "steps printed", "hours for them", "steps in an hour", "of the schedule"]
    return table(head, lines)


def papers() -> str:
    """All runs of the five papers at their printed schedules, those of further seeds apart."""
    tflop, lines = loads.work(), []
    for paper in PAPERS:
        runs = recipes.of_paper(paper.key, "paper")
        cells = []
        for some in ([r for r in runs if not r.seed], [r for r in runs if r.seed]):
            total = sum(tflop[r.name] for r in some)
            cells += [str(len(some)), f"{total / 1e6:.2f}", f"{hours(total):.0f}"]
        lines.append([paper.title, *cells])
    sums = [sum(float(line[i]) for line in lines) for i in range(1, 7)]
    lines.append(["all", *(f"{s:.2f}" if i % 3 == 1 else f"{s:.0f}" for i, s in enumerate(sums))])
    head = ["paper", "runs", "EFLOP", "GPU hours", "runs of further seeds", "EFLOP", "GPU hours"]
    return table(head, lines)


def budgets() -> str:
    """How far one GPU comes in a time: which runs, and how much of their printed schedules."""
    tflop, lines = loads.work(), []
    for title, limit in BUDGETS.items():
        runs = within(limit)
        share = min(1.0, limit / hours(sum(tflop[run.name] for run in runs)))
        counts = (sum(run in recipes.of_paper(p.key, "paper") for run in runs) for p in PAPERS)
        whose = ", ".join(
            f"{p.title.partition(' (')[0]} {n}" for p, n in zip(PAPERS, counts, strict=True) if n
        )
        lines.append([title, str(len(runs)), whose, f"{share:.0%}", runs[-1].name])
    return table(["time", "runs", "of", "share of their schedules", "the last of them"], lines)


def within(limit: float) -> list[Recipe]:
    """As many runs in the order of `wanted` as get LEAST of their printed schedules in so many hours."""
    tflop, taken, total = loads.work(), [], 0.0
    for recipe in wanted():
        total += tflop[recipe.name]
        if taken and hours(total) * LEAST > limit:
            break
        taken.append(recipe)
    return taken


def wanted() -> list[Recipe]:
    """Every run at paper scale: those behind the names of the app first, then the rest of the queue, further
    seeds last; each after what it needs."""
    shown = [run for network in public.NETWORKS for run in networks.runs_of(network.run)]
    queue = recipes.queue("paper")
    rest = sorted(queue, key=lambda recipe: recipe.seed)
    return recipes.with_needs([*(recipes.find(name, "paper") for name in shown), *rest])
