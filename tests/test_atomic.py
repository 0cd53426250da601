"""Files that are there whole or not at all."""

import threading

import pytest

from lib.base import atomic


def test_a_file_is_there_when_it_is_whole(tmp_path):
    path = tmp_path / "new" / "file.txt"
    with atomic.written(path) as part:
        part.write_text("half")
        assert not path.exists()
        part.write_text("whole")
    assert path.read_text() == "whole" and list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("fails", [OSError("no room"), KeyboardInterrupt()])
def test_what_was_there_stays_where_the_new_one_fails(tmp_path, fails):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(type(fails)), atomic.written(path) as part:
        part.write_text("ha")
        raise fails
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_two_writers_do_not_meet(tmp_path):
    path, both, wrong = tmp_path / "file.txt", threading.Barrier(2), []

    def write(letter):
        with atomic.written(path) as part:
            part.write_text(letter)
            both.wait()
            wrong.extend([] if part.read_text() == letter else [letter])

    threads = [threading.Thread(target=write, args=letter) for letter in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() in ("a", "b") and wrong == [] and list(tmp_path.iterdir()) == [path]
