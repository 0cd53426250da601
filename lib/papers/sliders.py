"""The slider at the end of a notebook."""

from lib.app import public
from lib.app.widgets import Slider
from lib.app.widgets import slider as slider_of
from lib.evaluation import jpeg_quality
from lib.papers.report import Report
from lib.training.networks import runs_of


def slider(report: Report, *names: str) -> Slider | str:
    """The knobs of the public networks of these names, one widget for all, the first one shown, on a sample
    image or an upload; a sentence where none is trained."""
    wanted = [network for name in names for network in public.NETWORKS if network.name == name]
    there = [network for network in wanted if report.available(network.run)]
    if not there:
        runs = " ".join(runs_of(wanted[0].run))
        return f"No network is trained at {report.scale} scale: python -m lib train {runs}"
    loaded = [public.load_run(network, report.scale, report.checkpoints) for network in there]
    return slider_of(
        loaded,
        gauge=jpeg_quality.load(report.scale, report.checkpoints),
        device=report.device,
        for_page=bool(report.output),
    )


def playground(report: Report) -> Slider | str:
    """Every public network that is trained, in one widget."""
    return slider(report, *dict.fromkeys(network.name for network in public.NETWORKS))
