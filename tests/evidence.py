"""Evidence for claims that a test makes up: rows, facts, curves, or the numbers that a paper prints."""

from dataclasses import dataclass, field

from lib.evaluation.measure import UNITS
from lib.evaluation.results import Stored
from lib.papers.cells import Cell
from lib.papers.deciding import Sample
from lib.papers.judging import Evidence, NotMeasured
from lib.papers.report import Report

TRAININGS = 3  # of everything that is made up: what they say is not left undecided for want of them


@dataclass(frozen=True)
class Several(Evidence):
    """Evidence whose every value came out the same in three trainings."""

    def _over_trainings(self, measured, *settings):
        return Sample((measured(*settings),) * TRAININGS, UNITS[settings[0].protocol.metric])


class Collecting(Report):
    """A report that measures nothing: what its items ask for, and the number printed there."""

    def __init__(self, paper, folder):
        super().__init__(paper, checkpoints=folder)
        self.printed_at, self.printed_best = {}, {}

    def cell_from(self, item, setting, printed, measure, find_stored):
        value = self.printed_value(item, setting.protocol.dataset, *printed, setting.protocol.metric)
        if value is not None:
            self.printed_at[item, setting] = value
        return Cell(value)

    def best(self, item, setting, printed=("", ""), **_):
        dataset = setting.protocol.dataset
        knob, far = (
            self.printed_value(item, dataset, *printed, metric) for metric in ("best_lambda", "psnr_distance")
        )
        if None not in (knob, far):
            self.printed_best[item, setting] = knob, far
        return Cell(), {}


@dataclass(frozen=True)
class AsPrinted(Several):
    """The printed numbers, on two images; a dedicated network has 30 dB where the paper prints no more than a
    distance to it."""

    asked: Collecting = field(kw_only=True)

    def scores(self, item, setting):
        if (item, setting) in self.asked.printed_at:
            value = self.asked.printed_at[item, setting]
            return {"a": value, "b": value}
        if any(known == item for known, _ in self.asked.printed_best):
            return {"a": 30.0, "b": 30.0}
        raise NotMeasured

    def best(self, item, setting):
        if (item, setting) not in self.asked.printed_best:
            raise NotMeasured
        knob, far = self.asked.printed_best[item, setting]
        return Stored((knob,), {"a": 30 - far, "b": 30 - far}, {})
