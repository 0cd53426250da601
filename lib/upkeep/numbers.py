"""docs/numbers.md, its parts that come from results: AdaFM's distances, published weights, all methods."""

from pathlib import Path

from lib.base import paths
from lib.base.rows import Rows, read
from lib.evaluation.measure import knob_text
from lib.papers.adafm.subjects import DENOISING, JPEG, SR, Subject
from lib.papers.adafm.tables import FACTORS, there_and_back
from lib.papers.compare.subjects import CONTESTS, Contest, Rival
from lib.papers.variants import AT_AUTO
from lib.training.networks import INPUT, scale_of
from lib.upkeep.rendered import filled, table

PAGE = paths.ROOT / "docs" / "numbers.md"
SCALES = {"paper": "paper scale", "compact": "compact"}
RANGES = (
    ("adafm-table5", DENOISING, there_and_back(DENOISING)),
    ("adafm-table5", JPEG, there_and_back(JPEG)),
    ("adafm-table4", SR, FACTORS),
)
TABLES = {item for item, _, _ in RANGES}


def update(path: Path = PAGE) -> None:
    """Writes the page anew with every part rendered."""
    path.write_text(render(path.read_text(encoding="utf-8")), encoding="utf-8")


def render(text: str, measured: Path = paths.MEASURED, printed: Path = paths.PRINTED) -> str:
    """The page's text with every part rendered; raises ValueError where a pair of marks is missing."""
    rows = read(measured / "adafm.csv")
    parts = {
        "distances": f"{distances(rows, read(printed / 'adafm.csv'))}\n\n{budgets(rows)}".rstrip(),
        "yardsticks": yardsticks(read(measured / "published.csv"), read(printed / "published.csv")),
        "comparison": comparison(read(measured / "compare.csv")),
    }
    return filled(text, parts)


def distances(rows: Rows, printed: Rows) -> str:
    """Tables 4 and 5: the distance to a network trained on the level, and the PSNR of AdaFM-Net."""
    head = ["", "range", "printed", *SCALES.values()]
    lines = []
    for item, subject, pairs in RANGES:
        for i, (start, end) in enumerate(pairs):
            columns = [_printed(printed, item, subject, start, end)]
            columns += [_measured(rows, item, subject, start, end, scale) for scale in SCALES]
            title = f"{subject.title}, {subject.dataset}" if i == 0 else ""
            name = f"{subject.level(start)} → {subject.level(end)}"
            lines.append([title, name, *(_distance(*pair) for pair in columns)])
    return table(head, lines)


def budgets(rows: Rows) -> str:
    """Training steps behind these numbers; a sentence, or nothing where nothing is measured."""
    parts = []
    for scale, name in SCALES.items():
        own = [row for row in rows if row["item"] in TABLES and row["scale"] == scale]
        if own:
            basic = {int(row["steps"]) for row in own if "basic" in row["recipe"]}
            stage = {int(row["steps"]) for row in own if "basic" not in row["recipe"]}
            parts.append(f"{name}: {_range(basic)} steps a basic network, {_range(stage)} a stage")
    if not parts:
        return ""
    own = [row for row in rows if row["item"] in TABLES and row["scale"] in SCALES]
    sets = ", ".join(sorted({row["training_set"] for row in own}))
    return f"Trained on {sets} ({'; '.join(parts)}); the paper on DIV2K."


def _range(numbers: set[int]) -> str:
    ends = dict.fromkeys((min(numbers), max(numbers))) if numbers else ()
    return " to ".join(f"{number:,}" for number in ends) or "no"


def yardsticks(rows: Rows, printed: Rows) -> str:
    """Published networks through the same protocols; nothing where they are not measured."""
    lines = [[*setting, *(f"{v:.2f}" for v in both)] for *setting, both in published(rows, printed)]
    return table(["network", "set", "level", "printed", "measured"], lines) if lines else ""


def published(rows: Rows, printed: Rows) -> list[tuple[str, str, str, tuple[float, float]]]:
    """Network, set and level of each published PSNR that is measured, with it and with ours."""
    stored = {(row["recipe"], row["dataset"], row["level"]): float(row["value"]) for row in rows}
    settings = ((row["method"], row["dataset"], row["setting"], float(row["value"])) for row in printed)
    return [(*of, (value, stored[*of])) for *of, value in settings if tuple(of) in stored]


def comparison(rows: Rows) -> str:
    """A table for each contest: every network at the best position of its knob, in brackets at Auto."""
    return "\n\n".join(_contest(rows, contest) for contest in CONTESTS)


def _contest(rows: Rows, contest: Contest) -> str:
    protocol = contest.on(contest.levels[0])
    stored = {
        (row["recipe"], row["knobs"], row["level"]): float(row["value"])
        for row in rows
        if (row["item"], row["dataset"], row["metric"]) == (contest.item, protocol.dataset, "psnr")
        and row["scale"] == scale_of(row["recipe"], "compact")
    }
    lines = []
    for level in contest.levels:
        name = contest.on(level).level.name
        inputs = stored.get((INPUT, "", name))
        scores = [_at_best(stored, contest, rival, level) for rival in contest.rivals]
        lines.append([name, "-" if inputs is None else f"{inputs:.2f}", *scores])
    head = [protocol.dataset, "degraded", *(f"{rival.title} ({rival.knob})" for rival in contest.rivals)]
    return table(head, lines)


def _at_best(stored: dict[tuple[str, str, str], float], contest: Contest, rival: Rival, level: float) -> str:
    """A dash until every position is measured."""
    name = contest.on(level).level.name
    keys = [(rival.network, knob_text(rival.knobs(level, p)), name) for p in rival.own(level)]
    if not all(key in stored for key in keys):
        return "-"
    auto = stored.get((f"{rival.network}{AT_AUTO}", "", name))
    return f"{max(stored[key] for key in keys):.2f}" + ("" if auto is None else f" ({auto:.2f})")


Pair = tuple[float | None, float | None]  # dB of the network trained on the level, and of AdaFM-Net


def _printed(rows: Rows, item: str, subject: Subject, start: int, end: int) -> Pair:
    setting = subject.range(start, end)
    found = {
        row["method"]: float(row["value"])
        for row in rows
        if (row["item"], row["setting"], row["dataset"].lower()) == (item, setting, subject.dataset)
    }
    return found.get("baseline"), found.get("AdaFM-Net")


def _measured(rows: Rows, item: str, subject: Subject, start: int, end: int, scale: str) -> Pair:
    wanted = (item, subject.level(end), scale, subject.dataset)
    found = {
        row["recipe"]: float(row["value"])
        for row in rows
        if (row["item"], row["level"], row["scale"], row["dataset"]) == wanted
    }
    return found.get(subject.basic(end)), found.get(subject.stage(start, end))


def _distance(dedicated: float | None, adapted: float | None) -> str:
    if adapted is None:
        return "-"
    return f"- ({adapted:.2f})" if dedicated is None else f"{dedicated - adapted:.2f} ({adapted:.2f})"
