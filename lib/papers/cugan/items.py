"""CUGAN (Cai, He, Qiao, Dong, CVPR workshops 2021): a function per table and figure, as in
`lib.papers.adafm`."""

from lib.papers.cugan.ablations import fig7, fig8
from lib.papers.cugan.drawing import fig3
from lib.papers.cugan.gray import table3
from lib.papers.cugan.mechanics import fusion, health
from lib.papers.cugan.photographs import fig5, fig6, grid
from lib.papers.cugan.reading import auto
from lib.papers.cugan.strips import fig1, fig2, fig4
from lib.papers.cugan.tables import table1, table2
from lib.papers.cugan.text import sentences
from lib.papers.health import training_health
from lib.papers.report import Report
from lib.papers.shown import Drawing
from lib.recipes.cugan import CUNET


def training(report: Report) -> Drawing:
    """Return how one training went, that of CUnet."""
    return training_health(report, CUNET)


ITEMS = {
    "cugan-table1": table1,
    "cugan-table2": table2,
    "cugan-table3": table3,
    "cugan-text-4.2": sentences,
    "cugan-fig1": fig1,
    "cugan-fig2": fig2,
    "cugan-fig3": fig3,
    "cugan-fig4": fig4,
    "cugan-fig5": fig5,
    "cugan-fig6": fig6,
    "cugan-grid": grid,
    "cugan-fig7": fig7,
    "cugan-fig8": fig8,
    "cugan-mech-w": fusion,
    "cugan-health": health,
    "cugan-auto": auto,
    "cugan-training": training,
}
