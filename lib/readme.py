"""The parts of README.md that come from results: between <!-- NAME --> and <!-- /NAME -->, rendered
from printed numbers, stored rows and verdicts, so that no number is typed."""

import csv
import re
from collections import Counter
from pathlib import Path

from lib import claims, paths

README = paths.ROOT / "README.md"
SCALES = {"paper": "paper scale", "compact": "compact"}
RANGES = ((15, 25), (15, 35), (15, 50), (15, 75), (75, 15))
Rows = list[dict[str, str]]


def update(path: Path = README) -> None:
    """Writes the file anew with every part rendered."""
    path.write_text(render(path.read_text(encoding="utf-8")), encoding="utf-8")


def render(text: str, measured: Path = paths.MEASURED, printed: Path = paths.PRINTED) -> str:
    """The README's text with every part rendered; raises ValueError where a pair of marks is missing."""
    verdicts = _read(measured / "adafm-verdicts.csv")
    rows = _read(measured / "adafm.csv")
    parts = {
        "times": times(_read(measured / "times.csv")),
        "scoreboard": scoreboard(verdicts, rows, measured, printed),
        "differs": differs(verdicts),
    }
    for name, part in parts.items():
        start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        pattern = re.compile(f"{start}.*?{end}", re.DOTALL)
        if len(pattern.findall(text)) != 1:
            raise ValueError(f"The README needs {start} and {end} once.")
        text = pattern.sub(lambda _, block=f"{start}\n{part}\n{end}": block, text)
    return text


def scoreboard(verdicts: Rows, rows: Rows, measured: Path, printed: Path) -> str:
    """Claims, table 5 and yardsticks, one below the other."""
    blocks = (
        overview(verdicts),
        table5(rows, _read(printed / "adafm.csv")),
        budgets(rows),
        yardsticks(_read(measured / "published.csv"), _read(printed / "published.csv")),
    )
    return "\n\n".join(filter(None, blocks))


def times(rows: Rows) -> str:
    """Commands with their times; nothing where none was taken."""
    if not rows:
        return ""
    lines = [[row["command"], _duration(float(row["seconds"])), row["hardware"]] for row in rows]
    return _table(["command", "time", "hardware"], lines)


def overview(verdicts: Rows) -> str:
    """One line per paper: what is reproduced, and how many of its claims hold."""
    items = len({claim.item for claim in claims.ADAFM.values()})
    line = ["AdaFM (CVPR 2019), denoising", "`01_adafm`", str(items)]
    line += [_counts(verdicts, scale) for scale in SCALES]
    return _table(
        ["paper", "notebook", "items", *(f"claims at {scale}" for scale in SCALES.values())], [line]
    )


def _counts(verdicts: Rows, scale: str) -> str:
    found = Counter(row["verdict"] for row in verdicts if row["scale"] == scale)
    untested = len(claims.ADAFM) - found["holds"] - found["differs"]
    return f"holds: {found['holds']}, differs: {found['differs']}, not tested: {untested}"


def table5(rows: Rows, printed: Rows) -> str:
    """The denoising rows of table 5: a network trained on the level, AdaFM-Net, the distance."""
    head = ["CBSD68, noise level", "", "printed", *SCALES.values()]
    lines = []
    for start, end in RANGES:
        name = f"sigma{start}->sigma{end}"
        methods = {
            "trained on it": ("baseline", f"adafm-denoise-basic-s{end}"),
            "AdaFM-Net": ("AdaFM-Net", f"adafm-denoise-s{start}-s{end}-k1"),
        }
        columns = [
            [_printed(printed, name, method) for method, _ in methods.values()],
            *([_value(rows, run, end, scale) for _, run in methods.values()] for scale in SCALES),
        ]
        for column in columns:
            column.append(None if None in column else column[0] - column[1])
        for i, quantity in enumerate((*methods, "distance")):
            level = f"{start} → {end}" if i == 0 else ""
            lines.append([level, quantity, *(_decibels(column[i]) for column in columns)])
    caption = (
        "Table 5 of AdaFM: mean PSNR in dB, and how far AdaFM-Net is from a network trained on the level."
    )
    return f"{caption}\n\n{_table(head, lines)}"


def budgets(rows: Rows) -> str:
    """Training steps behind these numbers; a sentence, or nothing where nothing is measured."""
    parts = []
    for scale, name in SCALES.items():
        own = [row for row in rows if row["item"] == "adafm-table5" and row["scale"] == scale]
        if own:
            basic = {int(row["steps"]) for row in own if "basic" in row["recipe"]}
            stage = {int(row["steps"]) for row in own if "basic" not in row["recipe"]}
            parts.append(f"{name}: {_range(basic)} steps a basic network, {_range(stage)} a stage")
    if not parts:
        return ""
    sets = ", ".join(sorted({row["training_set"] for row in rows if row["item"] == "adafm-table5"}))
    return f"Trained on {sets} ({'; '.join(parts)}); the paper on DIV2K."


def _range(numbers: set[int]) -> str:
    ends = dict.fromkeys((min(numbers), max(numbers))) if numbers else ()
    return " to ".join(f"{number:,}" for number in ends) or "no"


def yardsticks(rows: Rows, printed: Rows) -> str:
    """Published networks through the same protocols; nothing where they are not measured."""
    stored = {(row["recipe"], row["dataset"], row["level"]): row["value"] for row in rows}
    lines = []
    for row in printed:
        setting = (row["method"], row["dataset"], row["setting"])
        if setting in stored:
            lines.append([*setting, f"{float(row['value']):.2f}", f"{float(stored[setting]):.2f}"])
    if not lines:
        return ""
    caption = "Published weights through the same code, PSNR in dB:"
    return f"{caption}\n\n{_table(['network', 'set', 'level', 'printed', 'measured'], lines)}"


def differs(verdicts: Rows) -> str:
    """The claims that did not hold, with what the paper says and what was measured."""
    lines = [
        f"- *{row['claim']}* ({row['item']}, {SCALES[row['scale']]}). {row['paper']} "
        f"Measured: {row['measured']}."
        for row in verdicts
        if row["verdict"] == "differs"
    ]
    return "\n".join(lines) or "No claim that was tested differs."


def _printed(rows: Rows, setting: str, method: str) -> float | None:
    wanted = ("adafm-table5", "denoise", setting, method)
    values = [r["value"] for r in rows if (r["item"], r["task"], r["setting"], r["method"]) == wanted]
    return float(values[0]) if values else None


def _value(rows: Rows, run: str, sigma: int, scale: str) -> float | None:
    columns = ("item", "recipe", "level", "scale", "dataset")
    wanted = ("adafm-table5", run, f"sigma{sigma}", scale, "cbsd68")
    values = [row["value"] for row in rows if tuple(row[c] for c in columns) == wanted]
    return float(values[0]) if values else None


def _decibels(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _read(path: Path) -> Rows:
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
