"""Intervals over images and trainings cover what they say, and decide only about bounds that they clear."""

import numpy as np
import pytest
from scipy import stats

from lib.papers.deciding import Decision, Sample, above, below, every, higher, holm, single, told, within


def sample(values, unit="dB"):
    return Sample(tuple({str(i): float(v) for i, v in enumerate(row)} for row in np.atleast_2d(values)), unit)


def drawn(rng, seeds, images, between=0.1, over=0.3, rest=0.05, mean=0.0):
    """A crossed design with known deviations between trainings, over images, and of the rest."""
    return (
        mean
        + between * rng.standard_normal((seeds, 1))
        + over * rng.standard_normal((1, images))
        + rest * rng.standard_normal((seeds, images))
    )


@pytest.mark.parametrize(("seeds", "images"), [(3, 20), (3, 68), (5, 5), (1, 29)])
def test_intervals_cover_the_truth_as_often_as_they_say(seeds, images):
    """2000 draws: 95 % within 2.5, more only where the degrees of freedom are few."""
    rng = np.random.default_rng(seeds * images)
    between = 0.1 if seeds > 1 else 0.0
    inside = 0
    for _ in range(2000):
        low, high = sample(drawn(rng, seeds, images, between)).interval()
        inside += low <= 0 <= high
    assert 0.93 <= inside / 2000 <= 0.985


def test_a_bootstrap_over_three_trainings_would_not():
    """Why there is none: the percentile interval of three values covers 73 % where it says 95."""
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(500):
        three = rng.standard_normal(3)
        means = three[rng.integers(0, 3, (400, 3))].mean(1)
        low, high = np.quantile(means, (0.025, 0.975))
        inside += low <= 0 <= high
    assert inside / 500 < 0.8


def test_one_training_has_the_interval_of_a_t_test_over_images():
    values = np.array([0.1, 0.4, -0.2, 0.3, 0.6])
    expected = stats.t.interval(0.95, 4, values.mean(), stats.sem(values))
    assert sample(values).interval() == pytest.approx(expected)
    assert sample([values] * 3).p_value(0.0) == pytest.approx(stats.ttest_1samp(values, 0).pvalue)


def test_trainings_that_agree_on_every_image_have_the_interval_of_one():
    values = np.array([0.1, 0.4, -0.2, 0.3, 0.6])
    assert sample([values] * 3).interval() == pytest.approx(sample(values).interval())


def test_a_difference_is_paired():
    """Images lie 20 dB apart, both sides together: nothing of that is left in their difference."""
    low, high = sample(np.full((1, 9), 0.5)).interval()
    assert (low, high) == (0.5, 0.5)


def test_bounds_are_decided_where_the_interval_clears_them():
    three = sample([[0.31, 0.32, 0.33, 0.32], [0.30, 0.33, 0.33, 0.31], [0.32, 0.32, 0.34, 0.31]])
    assert above(three, 0.1).holds is True and below(three, 0.1).holds is False
    assert above(three, 0.6).holds is False and below(three, 0.6).holds is True
    assert above(three, 0.32).holds is None and below(three, 0.32).holds is None


def test_one_training_near_a_bound_is_undecided():
    """0.10 dB clear of it: another training could turn that; 0.20 dB: none of ours could."""
    values = np.full((1, 50), 0.3)
    assert above(sample(values), 0.2).holds is None and above(sample(values), 0.1).holds is True
    assert above(sample(np.repeat(values, 3, 0)), 0.2).holds is True
    shares = sample(values, unit="1")
    assert above(shares, 0.28).holds is None and above(shares, 0.25).holds is True


def test_equivalence_needs_the_whole_interval_within_the_margin():
    rng = np.random.default_rng(1)
    tight, wide = (sample(0.02 + spread * rng.standard_normal((3, 20))) for spread in (0.01, 0.5))
    assert within(tight, 0.1).holds is True and within(wide, 0.1).holds is None
    assert within(sample(0.5 + 0.01 * rng.standard_normal((3, 20))), 0.1).holds is False
    assert within(tight, 0.1, around=0.5).holds is False


def test_all_of_several():
    assert [every(of).holds for of in ([True, True], [True, None], [None, False])] == [True, None, False]


def test_a_margin_is_on_the_right_side_where_it_holds():
    three = sample([[0.31, 0.33], [0.31, 0.33], [0.31, 0.33]])
    low, high = three.interval()
    over, under = above(three, 0.1).margin, below(three, 0.1).margin
    assert (over.value, over.low, over.high) == pytest.approx((0.22, low - 0.1, high - 0.1))
    assert (under.value, under.low, under.high) == pytest.approx((-0.22, 0.1 - high, 0.1 - low))
    either = within(three, 0.5).margin
    assert (either.value, either.low, either.high) == pytest.approx((0.18, 0.5 - high, 0.5 - low))
    assert within(three, 0.5, around=0.32).margin.high == pytest.approx(0.5)


def test_of_several_the_margin_is_the_nearest_to_failing_or_furthest_beyond():
    three = sample([[0.319, 0.321]] * 3)
    nearest = every([above(three, 0.1), True, above(three, 0.2), above(three, -1)])
    assert nearest.holds and nearest.margin.bound == 0.2 and nearest.margin.among == 3
    failed = every([above(three, 0.3), above(three, 0.6), above(three, 0.7)])
    assert failed.holds is False and failed.margin.bound == 0.7
    assert failed.margin.p == pytest.approx(3 * three.p_value(0.7))
    assert (~failed).holds is True and (~failed).margin.value == -failed.margin.value
    assert every([True, None]) == Decision(None)


def test_samples_on_other_images_are_apart_where_their_intervals_do_not_meet():
    low, high = (sample(np.repeat([[at, at + 0.02]], 3, 0)) for at in (0.3, 0.9))
    assert higher(high, low).holds is True and higher(low, high).holds is False
    assert higher(high, low).margin.value == pytest.approx(0.6) and higher(low, high).margin.high < 0
    assert higher(low, low).holds is None


def test_holm_by_its_definition():
    """0.01 <= 0.05/4, 0.013 <= 0.05/3, 0.03 > 0.05/2: the first two stand, the last of 0.04 does not."""
    assert holm([0.03, 0.01, 0.04, 0.013]) == [False, True, False, True]


def test_what_it_says_of_itself():
    three = sample([[0.20, 0.24], [0.22, 0.22], [0.21, 0.23]])
    assert told([three]).startswith("0.22 [") and told([three]).endswith("] dB (3 trainings)")
    one = sample([[0.2, 0.3]], unit="1")
    assert told([one]).endswith("] (one training)") and told([one, one]).endswith("] (one training each)")
    assert told([one, sample([[0.2, 0.3]] * 3, unit="1")]).endswith("(1 to 3 trainings)")


def test_arithmetic_is_image_by_image_and_training_by_training():
    a, b = sample([[1.0, 2.0], [3.0, 4.0]]), sample([[0.5, 0.5], [1.0, 2.0], [9.0, 9.0]])
    assert (a - b).values.tolist() == [[0.5, 1.5], [2.0, 2.0]]
    assert (2 * a).values.tolist() == [[2.0, 4.0], [6.0, 8.0]]
    assert abs(-1.0 * a).values.tolist() == a.values.tolist()
    assert below(single(0.04), 0.05).holds is True and below(single(0.048), 0.05).holds is None
