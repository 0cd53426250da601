"""Many runs on many workers, by simulation: near the bound, nothing lost, nothing trained twice."""

import random

import pytest

from lib.runs import loads
from lib.runs.graph import Step, longest_chain_first
from lib.upkeep import schedule
from lib.upkeep.schedule import Timed, simulate

NEAR = 1.15  # times the bound


def steps(*texts):
    """From "name minutes: what it needs"."""
    found = []
    for text in texts:
        name, minutes, *needs = text.replace(":", "").split()
        found.append(Step(name, Timed(name, float(minutes)), frozenset(needs)))
    return found


def ordered(found):
    return longest_chain_first(found, {step.name: step.work.minutes for step in found})


def test_what_the_longest_chain_hangs_on_comes_first():
    found = steps("a 5", "b 1", "c 3: b", "d 4: c", "e 5")
    assert [step.name for step in ordered(found)] == ["b", "c", "a", "e", "d"]


def test_a_measurement_that_only_waits_counts_as_part_of_the_chain():
    found = [
        Step("a", Timed("a", 1)),
        Step("b", Timed("b", 1)),
        Step("m", Timed("m", 9), after=frozenset("b")),
    ]
    assert [step.name for step in longest_chain_first(found, {"a": 1, "b": 1, "m": 9})] == ["b", "m", "a"]


def test_the_clock_of_a_case_worked_out_by_hand():
    """Two workers: in the given order b starts after a and e; else it starts at once."""
    found = steps("a 4", "e 4", "b 1", "c 7: b")
    assert (simulate(found, 2).makespan, simulate(ordered(found), 2).makespan) == (12, 8)
    assert simulate(found, 2).bound == 8 and simulate(found, 1).bound == simulate(found, 1).makespan == 16


@pytest.fixture(scope="module")
def all_runs():
    minutes = loads.minutes("compact")
    assert len(minutes) >= 110
    queue = schedule.steps_of(minutes, "compact")
    return longest_chain_first(queue, minutes)


@pytest.mark.parametrize("places", schedule.WORKERS)
def test_without_failures_every_run_is_trained_once_and_near_the_bound(places, all_runs):
    found = simulate(all_runs, places)
    assert sorted(found.course.done) == sorted(step.name for step in all_runs)
    assert set(found.course.workers.begun.values()) == {1}
    assert found.bound <= found.makespan + 1e-9 and found.makespan <= NEAR * found.bound


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("places", schedule.WORKERS)
def test_with_failures_nothing_is_lost_or_trained_twice(places, seed, all_runs):
    found = simulate(all_runs, places, random.Random(seed))
    done, failed, left = (set(names) for names in (found.course.done, found.course.failed, found.course.left))
    assert found.kills and failed
    assert done | failed | left == {step.name for step in all_runs}
    assert len(found.course.done) + len(found.course.failed) + len(found.course.left) == len(all_runs)
    begun = found.course.workers.begun
    assert begun.keys() == done | failed and set(begun.values()) == {1}
    for step in all_runs:
        assert (step.name in left) == bool(step.needs & (failed | left))
    assert found.makespan <= NEAR * found.bound


def test_the_order_in_which_runs_ended_keeps_parents_first(all_runs):
    ended = simulate(all_runs, 16, random.Random(1)).course.done
    needs = {step.name: step.needs for step in all_runs}
    assert all(needs[name] <= set(ended[:i]) for i, name in enumerate(ended))
