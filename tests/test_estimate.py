"""What a comparison takes is said, or refused, before it starts."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import environment, run_here
from conftest import make_stack
from handmade import log_loss

import regcmp
import regcmp.api
import regcmp.runs.estimating
from regcmp.api import Watch
from regcmp.cli.screen import Screen
from regcmp.data.loading import load_dataset
from regcmp.engine.training import timed_training
from regcmp.errors import UsageError
from regcmp.memory import machine_memory, parse_size, size_text
from regcmp.plan import make_plan
from regcmp.plan.execution import Execution
from regcmp.plan.settling import settle
from regcmp.report.json_text import to_json
from regcmp.runs.estimating import Estimate, duration, estimate_of, fitting
from regcmp.shares import RowShares

DIGITS = load_dataset("digits")


def estimate(jobs: int = 1, methods: str = "none", **words: Any) -> Estimate:
    """Of a comparison on digits."""
    return estimate_of(settle(make_plan("digits", methods, **words), DIGITS), DIGITS, jobs)


MEASURE = """
import regcmp.api as api
from regcmp.cli import main
found, fitting = [], api.fitting
def spy(*words):
    found.append(fitting(*words))
    return found[0]
api.fitting = spy
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
# Not getrusage: what started this process counts in it.
status = dict(line.split(":") for line in open("/proc/self/status"))
print("BYTES", int(status["VmHWM"].split()[0]) * 1024, found[0].bytes)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the unit is that of Linux")
@pytest.mark.parametrize(
    "words",
    [
        "none --seeds 2",
        "l1 --baseline l1 --hidden 2500,2500 --train-size 200 --test-size 50",
        "none --dtype float64 --hidden 2500,2500 --optimizer sgd --train-size 200 --test-size 50",
        "none --noise-features 15000 --hidden 8 --seeds 2",
        "none --batch-size 1000000000 --hidden 5000",
        "none --arch conv32x9-conv32x9-64 --train-size 300",
        "none --seeds 1500 --hidden 2 --train-size 30",
    ],
)
def test_the_estimate_of_memory_is_right_within_a_factor_of_two(words: str, tmp_path: Path) -> None:
    """As the system measured it: weights, rows, batches, windows of convolutions, results."""
    given = ["--dataset", "digits", "--epochs", "1", "--seeds", "1", "--jobs", "1", "-q"]
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, "compare", *given, *words.split()],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    measured, said = map(float, done.stdout.split("BYTES ")[1].split())
    assert 0.5 < said / measured < 2, (size_text(said), size_text(measured))


def test_rows_that_a_report_writes_are_in_the_estimate() -> None:
    """A number of each row and run, which are texts for a moment."""
    data, rng = load_dataset("moons:n=20000"), np.random.default_rng(0)
    words = {"metric": "log_loss", "methods": "none,l2".split(","), "seeds": 10}
    said = [
        estimate_of(settle(make_plan(data.name, row_scores=each, **words), data), data, 1).bytes
        for each in (True, False)
    ]
    rows = np.arange(20_000)
    numbers = rng.random((2, 10_000)).astype("f4")
    shares = RowShares(
        "log_loss",
        rows,
        dict.fromkeys(range(10), (rows[::2], rows[1::2])),
        {(method, seed): tuple(numbers) for method in ("none", "l2") for seed in range(10)},
    )
    report = log_loss()
    report = replace(report, rows=shares, plan=report.plan | {"row_scores": True})
    tracemalloc.start()
    to_json(report).encode()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 0.5 < (said[0] - said[1]) / peak < 2


def test_what_cannot_fit_is_refused_in_a_line_with_the_estimate(tmp_path: Path) -> None:
    """Before anything large is made, and with a way out that helps."""
    words = ["compare", "--dataset", "digits", "--jobs", "2", "--max-memory", "1GB"]
    done = run_here([*words, "--hidden", "30000,30000"], tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "Error: training 40 networks of 902,280,010 weights, in 2 processes takes about 91 GB of memory, and"
        " --max-memory allows 1.0 GB; make --jobs smaller, make --hidden or --arch smaller, or allow more\n"
    )


@pytest.mark.parametrize(
    ("words", "way_out"),
    [
        ({"hidden": "100000,100000"}, "make --hidden or --arch smaller"),
        ({"arch": "64-99999-99999"}, "make --hidden or --arch smaller"),
        ({"arch": "conv9999x99-64"}, "make --hidden or --arch smaller"),
        ({"seeds": 100_000}, "make --seeds smaller"),
        ({"noise_features": 100_000}, "take fewer rows"),
        ({"methods": "dropconnect", "hidden": 4000, "batch_size": 10**9}, "make --batch-size"),
    ],
)
def test_each_refusal_names_what_takes_the_memory(words: dict[str, Any], way_out: str) -> None:
    """From Python too, where the machine is small."""
    with pytest.raises(UsageError, match=way_out):
        regcmp.compare("digits", **({"methods": "none", "jobs": 1} | words), max_memory="500MB")


def test_the_machine_is_the_limit_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """More may be asked for; and without --jobs there are as many processes as have room."""
    monkeypatch.setattr(regcmp.runs.estimating, "machine_memory", lambda: 1.2e9)
    monkeypatch.setattr(regcmp.runs.estimating, "_cores", lambda: 8)
    plan = settle(make_plan("digits", hidden="2000,2000"), DIGITS)
    found = fitting(plan, DIGITS, Execution())
    assert 1 <= found.jobs < 8 and found.bytes <= 1.2e9
    assert estimate_of(plan, DIGITS, found.jobs + 1).bytes > 1.2e9
    with pytest.raises(UsageError, match=r"and this machine has 1.2 GB; make --jobs smaller, "):
        fitting(plan, DIGITS, Execution(jobs=8))
    assert fitting(plan, DIGITS, Execution(8, 10**12)).jobs == 8


def test_networks_and_weights_are_counted() -> None:
    """By hand: 64 x 8 + 8, then 8 x 10 + 10."""
    found = estimate(methods="none l2=1,2", hidden=8, seeds=5)
    assert (found.networks, found.parameters) == (15, 610)
    assert estimate(hidden=8, seeds=1).parameters == 610


def test_long_work_is_announced_and_short_work_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, in one line; not where all should be quiet."""
    found = estimate(methods="none l1 l2 dropout", seeds=10_000)
    for quiet in (False, True):
        Screen(quiet=quiet, color="auto").announce(found)
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert err.startswith("Training 40,000 networks of 8,970 weights: roughly ")
    assert estimate(epochs=10**9).is_long and estimate(hidden=",".join(["8"] * 9999)).is_long
    assert not estimate(methods="none l1 l2 dropout").is_long


def test_the_estimate_is_told_before_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """And training is given as many processes as it says."""
    told: list[Any] = []
    monkeypatch.setattr(
        regcmp.api, "run_experiment", lambda _p, _d, jobs, *_, **__: told.append(jobs)
    )
    plan = make_plan("iris", "none", seeds=2)
    with pytest.raises(AttributeError):  # there is no outcome
        regcmp.api.run(plan, Execution(jobs=2), Watch(estimated=told.append))
    assert isinstance(told[0], Estimate) and told[1] == 2


def test_memory_is_what_the_narrowest_control_group_has(tmp_path: Path) -> None:
    """Of both versions, this process's own and those around it; 'max' is none."""
    own = machine_memory(tmp_path)
    assert own > 1e8
    group = tmp_path / "sys/fs/cgroup/a/b"
    group.mkdir(parents=True)
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("0::/a/b\n")
    (group / "memory.max").write_text("max\n")
    assert machine_memory(tmp_path) == own
    (group.parent / "memory.max").write_text("5000000\n")
    assert machine_memory(tmp_path) == 5e6
    older = tmp_path / "sys/fs/cgroup/memory/c"
    older.mkdir(parents=True)
    (older / "memory.limit_in_bytes").write_text("4000000\n")
    (tmp_path / "proc/self/cgroup").write_text("3:cpu,cpuacct:/x\n2:memory:/c\n0::/\n")
    assert machine_memory(tmp_path) == 4e6


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("8GB", 8e9), ("8g", 8e9), ("1.5 GB", 1.5e9), ("512MiB", 512 * 2**20), ("2T", 2e12),
        ("1000", 1000), (10**9, 1e9), ("4kb", 4e3),
    ],
)  # fmt: skip
def test_sizes_of_memory(text: str | int, size: float) -> None:
    """As people write them."""
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "8X", "-1GB", "0", "nan", "inf", "1e9", "GB", True, "9" * 400]
)
def test_what_is_no_size_is_refused(text: Any) -> None:
    """Naming the option."""
    with pytest.raises(UsageError, match="--max-memory: expected a size, such as 8GB"):
        parse_size(text)


def test_sizes_and_durations_in_words() -> None:
    """With two digits or three."""
    sizes = [size_text(each) for each in (1e6, 5.5e8, 7.94e9, 1.2e13, 3e15)]
    assert sizes == ["1.0 MB", "550 MB", "7.9 GB", "12 TB", "3,000 TB"]
    times = [duration(each) for each in (20, 100, 5000, 9000, 3e5, 1e9)]
    assert times == ["20 seconds", "2 minutes", "83 minutes", "2 hours", "3 days", "32 years"]


def test_a_layer_as_wide_as_the_message_allows_is_trained() -> None:
    """100,000 units, which were a bug; one more is refused."""
    words = {"seeds": 1, "epochs": 1, "jobs": 1}
    assert regcmp.compare("iris", "none", hidden=100_000, **words).summary["n"].sum() >= 0
    with pytest.raises(UsageError, match="from 1 to 100000"):
        make_plan("iris", hidden=100_001)


def test_the_weights_of_a_run_that_is_done_are_let_go() -> None:
    """A view of none of them would keep them all."""
    (run,) = timed_training(0, make_stack())[1]
    assert run.theta.base is None and np.size(run.theta) == 0


@pytest.mark.parametrize("size", ["1000000", '"1MB"'])
def test_a_config_file_may_say_bytes_or_a_size(size: str, tmp_path: Path) -> None:
    """And is named by the refusal."""
    text = f'dataset = "iris"\nmethods = ["none"]\nseeds = 1\njobs = 1\nmax-memory = {size}\n'
    (tmp_path / "c.toml").write_text(text)
    done = run_here(["compare", "--config", "c.toml"], tmp_path)
    assert done.code == 2 and "--max-memory allows 1.0 MB" in done.err
