"""What a notebook holds: it measures, shows tables and figures, and writes them to its output folder."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from lib.evaluation.measure import UNITS
from lib.papers.captions import caption
from lib.papers.measuring import Measuring
from lib.papers.shown import Drawing, Prose
from lib.papers.tables import BY_METHOD, Row, Shape, Table, long_form, paper_shaped

# between a stored row and the same measurement made again
AGREE = {"dB": 0.005, "1": 0.0005, "score": 0.005, "levels^2": 0.5, "distance": 0.0005}


@dataclass
class Report(Measuring):
    """One notebook's run."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for limit in ("display.max_rows", "display.max_colwidth"):
            pd.set_option(limit, None)  # a notebook shows its tables whole
        if self.output:
            Path(self.output).mkdir(parents=True, exist_ok=True)

    def table(self, item: str, rows: Sequence[Row], shape: Shape = BY_METHOD) -> Table:
        """Return numbers in the shape of the paper's table; their long form goes to the output folder."""
        this_run = f"this run: {self.scale}, {self.images or 'all'} images a set"
        frame = long_form(rows, this_run)
        self.save_table(item, frame)
        below = caption(self, [cell for _, _, cell in rows])
        return Table(frame, paper_shaped(rows, shape, below, this_run))

    def save_table(self, item: str, frame: pd.DataFrame) -> None:
        if self.output:
            frame.to_csv(Path(self.output) / f"{item}.csv")
            (Path(self.output) / f"{item}.md").write_text(frame.reset_index().to_markdown(index=False) + "\n")

    def save_figure(self, item: str, figure: Figure) -> Drawing:
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=150, bbox_inches="tight")
        if self.output:
            (Path(self.output) / f"{item}.png").write_bytes(buffer.getvalue())
        return Drawing(buffer.getvalue())

    def prose(self, item: str, *sentences: str) -> Prose:
        """Return sentences; they go to the output folder as Markdown."""
        found = Prose(sentences)
        if self.output:
            (Path(self.output) / f"{item}.md").write_text(f"{found}\n", encoding="utf-8")
        return found

    def agreement(self) -> str:
        """How the images measured in this run agree with the stored rows of the same measurement."""
        compared, worst = 0, dict.fromkeys(AGREE, 0.0)
        for item, m in self.measured:
            stored = self.store.find(item, self.scale, m.setting)
            if stored is None or stored.row["weights_sha"] != m.weights_sha:
                continue
            unit = UNITS[m.setting.protocol.metric]
            for name in m.scores.keys() & stored.scores.keys():
                compared += 1
                worst[unit] = max(worst[unit], abs(m.scores[name] - stored.scores[name]))
        if not compared:
            return "No stored row is the same measurement as one of this run."
        verdict = "agree" if all(worst[unit] <= AGREE[unit] for unit in AGREE) else "DISAGREE"
        of_ssim = f" and {worst['1']:.4f} of SSIM" if worst["1"] else ""
        return (
            f"{compared} values {verdict} with the stored rows: "
            f"largest difference {worst['dB']:.4f} dB{of_ssim}."
        )
