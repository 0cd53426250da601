"""Table 3 of CUGAN, "gray CBSD68": gray and colour kept apart.

Denoisers of one channel are printed there beside a network of three: of a gray image it sees three
noisy observations where the others see one, or its colour results are judged in gray. Both are measured
here, beside a fair comparison, colour with colour, and one that gives both the same observation: gray with
one noise in all three channels, which CUnet never saw in training.
"""

from lib.papers.cells import quoted
from lib.papers.cugan.subjects import AS_PRINTED, READINGS, SIGMAS
from lib.papers.report import Report
from lib.papers.tables import METHODS_DOWN, Line, Table
from lib.recipes.cugan import CUNET

ITEM = "cugan-table3"
QUOTED = ("BM3D", "TNRD", "DnCNN-B", "IRCNN", "FFDNet", "CUnet")


def table3(report: Report) -> Table:
    """The printed rows, then colour against colour, the two mixed readings, and gray against gray.

    What judging in gray gives is read off the published network: it has its authors' full training.
    """
    rows = []
    for sigma in SIGMAS:
        written = f"sigma{sigma}"
        for method in QUOTED:
            printed = report.printed_value(ITEM, AS_PRINTED, method, written)
            if printed is not None:
                rows.append((Line("cbsd68", written), f"{method}, as printed", quoted(printed)))
        for reading in READINGS:
            cell = report.cell(ITEM, reading.setting(sigma), live=reading.network == CUNET)
            rows.append((Line("cbsd68", written), reading.title, cell))
    return report.table(ITEM, rows, METHODS_DOWN)
