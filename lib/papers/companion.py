"""What makes a notebook the companion of its paper: an overview, the code of an equation, and its check."""

import inspect
import re
from collections.abc import Callable
from html import escape

import pandas as pd
import torch
from IPython.display import HTML, Code
from torch import Tensor, nn
from torch.nn import functional as F

from lib import losses
from lib.base import paths
from lib.data import images, sets
from lib.models.cfsnet import CFSNet
from lib.models.knobs import Controllable
from lib.models.vdir import VDIR
from lib.papers.adafm.subjects import DENOISING
from lib.papers.captions import SETS
from lib.papers.papers import find
from lib.papers.report import Report
from lib.recipes import cfsnet, cugan, of_paper, vdir

SIDE = 96  # pixels, of the image that equations are checked on


def source(*things: type | Callable) -> Code:
    """Return the code of classes or functions as it runs here, coloured."""
    return Code("\n\n".join(inspect.getsource(thing).rstrip() for thing in things), language="python")


def contents(notebook: str) -> HTML:
    """Return links to the headings of a notebook, by its name."""
    text = (paths.NOTEBOOKS / f"{notebook}.py").read_text(encoding="utf-8")
    headings = re.findall(r"(?m)^# ## (.+)$", text)
    links = (f'<a href="#{escape(name.replace(" ", "-"))}">{escape(name)}</a>' for name in headings)
    return HTML(f"<p>{' &middot; '.join(links)}</p>")


def reproduced(report: Report) -> HTML:
    """Return what was reproduced: items, networks, size, share of the schedule, training set; with a link to
    what deviates."""
    paper = find(report.paper)
    runs = of_paper(paper.key, report.scale)
    trained = [run for run in runs if report.untrained(run.name) is None]
    shares = sorted(
        100 * report.steps(run.name, report.scale) / printed.steps
        for run in trained
        for printed in of_paper(paper.key, "paper")
        if printed.name == run.name and printed.steps
    )
    ends = dict.fromkeys(f"{share:.2g}" for share in (*shares[:1], *shares[-1:]))
    rows_of = report.store.rows
    measured = set(rows_of.loc[rows_of["scale"] == report.scale, "recipe"]) & {run.name for run in runs}
    rows = {
        "Tables, figures and statements": f"{len(paper.items)}",
        "Networks": f"{len(runs)} of {report.scale} size, {len(measured)} measured, {len(trained)} here",
        "Share of the printed schedule": f"{' to '.join(ends)} % of the steps" if ends else "none",
        "Trained on": ", ".join(sorted({SETS.get(r.training_set, r.training_set) for r in trained})),
        "What deviates": f"docs/differences/{paper.key}.md",
    }
    lines = "".join(f"<tr><th style='text-align:left'>{k}</th><td>{v}</td></tr>" for k, v in rows.items())
    return HTML(f"<table>{lines}</table>")


def _example() -> Tensor:
    """The middle of a photograph with noise of 30 grey levels, (1, 3, SIDE, SIDE)."""
    (sample,) = sets.load_images("skimage", limit=1)
    x = images.to_tensor(sample.pixels)
    top, left = ((side - SIDE) // 2 for side in x.shape[-2:])
    x = x[..., top : top + SIDE, left : left + SIDE]
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    return (x + 30 / 255 * noise).float()


@torch.inference_mode()
def _apart(a: nn.Module, knobs: list[float], b: Controllable | Callable[[Tensor], Tensor]) -> float:
    """The largest difference, in [0, 1], between a network at its knobs and what should be the same."""
    x = _example()
    other = b(x, x.new_zeros(1, 0)) if isinstance(b, Controllable) else b(x)
    return float((a(x, torch.tensor([knobs])) - other).abs().max())


def _checked(found: dict[str, float]) -> pd.DataFrame:
    """Raises AssertionError where an equation does not hold to rounding of float32."""
    wrong = [statement for statement, apart in found.items() if not apart <= 1e-5]
    if wrong:
        raise AssertionError(f"Does not hold: {'; '.join(wrong)}.")
    spelt = {statement: f"{apart:.1e}" if apart else "0, exactly" for statement, apart in found.items()}
    return pd.DataFrame({"largest difference": spelt}).rename_axis("equation")


def check_adafm(report: Report) -> pd.DataFrame:
    """Return how far coefficient 0 is from the basic network, and folded filters from the layer."""
    basic, net = (report.network(run) for run in (DENOISING.basic(DENOISING.start), DENOISING.wide))
    half = net.fold(torch.tensor([0.5]))
    return _checked(
        {
            "coef = 0 is the basic network": _apart(net, [0.0], basic),
            "(1 + coef g) * x + coef b: one convolution, folded": _apart(net, [0.5], half),
        }
    )


def check_cfsnet(report: Report) -> pd.DataFrame:
    """Return how far alpha_in 0 is from the main branch, and alpha_m from being proportional to alpha_in."""
    net: CFSNet = report.network(cfsnet.tuned_name(cfsnet.COLOUR, 50))
    main = report.network(cfsnet.main_name(cfsnet.COLOUR, 25))
    half, whole = (net.coefficients(torch.tensor([[at]])) for at in (0.5, 1.0))
    return _checked(
        {
            "alpha_in = 0 is the main branch": _apart(net, [0.0], main),
            "alpha_m(1/2) = alpha_m(1) / 2": float((2 * half - whole).abs().max().detach()),
        }
    )


def check_cugan(report: Report) -> pd.DataFrame:
    """Return how far texture 0 is from CUnet and texture 1 from CUGAN, at the same blur and noise."""
    net, smooth, textured = (report.network(run) for run in (cugan.TEXTURE, cugan.CUNET, cugan.CUGAN))
    at = torch.tensor([[0.0, 0.6]])
    return _checked(
        {
            "alpha = 0 is CUnet": _apart(net, [0.0, 0.6, 0.0], lambda x: smooth(x, at)),
            "alpha = 1 is CUGAN": _apart(net, [0.0, 0.6, 1.0], lambda x: textured(x, at)),
        }
    )


def check_vdir(report: Report) -> pd.DataFrame:
    """Return how far strength 0 is from the restorer told the latent's mean, and the closed form of the
    divergence from that of torch."""
    net: VDIR = report.network(vdir.AWGN)
    mean, log_variance = net.encoder(_example())
    posterior = torch.distributions.Normal(mean, (log_variance / 2).exp())
    standard = torch.distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean))
    divergence = torch.distributions.kl_divergence(posterior, standard).mean()
    closed = losses.kl_to_standard_normal(mean, log_variance)
    return _checked(
        {
            "strength = 0: r(y, E[c | y])": _apart(net, [0.0], lambda x: net.restorer(x, net.encoder(x)[0])),
            "KL(q(c | y) || N(0, 1)) in closed form": float((divergence - closed).abs().detach()),
        }
    )


def check_qgcn(_: Report) -> pd.DataFrame:
    """Return how far the ranking loss is from that of torch, and from 0 where the order is right by the
    margin."""
    generator = torch.Generator().manual_seed(0)
    first, second = torch.randn(2, 64, generator=generator)
    worse = torch.rand(64, generator=generator) < 0.5
    ours = losses.margin_ranking(first, second, worse)
    theirs = F.margin_ranking_loss(first, second, torch.where(worse, -1.0, 1.0), margin=0.5)
    right = losses.margin_ranking(first, first + torch.where(worse, 0.5, -0.5), worse)
    return _checked(
        {
            "max(0, (s_i - s_j) eta + margin), mean over pairs": float((ours - theirs).abs()),
            "0 where the order is right by the margin": float(right),
        }
    )
