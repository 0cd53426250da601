"""Yardsticks: networks published with their weights, measured by our protocols beside their printed rows.

If one of these differs, no table of ours can be trusted.
"""

import pandas as pd

from lib.base import paths
from lib.degradations.levels import Compress, Denoise
from lib.evaluation.measure import Bench, Protocol, Setting
from lib.evaluation.results import Store
from lib.papers.scores import mean

TOLERANCE = 0.03  # dB: another noise field, 8-bit output
SCALE = "published"


def settings() -> list[tuple[str, Setting, float]]:
    """(item, setting, printed value) of every printed row."""
    printed = pd.read_csv(paths.PRINTED / "published.csv")
    return [
        (row["item"], _setting(row["method"], row["dataset"], row["setting"]), float(row["value"]))
        for _, row in printed.iterrows()
    ]


def _setting(method: str, dataset: str, level: str) -> Setting:
    if level.startswith("q"):
        return Setting(method, (), Protocol(dataset, Compress(int(level[1:])), colour="luma", multiple=1))
    sigma = float(level.removeprefix("sigma").removesuffix(" float"))
    knobs = (sigma,) if method.startswith("FFDNet") else ()
    return Setting(method, knobs, Protocol(dataset, Denoise(sigma, quantise=False), multiple=1))


def record(device: str = "auto") -> None:
    """Measure every yardstick on every image and keep the rows."""
    bench = Bench(SCALE, device=device)
    store = Store("published")
    for item, setting, _ in settings():
        store.write([(item, bench.measure(setting))])


def table() -> pd.DataFrame:
    """Printed and measured, from the stored rows."""
    store = Store("published")
    rows = []
    for item, setting, printed in settings():
        stored = store.find(item, SCALE, setting)
        value = mean(stored.scores) if stored else None
        rows.append(
            {
                "network": setting.network,
                "set": setting.protocol.dataset,
                "level": setting.protocol.level.name,
                "printed": f"{printed:.2f}",
                "measured": "not measured" if value is None else f"{value:.2f}",
                "verdict": "not tested"
                if value is None
                else "holds"
                if abs(value - printed) <= TOLERANCE
                else "differs",
            }
        )
    return pd.DataFrame(rows).set_index(["network", "set", "level"])
