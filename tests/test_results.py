"""Stored measurements: found again, replaced, and the same bytes for the same values."""

from dataclasses import replace

import pandas as pd
import pytest

from lib.base import paths, provenance
from lib.degradations.levels import Denoise
from lib.evaluation.measure import Measurement, Protocol, Setting
from lib.evaluation.results import BadRows, Store
from lib.training.checkpoints import Provenance

NET = Setting("net", (0.25,), Protocol("cbsd68", Denoise(45)))
HISTORY = Provenance("net", "recipe-sha", "{}", "compact", steps=7)


def measurement(setting=NET, values=(30.0, 31.0), weights="w1", scale="compact"):
    scores = {f"image{i}": value for i, value in enumerate(values)}
    return Measurement(setting, scale, scores, HISTORY, weights, "data-sha", "cpu")


def turned(knob):
    return replace(NET, knobs=(knob,))


@pytest.fixture(autouse=True)
def no_git(monkeypatch):
    """Rows ask for the commit, each in a process of its own."""
    monkeypatch.setattr(provenance, "_git", lambda *words: "")


@pytest.fixture
def store(tmp_path):
    return Store("paper", tmp_path)


def test_what_another_process_wrote_meanwhile_stays(store, tmp_path):
    store.write([("table", measurement())])
    Store("paper", tmp_path).write([("other", measurement(turned(0.3)))])
    store.write([("table", measurement(turned(0.4)))])
    for where in (store, Store("paper", tmp_path)):
        assert [row["item"] for row in where.rows.to_dict("records")] == ["other", "table", "table"]


@pytest.mark.parametrize("suffix", [".csv", "-images.csv.gz"])
def test_a_kill_while_writing_leaves_what_was_there(store, tmp_path, monkeypatch, suffix):
    store.write([("table", measurement())])
    to_csv = pd.DataFrame.to_csv

    def half(frame, path, **options):
        if path.name.startswith(f".paper{suffix}."):
            path.write_text("half a ro")
            raise KeyboardInterrupt
        to_csv(frame, path, **options)

    monkeypatch.setattr(pd.DataFrame, "to_csv", half)
    with pytest.raises(KeyboardInterrupt):
        store.write([("table", measurement(turned(0.4)))])
    again = Store("paper", tmp_path)
    assert again.find("table", "compact", NET).scores == {"image0": 30.0, "image1": 31.0}
    assert again.find("table", "compact", turned(0.4)) is None


def test_missing_files_are_an_empty_store(store):
    assert store.find("table", "compact", NET) is None
    assert store.find_best("table", "compact", NET) is None


def test_what_is_written_is_found_again_also_by_a_new_store(store, tmp_path):
    store.write([("table", measurement(values=(30.12344, 31.5)))])
    for where in (store, Store("paper", tmp_path)):
        found = where.find("table", "compact", NET)
        assert found.scores == {"image0": 30.1234, "image1": 31.5}
        assert found.knobs == (0.25,)
        assert (found.row["value"], found.row["n_images"], found.row["weights_sha"]) == ("30.8117", "2", "w1")


@pytest.mark.parametrize(
    "other",
    [
        turned(0.3),
        replace(NET, network="other"),
        replace(NET, protocol=replace(NET.protocol, dataset="skimage")),
        replace(NET, protocol=replace(NET.protocol, level=Denoise(50))),
        replace(NET, protocol=replace(NET.protocol, level=Denoise(45, quantise=False))),
        replace(NET, protocol=replace(NET.protocol, seed=1)),
        replace(NET, protocol=replace(NET.protocol, metric="ssim")),
        replace(NET, protocol=replace(NET.protocol, multiple=1)),
    ],
)
def test_another_setting_item_or_scale_is_another_measurement(store, other):
    store.write([("table", measurement()), ("figure", measurement(other, (20.0, 21.0)))])
    assert store.find("table", "compact", NET).scores == {"image0": 30.0, "image1": 31.0}
    assert store.find("figure", "compact", other).scores == {"image0": 20.0, "image1": 21.0}
    assert store.find("table", "compact", other) is None
    assert store.find("figure", "compact", NET) is None
    assert store.find("table", "paper", NET) is None


def test_a_network_without_knobs_is_found(store, tmp_path):
    plain = replace(NET, knobs=())
    store.write([("table", measurement(plain))])
    assert Store("paper", tmp_path).find("table", "compact", plain).knobs == ()


def test_a_level_is_the_same_as_whole_number_and_as_float(store):
    store.write([("table", measurement())])
    assert store.find("table", "compact", replace(NET, protocol=replace(NET.protocol, level=Denoise(45.0))))


def test_the_same_item_and_setting_is_replaced(store, tmp_path):
    store.write([("table", measurement())])
    store.write([("table", measurement(values=(29.0, 28.0)))])
    again = Store("paper", tmp_path)
    assert again.find("table", "compact", NET).scores == {"image0": 29.0, "image1": 28.0}
    assert (len(again.rows), len(again.images)) == (1, 2)


def test_two_items_share_the_values_per_image(store):
    store.write([("table", measurement()), ("figure", measurement())])
    assert (len(store.rows), len(store.images)) == (2, 2)
    assert store.find("figure", "compact", NET).scores == store.find("table", "compact", NET).scores


def test_a_measurement_is_shared_with_another_item(store, tmp_path):
    store.write([("table", measurement())])
    assert store.find_elsewhere("compact", turned(0.3)) is None
    assert store.find_elsewhere("paper", NET) is None
    store.share("figure", store.find_elsewhere("compact", NET))
    for where in (store, Store("paper", tmp_path)):
        shared, own = where.find("figure", "compact", NET), where.find("table", "compact", NET)
        assert shared.scores == own.scores and shared.row == {**own.row, "item": "figure"}
    assert len(store.images) == 2


def test_best_is_the_knob_with_the_highest_mean(store):
    store.write(
        [("curve", measurement(turned(k), (v, v))) for k, v in ((0.4, 9.9), (0.5, 10.2), (0.6, 10.1))]
    )
    found = store.find_best("curve", "compact", replace(NET, knobs=()))
    assert (found.knobs, found.scores["image0"]) == ((0.5,), 10.2)


def test_rows_of_earlier_weights_go_and_those_of_other_networks_stay(store, tmp_path):
    other = replace(NET, network="other")
    store.write([("curve", measurement(turned(0.4), (33.0, 33.0))), ("curve", measurement(other))])
    store.write([("curve", measurement(scale="paper"))])
    store.write([("curve", measurement(turned(0.6), (31.0, 31.0), weights="w2"))])
    again = Store("paper", tmp_path)
    assert again.find_best("curve", "compact", NET).knobs == (0.6,)
    assert again.find("curve", "compact", turned(0.4)) is None
    assert again.find("curve", "compact", other) and again.find("curve", "paper", NET)
    assert set(again.images["weights_sha"]) == {"w1", "w2"}
    assert len(again.images) == 6


def test_values_per_image_are_the_same_bytes_whenever_and_in_whatever_order_written(tmp_path):
    every = [("a", measurement(turned(k / 10), (k, k + 0.5))) for k in range(10)]
    Store("paper", tmp_path / "one").write(every)
    two = Store("paper", tmp_path / "two")
    for pair in reversed(every):
        two.write([pair])
    two.write([])
    one = (tmp_path / "one" / "paper-images.csv.gz").read_bytes()
    assert one == (tmp_path / "two" / "paper-images.csv.gz").read_bytes()
    assert one[4:8] == bytes(4)  # RFC 1952: no time stamp


def test_rows_are_tidy_and_sorted(store):
    store.write([(item, measurement(turned(k))) for k in (0.9, 0.1) for item in ("b", "a")])
    frame = pd.read_csv(store.rows_path)
    assert list(frame["item"]) == ["a", "a", "b", "b"]
    assert list(frame["knobs"]) == [0.1, 0.9, 0.1, 0.9]
    assert set(frame["level"]) == {"sigma45"}
    assert set(frame["steps"]) == {7}
    assert b"\r" not in store.rows_path.read_bytes()


def test_writing_asks_for_the_commit_once_a_row(store, monkeypatch):
    """Not once an image: asking starts a process."""
    asked = []
    monkeypatch.setattr(provenance, "commit", lambda: asked.append(1) or "c0ffee")
    store.write([("table", measurement(values=range(68)))])
    assert len(asked) == 1
    assert store.find("table", "compact", NET).row["commit"] == "c0ffee"


@pytest.mark.parametrize("damage", [lambda b: b[:-9], lambda b: b[:60] + bytes([b[60] ^ 4]) + b[61:]])
def test_damaged_rows_are_refused_by_the_name_of_their_file(damage, tmp_path):
    path = tmp_path / "cugan-images.csv.gz"
    path.write_bytes(damage((paths.MEASURED / path.name).read_bytes()))
    with pytest.raises(BadRows, match=r"^cugan-images\.csv\.gz is damaged \(.*\)\.$"):
        Store("cugan", tmp_path)
