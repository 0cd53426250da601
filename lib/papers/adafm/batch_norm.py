"""Section 3.3 of AdaFM: a 1x1 layer is batch norm whose statistics are kept, its scale and shift learnt.

What is left of batch norm is that it takes the statistics of every batch in training: what that costs a
network that never saw it is measured here. Whether one trained with it does as well, as the paper says, is
not.
"""

import copy
from contextlib import suppress
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from lib.degradations import to_8bit
from lib.metrics.fidelity import psnr
from lib.models.adafm import AdaBN, AdaFM, RestorationNet
from lib.papers import facts
from lib.papers.adafm.subjects import BATCH_NORM, BOTH_AFFINE, Subject
from lib.papers.judging import Evidence, NotMeasured
from lib.papers.report import Report
from lib.papers.scores import Scores, with_interval

PATCH, BATCH = 96, 16  # [P] of the training
EPSILON = 1e-5  # of AdaBN


def batch_norm(report: Report) -> pd.DataFrame:
    """At the end level: how far AdaFM-Net is from the same network written as batch norm, and what that loses
    by the statistics of batches."""
    found: dict[str, Scores] = {}
    rows = []
    for subject in BOTH_AFFINE:
        row = {"network": subject.wide, "on record": _on_record(report, subject)}
        net = report.network(subject.wide)
        if net is not None:
            names, clean, degraded = _patches(report, subject)
            apart, lost = by_batches(net, clean, degraded)
            own = pd.Series(lost, names).groupby(level=0).mean().to_dict()
            if report.at_hand(subject.on(subject.end)) == subject.dataset:
                found[subject.title] = own
            row["this run"] = with_interval(own)
            row["with its statistics kept, apart by (grey levels)"] = f"{apart:.4f}"
        rows.append(row)
    report.keep_facts(BATCH_NORM, facts.by_image(found))
    frame = pd.DataFrame(rows).set_index("network")
    frame = frame.rename_axis(f"dB lost by the statistics of {BATCH} patches")
    report.save_table(BATCH_NORM, frame)
    return frame


def _on_record(report: Report, subject: Subject) -> str:
    with suppress(NotMeasured):
        evidence = Evidence("adafm", report.scale, report.store.rows_path.parent)
        return with_interval(evidence.facts_by_image(BATCH_NORM, subject.title))
    return "-"


def _patches(report: Report, subject: Subject) -> tuple[list[str], Tensor, Tensor]:
    """Names of images, and the four corners of each, clean and degraded, (N, C, PATCH, PATCH); a batch of
    them is of as many images."""
    protocol = subject.on(subject.end)
    protocol = replace(protocol, dataset=report.at_hand(protocol))
    images = list(protocol.inputs(report.bench.limit))
    ends = (slice(None, PATCH), slice(-PATCH, None))
    cut = [
        (name, clean[..., rows, columns], degraded[..., rows, columns])
        for rows, columns in product(ends, ends)
        for name, clean, degraded in images
    ]
    whole = len(cut) // BATCH * BATCH or len(cut)
    names, clean, degraded = zip(*cut[:whole], strict=True)
    return list(names), torch.cat(clean), torch.cat(degraded)


@torch.no_grad()
def by_batches(net: RestorationNet, clean: Tensor, degraded: Tensor) -> tuple[float, np.ndarray]:
    """Return how far a network at coef 1 is from itself as batch norm, the largest difference in grey levels;
    and what that loses of each patch, (N,) dB, when it takes the statistics of every BATCH of them."""
    coef = degraded.new_ones(len(degraded), 1)
    restored, rewritten = net(degraded, coef), as_batch_norm(net, degraded)
    apart = float(255 * (rewritten(degraded, coef) - restored).abs().max())
    for module in rewritten.modules():
        if isinstance(module, AdaBN):
            module.adapting = True
    parts = zip(degraded.split(BATCH), coef.split(BATCH), strict=True)
    batched = torch.cat([rewritten(*part) for part in parts])
    kept, lower = (psnr(to_8bit(x), clean) for x in (restored, batched))
    return apart, np.asarray(kept - lower)


@torch.no_grad()
def as_batch_norm(net: RestorationNet, x: Tensor) -> RestorationNet:
    """Return a network with AdaFM of 1x1, at coef 1, with batch norm in its place: the statistics those of x,
    the scale and the shift such that both are one function."""
    found: dict[nn.Module, tuple[Tensor, Tensor]] = {}
    hooks = [
        site.conv.register_forward_hook(lambda conv, _, y: found.update({conv: torch.var_mean(y, (0, 2, 3))}))
        for site in net.sites()
    ]
    net(x, x.new_ones(len(x), 1))
    for hook in hooks:
        hook.remove()
    rewritten = copy.deepcopy(net)
    for own, site in zip(net.sites(), rewritten.sites(), strict=True):
        if isinstance(own.module, AdaFM):
            site.module = _normalising(own.module, *found[own.conv])
    return rewritten.eval()


def _normalising(layer: AdaFM, var: Tensor, mean: Tensor) -> AdaBN:
    norm, scale = AdaBN(len(mean)), 1 + layer.filter.weight.flatten()
    norm.mean.copy_(mean.expand(2, -1))
    norm.var.copy_(var.expand(2, -1))
    norm.weight.copy_(scale * (var + EPSILON).sqrt())
    norm.bias.copy_(layer.filter.bias + scale * mean)
    return norm
