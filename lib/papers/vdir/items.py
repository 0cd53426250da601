"""VDIR (Soh, Cho, TIP 2022): a function per table and figure, as in `lib.papers.adafm`."""

from lib.papers.health import training_health
from lib.papers.report import Report
from lib.papers.shown import Drawing
from lib.papers.vdir.blind_sr import table4, table5
from lib.papers.vdir.compression import fig4, table6, table7
from lib.papers.vdir.drawing import fig1, fig2, fig3
from lib.papers.vdir.embedding import fig7
from lib.papers.vdir.kinds import fig8
from lib.papers.vdir.knobs import strength
from lib.papers.vdir.manipulation import fig5, swap
from lib.papers.vdir.maps import fig6
from lib.papers.vdir.noise import table1, table9, table11
from lib.papers.vdir.real import table2, table3, table8, table10
from lib.papers.vdir.text import larger, size
from lib.recipes.vdir import AWGN


def training(report: Report) -> Drawing:
    """Return how one training went, that of the network for Gaussian noise."""
    return training_health(report, AWGN)


ITEMS = {
    "vdir-table1": table1,
    "vdir-table2": table2,
    "vdir-table3": table3,
    "vdir-table4": table4,
    "vdir-table5": table5,
    "vdir-table6": table6,
    "vdir-table7": table7,
    "vdir-table8": table8,
    "vdir-table9": table9,
    "vdir-table10": table10,
    "vdir-table11": table11,
    "vdir-fig1": fig1,
    "vdir-fig2": fig2,
    "vdir-fig3": fig3,
    "vdir-fig4": fig4,
    "vdir-fig5": fig5,
    "vdir-fig6": fig6,
    "vdir-fig7": fig7,
    "vdir-fig8": fig8,
    "vdir-swap": swap,
    "vdir-strength": strength,
    "vdir-training": training,
    "vdir-text-4.6": size,
    "vdir-text-5.2": larger,
}
