"""Progress: how far a command is, what it says of it, and what is left of one that was stopped."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pexpect
import pytest
from commands import SCRIPT, environment, run_here
from hypothesis import given
from hypothesis import strategies as st
from test_signals import as_usual

from regcmp.cli.progress import line
from regcmp.plan.grammar import parse_word
from regcmp.runs.condition import Run
from regcmp.runs.pace import Pace, pace_of, work_of


class Clock:
    """A clock that is turned by hand."""

    now = 100.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


def runs(method: str, n: int, first: int = 0) -> list[Run]:
    """Runs of a method, under different seeds."""
    return [Run(parse_word(method)[0], seed) for seed in range(first, first + n)]


def pace(epochs: int = 10, **planned: int) -> tuple[Pace, Clock]:
    """The pace of so many runs of each method, and its clock."""
    made = pace_of({(parse_word(name)[0], ()): n for name, n in planned.items()}, epochs)
    made.clock = clock = Clock()
    return made, clock


def test_the_time_left_is_what_each_kind_took() -> None:
    """By hand: none took 1 s a run, sam took 3."""
    found, clock = pace(none=4, sam=4)
    assert found.seconds_left is None and found.is_guess
    found.submitted(0, runs("none", 2), 1)
    clock.now += 2
    found.finished(0, 2.0)
    assert found.seconds_left == 2 + 4 and found.done == 2  # sam as none
    found.submitted(1, runs("sam", 2), 1)
    clock.now += 6
    found.finished(1, 6.0)
    assert found.seconds_left == 2 + 6
    found.submitted(2, runs("sam", 2, 2), 1)
    clock.now += 2.5
    assert found.seconds_left == pytest.approx(2 + 3.5)
    found.finished(2, 6.0)
    found.submitted(3, runs("none", 2, 2), 1)
    found.finished(3, 2.0)
    assert (found.seconds_left, found.done, found.training) == (0, 8, "")


def test_a_stack_that_takes_longer_is_expected_to_go_on() -> None:
    """No count-down ends while one is under way, and others of its kind are expected to take as long."""
    found, clock = pace(none=1, sam=2)
    found.submitted(0, runs("none", 1), 1)
    found.finished(0, 1.0)
    found.submitted(1, runs("sam", 1), 1)
    assert found.seconds_left == 2
    clock.now += 8
    assert found.seconds_left == 2 + 10  # of 8 s, a quarter more, and as much for the last
    clock.now += 8
    assert found.seconds_left == 4 + 20


def test_stacks_share_the_workers() -> None:
    """Three stacks of 10 s on two workers; the last alone has only one."""
    found, clock = pace(l2=3)
    found.known([], {})
    for index in range(3):
        found.submitted(index, runs("l2", 1, index), 2)
    found.expected = 30.0
    assert found.seconds_left == 15 and found.is_guess
    clock.now += 8
    found.finished(0, 8.0)
    assert found.training == "l2=0.001"
    assert found.seconds_left == pytest.approx(10.0)  # of the one just begun, expected to take 10
    clock.now += 2
    found.finished(1, 10.0)
    assert found.seconds_left == pytest.approx(9 - 2)


def test_a_guess_counts_down_until_something_is_measured() -> None:
    """What was expected of all runs, less what has gone by."""
    found, clock = pace(none=10)
    found.expected = 20.0
    assert found.seconds_left == 20
    found.submitted(0, runs("none", 10), 1)
    clock.now += 5
    assert found.seconds_left == 15 and found.is_guess
    clock.now += 15
    assert found.seconds_left == pytest.approx(5)


def test_runs_of_a_store_count_at_once_and_tell_of_their_kind() -> None:
    """With the time that they took when they were trained."""
    found, _ = pace(none=4)
    stored = runs("none", 3)
    found.known(stored, dict.fromkeys(stored, 7.0))
    assert (found.done, found.seconds_left, found.is_guess) == (3, 7.0, False)


def test_epochs_of_a_setting_count() -> None:
    """A run of 40 epochs takes four times as long as one of 10."""
    method = parse_word("none")[0]
    long = (("epochs", 40),)
    found = pace_of({(method, ()): 1, (method, long): 1}, 10)
    found.submitted(0, runs("none", 1), 1)
    found.finished(0, 2.0)
    assert found.seconds_left == 8


def test_what_was_not_planned_is_counted_once() -> None:
    """What a search ends with has a strength and setting that nobody knew: another run is off the list."""
    method = parse_word("l2")[0]
    found = pace_of({(method, ()): 2}, 10)
    found.known([Run(method, 0, (("lr", 0.1),)), Run(parse_word("none")[0], 0)])
    assert found.done == 2 and not found.left.total()
    found.known(runs("l2", 1))
    assert not found.left.total()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["none", "l1", "l2", "dropout"]),
            st.integers(1, 5),
            st.floats(0.0, 100.0),
        ),
        min_size=1,
        max_size=8,
    ),
    st.integers(1, 4),
)
def test_it_ends_at_nothing(stacks: list[tuple[str, int, float]], at_once: int) -> None:
    """Never below 0, at 0 with the last, and never less than what one worker has still to do."""
    planned: Counter[str] = Counter()
    for name, n, _ in stacks:
        planned[name] += n
    found, clock = pace(**planned)
    found.expected = 10.0
    for index, (name, n, _) in enumerate(stacks):
        found.submitted(index, runs(name, n), at_once)
    for index, (_, _, seconds) in enumerate(stacks):
        clock.now += seconds
        left = found.seconds_left
        assert left is not None and left >= 0
        assert len(found.training.split(", ")) <= at_once
        found.finished(index, seconds)
    assert found.done == found.total and found.seconds_left == 0
    assert work_of(runs("l1", 1)[0]) == (parse_word("l1")[0].kind, ())


def test_a_line_says_what_trains_and_for_how_long() -> None:
    """Methods of different strengths go by what they have in common."""
    found, _ = pace(none=2, l2=2)
    assert line(found) == "0 of 4 runs done"
    found.submitted(0, [*runs("l2=0.1", 1), *runs("l2=0.2", 1)], 2)
    found.submitted(1, runs("none", 2), 2)
    assert line(found) == "0 of 4 runs done, training l2, none"
    found.finished(1, 4.0)
    assert line(found) == "2 of 4 runs done, training l2, about 4 seconds left"


def test_a_log_gets_a_line_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where standard error is no terminal; none where quiet was asked for."""
    monkeypatch.setattr("regcmp.cli.progress.EVERY", 0.2)
    words = "compare --dataset digits none l2 dropout --seeds 8 --epochs 60 --jobs 1".split()
    done = run_here(words, tmp_path)
    lines = [each for each in done.err.splitlines() if "runs done" in each]
    assert lines and all(
        re.fullmatch(r"\d+ of 24 runs done(, training \S+)?(, about .* left)?", each)
        for each in lines
    ), done.err
    assert any("training l2=0.001, about" in each for each in lines), done.err
    assert run_here([*words, "-q"], tmp_path).err == ""


@pytest.mark.skipif(sys.platform == "win32", reason="pexpect needs a pty")
def test_the_bar_names_what_trains_and_counts_down() -> None:
    """Before the first run is done, too: then as a guess."""
    words = "compare --dataset digits l2 dropout --seeds 4 --epochs 2000 --jobs 1".split()
    terminal = environment(TERM="xterm", COLUMNS="80", NO_COLOR="1", REGCMP_STORE="off")
    child = pexpect.spawn(SCRIPT, words, env=terminal, encoding="utf-8", timeout=60)
    try:
        child.expect(r"training l2=0\.001 .*0/12 runs ~\d:\d\d:\d\d")
    finally:
        child.close(force=True)


@pytest.mark.parametrize("quiet", [[], ["-q"]])
def test_what_was_stopped_says_what_is_kept(quiet: list[str], tmp_path: Path) -> None:
    """And the same command takes that from the store."""
    words = "compare --dataset digits none l2 dropout --seeds 4 --epochs 150 --jobs 1".split()
    store = tmp_path / "runs.sqlite"
    process = subprocess.Popen(
        [SCRIPT, *words, *quiet, "--store", str(store)],
        cwd=tmp_path,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=as_usual,
    )
    deadline = time.monotonic() + 60
    while not kept(store) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    if quiet:
        assert err.strip() == ""  # click ends the line
        return
    found = re.fullmatch(
        rf"Stopped: (\d+) of 12 runs are kept in '{re.escape(str(store))}'; the same command goes on from"
        r" there\.\n",
        err.rstrip("\n") + "\n",
    )
    assert found and int(found[1]) == kept(store), err
    again = run_here([*words, "--store", str(store)], tmp_path)
    assert f"{found[1]} of 12 runs from" in again.err


def kept(store: Path) -> int:
    """How many runs a store has, if it is there."""
    import sqlite3
    from contextlib import closing

    if not store.exists():
        return 0
    with closing(sqlite3.connect(store)) as connection:
        try:
            return int(connection.execute("SELECT count(*) FROM runs").fetchone()[0])
        except sqlite3.Error:
            return 0
