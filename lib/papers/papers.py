"""The papers that are reproduced here: their items, their claims, their notebooks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lib.papers.adafm import claims as adafm_claims
from lib.papers.adafm import items as adafm
from lib.papers.cfsnet import claims as cfsnet_claims
from lib.papers.cfsnet import items as cfsnet
from lib.papers.compare import items as compare
from lib.papers.cugan import claims as cugan_claims
from lib.papers.cugan import items as cugan
from lib.papers.judging import Claim
from lib.papers.qgcn import claims as qgcn_claims
from lib.papers.qgcn import items as qgcn
from lib.papers.report import Report
from lib.papers.vdir import claims as vdir_claims
from lib.papers.vdir import items as vdir


@dataclass(frozen=True)
class Paper:
    """items: a function of the report for every table and figure; live: those that keep no rows. controls:
    the test in which networks that do otherwise contradict every claim, where there are claims.
    gist: a sentence on it; face: the item whose figure shows its knob at work."""

    key: str  # of its files: printed/KEY.csv, measured/KEY.csv
    title: str
    notebook: str
    claims: dict[str, Claim]
    items: dict[str, Callable[[Report], object]]
    live: tuple[str, ...]
    controls: str = ""
    gist: str = ""
    face: str = ""

    @property
    def measured(self) -> tuple[str, ...]:
        """Items whose rows are kept."""
        return tuple(name for name in self.items if name not in self.live)

    def record(self, report: Report, items: Sequence[str] = ()) -> None:
        """Measure these items, or every one that has rows, on whole sets, and keep each when it is done.

        Raises ValueError for an item that the paper does not have.
        """
        unknown = set(items) - set(self.measured)
        if unknown:
            names = ", ".join(self.measured)
            raise ValueError(f"There is no item {', '.join(sorted(unknown))}; there are: {names}.")
        for name in items or self.measured:
            try:
                self.items[name](report)
            finally:  # what was measured before something was missing, or the command was stopped, too
                report.keep()


PAPERS = (
    Paper(
        "adafm",
        "AdaFM (CVPR 2019)",
        "01_adafm",
        adafm_claims.CLAIMS,
        adafm.ITEMS,
        adafm_claims.LIVE,
        "tests/test_adafm_reports.py",
        gist="Small filters behind the convolutions, scaled by one number, turn a network for mild damage "
        "into one for heavy damage, continuously.",
        face="adafm-fig2",
    ),
    Paper(
        "cfsnet",
        "CFSNet (ICCV 2019)",
        "02_cfsnet",
        cfsnet_claims.CLAIMS,
        cfsnet.ITEMS,
        cfsnet_claims.LIVE,
        "tests/test_cfsnet_reports.py",
        gist="A second branch, mixed in channel by channel, moves a network between two levels, or between "
        "the least error and the most natural look.",
        face="cfsnet-fig7",
    ),
    Paper(
        "cugan",
        "CUGAN (CVPR workshops 2021)",
        "03_cugan",
        cugan_claims.CLAIMS,
        cugan.ITEMS,
        cugan_claims.LIVE,
        "tests/test_cugan_reports.py",
        gist="A network is told how blurred and how noisy its image is: a knob for each, and a third for "
        "texture.",
        face="cugan-fig1",
    ),
    Paper(
        "vdir",
        "VDIR (TIP 2022)",
        "04_vdir",
        vdir_claims.CLAIMS,
        vdir.ITEMS,
        vdir_claims.LIVE,
        "tests/test_vdir_reports.py",
        gist="A network that is told nothing reads a map of what is wrong off the image, and restores by it; "
        "moving that map is a knob.",
        face="vdir-strength",
    ),
    Paper(
        "qgcn",
        "QGCN (IJCAI 2020)",
        "05_qgcn",
        qgcn_claims.CLAIMS,
        qgcn.ITEMS,
        qgcn_claims.LIVE,
        "tests/test_qgcn_reports.py",
        gist="A network that ranks images by their JPEG quality teaches another one to remove what "
        "compression did.",
        face="qgcn-fig5",
    ),
)
# Not a paper: all of them on the same images.
COMPARISON = Paper(
    "compare",
    "All methods",
    "06_compare",
    {},
    compare.ITEMS,
    compare.LIVE,
    gist="The networks of all five papers on the same images: what each gains on noise of every level, and "
    "where its knob then stands.",
    face="compare-denoise",
)


def find(key: str) -> Paper:
    return next(paper for paper in (*PAPERS, COMPARISON) if paper.key == key)
