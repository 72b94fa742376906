"""A real Dask scheduler and real workers: the same bytes as in one process, whatever happens to them."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import SCRIPT, environment, run

import regcmp
from regcmp.data.loading import load_dataset
from regcmp.engine.stack import Keep
from regcmp.plan import make_plan
from regcmp.runs.condition import Condition
from regcmp.runs.experiment import planned_runs
from regcmp.runs.recipe import ONE_THREAD, recipe_of, train_there
from regcmp.runs.stacking import stacked_runs
from regcmp.runs.store import Store

pytest.importorskip("distributed")

WINE = ("compare", "--dataset", "wine", "--epochs", "15", "--seeds", "4")
PLUGIN = """
import regcmp

@regcmp.register
class Half(regcmp.Regularizer):
    name = "half"
    formula = "½‖w‖²"
    strength_is = regcmp.Number(0.1, 0, 1, "strength")

    def penalize(self, grad, context):
        return grad + self.strength[:, 0] * context.theta
"""


class Processes:
    """A scheduler and its workers, each a process of its own, started in a folder of theirs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "scheduler.json"
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._start(
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(self.file)
        )
        self.address = str(json.loads(self._written())["address"])

    def work(self, number: int = 1, nanny: bool = False, **extra: str) -> None:
        """Start workers of one thread."""
        for _ in range(number):
            words = ("--scheduler-file", str(self.file), "--nthreads", "1")
            words += ("--nanny" if nanny else "--no-nanny", "--local-directory", str(self.folder))
            self.workers.append(self._start("worker", *words, **extra))

    def close(self) -> None:
        """End all of them."""
        for each in (*self.workers, self.scheduler):
            each.kill()
            each.wait()

    def _start(self, what: str, *words: str, **extra: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *words, "--no-dashboard"]
        with (self.folder / f"{what}.log").open("ab") as log:
            return subprocess.Popen(
                command, cwd=self.folder, env=environment(**extra), stdout=log, stderr=log
            )

    def _written(self) -> str:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if self.file.exists() and (text := self.file.read_text()).endswith("}"):
                return text
            time.sleep(0.05)
        raise AssertionError((self.folder / "scheduler.log").read_text())


@pytest.fixture(scope="module")
def two_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """A cluster that no test harms."""
    with closing(Processes(tmp_path_factory.mktemp("cluster"))) as processes:
        processes.work(2)
        wait_for_workers(processes, 2)
        yield processes


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Processes]:
    """A scheduler that a test may harm."""
    (tmp_path / "cluster").mkdir()
    with closing(Processes(tmp_path / "cluster")) as processes:
        yield processes


def wait_for_workers(processes: Processes, number: int) -> None:
    """Until so many workers are known to the scheduler."""
    import distributed

    with distributed.Client(processes.address, set_as_default=False) as client:  # type: ignore[no-untyped-call]
        client.wait_for_workers(number, timeout=60)  # type: ignore[no-untyped-call]


def report(path: Path) -> dict[str, Any]:
    """A report in JSON but for what two equal commands do not share."""
    document: dict[str, Any] = json.loads(path.read_text())
    del document["timing"]
    return document


SAMPLES = (
    ("none l1 l2=0.01,0.1 dropout", ()),
    ("none tune:l2 earlystop", ("--trials", "2", "--label-noise", "0.2")),
    ("none half=0.01", ("--plugin", "half.py")),
    ("none snapshot", ("--metric", "log_loss", "--class-weight", "balanced")),
)


@pytest.mark.parametrize(("methods", "more"), SAMPLES)
def test_workers_give_the_same_bytes(
    two_workers: Processes, tmp_path: Path, methods: str, more: tuple[str, ...]
) -> None:
    """In the table, the CSV and the JSON; a plugin is nowhere but beside the command."""
    (tmp_path / "half.py").write_text(PLUGIN)
    words = [*WINE, *more, *methods.split(), "-q"]
    alone = run([*words, "--jobs", "1", "-o", "a.csv", "-o", "a.json"], tmp_path)
    there = run(
        [*words, "--scheduler", two_workers.address, "-o", "b.csv", "-o", "b.json"], tmp_path
    )
    assert (alone.code, there.code) == (0, 0), there.err
    assert alone.stdout == there.stdout and there.err == ""
    assert alone.file("a.csv") == there.file("b.csv")
    assert report(tmp_path / "a.json") == report(tmp_path / "b.json")


def test_a_map_is_drawn_of_networks_from_workers(two_workers: Processes, tmp_path: Path) -> None:
    """And a scheduler's file stands for its address."""
    words = [
        "compare",
        "--dataset",
        "moons:n=80",
        "--epochs",
        "5",
        "--seeds",
        "2",
        "none",
        "l2",
        "-q",
    ]
    files = ["-o", "a.json", "--predictions", "a.csv"], ["-o", "b.json", "--predictions", "b.csv"]
    run([*words, "--jobs", "1", *files[0]], tmp_path)
    done = run([*words, "--scheduler", str(two_workers.file), *files[1]], tmp_path)
    assert done.code == 0, done.err
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes() != b""
    assert report(tmp_path / "a.json")["boundary"] and done.err == ""
    assert report(tmp_path / "a.json") == report(tmp_path / "b.json")


@pytest.mark.full
def test_a_scheduler_is_started_where_asked_for(tmp_path: Path) -> None:
    """Whatever address the environment has, which is never used."""
    words = [*WINE, "--jobs", "2", "-q", "-o", "-"]
    alone = run(words, tmp_path)
    ambient = {"DASK_SCHEDULER_ADDRESS": "tcp://127.0.0.1:1"}
    assert run(words, tmp_path, ambient).stdout == alone.stdout
    there = run([*words, "--scheduler", "local"], tmp_path, ambient)
    assert (there.code, there.stdout, there.err) == (0, alone.stdout, "")


def long_words() -> list[str]:
    """A command of many stacks, some seconds long."""
    return ["compare", "--dataset", "digits", "--epochs", "30", "--seeds", "6", "none", "l1", "l2",
            "dropout", "noise", "maxnorm", "--store", "runs.sqlite"]  # fmt: skip


def wait_for_runs(path: Path, command: subprocess.Popen[bytes]) -> None:
    """Until a store has some."""
    end = time.monotonic() + 90
    while time.monotonic() < end and command.poll() is None:
        if path.exists():
            with closing(Store(path)) as store:
                if store.count:
                    return
        time.sleep(0.05)
    raise AssertionError("nothing was kept")


def start(words: list[str], folder: Path) -> subprocess.Popen[bytes]:
    """Start a command."""
    return subprocess.Popen(
        [SCRIPT, *words],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.full
@pytest.mark.parametrize("nanny", [False, True])
def test_a_worker_that_is_killed_costs_its_stack_alone(
    own: Processes, tmp_path: Path, nanny: bool
) -> None:
    """One of two; or the only one, which had all that was sent, and is started anew by its nanny."""
    own.work(1 if nanny else 2, nanny=nanny)
    wait_for_workers(own, 1 if nanny else 2)
    alone = run([*long_words(), "--store", "off", "-q", "-o", "-"], tmp_path)
    words = [*long_words(), "--scheduler", own.address, "-q", "-o", "-"]
    command = start(words, tmp_path)
    wait_for_runs(tmp_path / "runs.sqlite", command)
    kill_a_worker(own, nanny=nanny)
    out, err = command.communicate(timeout=120)
    assert command.returncode == 0, err
    assert (out, err) == (alone.stdout, b"")


def kill_a_worker(own: Processes, *, nanny: bool) -> None:
    """Without warning; of a nanny, the process that works."""
    import psutil

    process = psutil.Process(own.workers[0].pid)
    if nanny:
        process = max(process.children(), key=lambda each: each.memory_info().rss)
    process.send_signal(signal.SIGKILL)


@pytest.mark.full
def test_a_scheduler_that_goes_away_ends_in_one_line_and_loses_nothing(
    own: Processes, tmp_path: Path
) -> None:
    own.work(2)
    wait_for_workers(own, 2)
    command = start([*long_words(), "--scheduler", own.address, "-q"], tmp_path)
    wait_for_runs(tmp_path / "runs.sqlite", command)
    own.scheduler.kill()
    _, err = command.communicate(timeout=60)
    assert command.returncode != 0
    assert (
        err.decode().count("\n") == 1
        and f"the scheduler at {own.address!r} went away" in err.decode()
    )
    with closing(Store(tmp_path / "runs.sqlite")) as store:
        kept = store.count
    done = run([*long_words(), "--jobs", "1"], tmp_path)
    assert done.code == 0 and f"{kept} of 36 runs from" in done.err


@pytest.mark.full
def test_what_kills_every_worker_is_named(own: Processes, tmp_path: Path) -> None:
    """After three more tries; by a plugin whose code ends the process."""
    own.work(2, nanny=True)
    wait_for_workers(own, 2)
    fatal = PLUGIN.replace(
        "        return grad", "        import os; os._exit(3)\n        return grad"
    )
    (tmp_path / "half.py").write_text(fatal)
    words = [*WINE, "--plugin", "half.py", "half=0.1", "--baseline", "half=0.1", "-q"]
    done = run([*words, "--scheduler", own.address], tmp_path)
    assert done.code == 1 and done.err.count("\n") == 1
    assert "ended 4 times while they trained 'half=0.1' under seed 0 and 3 more runs" in done.err


@pytest.mark.full
def test_other_kernels_are_named_and_kept_apart(own: Processes, tmp_path: Path) -> None:
    """Equal bytes hold on equal machines: a worker elsewhere has its own key in the store."""
    own.work(1, OPENBLAS_CORETYPE="Nehalem")
    wait_for_workers(own, 1)
    words = [*WINE, "none", "l2", "-q", "--store", "runs.sqlite"]
    there = run([*words, "--scheduler", own.address, "-o", "r.json"], tmp_path)
    document = report(tmp_path / "r.json")
    (worker,) = document["environment"]["workers"]
    assert "Nehalem" in worker["machine"] and len(worker["runs"]) == 8
    assert "8 of 8 runs were trained on a machine of other kernels" in " ".join(there.out.split())
    again = run([*words[:-3], "--store", "runs.sqlite", "--scheduler", own.address], tmp_path)
    assert "8 of 8 runs from" in again.err
    here = run([*words[:-3], "--store", "runs.sqlite", "-o", "h.json"], tmp_path)
    assert here.code == 0 and "runs from" not in here.err
    assert report(tmp_path / "h.json")["environment"]["workers"] == []


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.mark.parametrize(
    ("place", "more", "said"),
    [
        pytest.param(
            "tcp://127.0.0.1:{port}",
            (),
            "can't reach a scheduler at 'tcp://127.0.0.1:{port}'",
            marks=pytest.mark.full,  # it is waited for
        ),
        ("nowhere.json", (), "can't read 'nowhere.json': No such file"),
        ("broken.json", (), "'broken.json' is not the file of a Dask scheduler"),
        ("odd://127.0.0.1:1", (), "expected an address as tcp://HOST:8786"),
        ("127.0.0.1:8786", (), "expected an address as tcp://HOST:8786, a FILE.json, or local"),
        (
            "tcp://127.0.0.1:1",
            ("--jobs", "2"),
            "--jobs: the scheduler 'tcp://127.0.0.1:1' has workers",
        ),
        ("local", ("--jobs", "0"), "--jobs: expected"),
        ("cosine", (), "or local, got 'cosine'; write --schedule cosine"),
    ],
)
def test_a_place_that_is_no_scheduler_is_said_in_one_line(
    tmp_path: Path, place: str, more: tuple[str, ...], said: str
) -> None:
    port = free_port()
    (tmp_path / "broken.json").write_text("{")
    done = run([*WINE, "-q", "--scheduler", place.format(port=port), *more], tmp_path)
    assert (done.code, done.stdout) == (2, b"") and done.err.count("\n") == 1, done.err
    assert said.format(port=port) in done.err


def test_a_scheduler_without_workers_is_refused(own: Processes, tmp_path: Path) -> None:
    done = run([*WINE, "-q", "--scheduler", own.address], tmp_path)
    assert done.code == 2 and "has no workers; start some with 'dask worker'" in done.err
    assert done.err.count("\n") == 1


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(regcmp.UsageError, match=r"pip install 'regcmp\[dask\]'"):
        regcmp.compare("wine", ["none"], epochs=1, seeds=2, scheduler="local")


def test_a_recipe_trains_what_its_condition_does() -> None:
    """Both of a tuned plan: labels that were flipped in the one are flipped in the other."""
    from regcmp.runs.tuning import Search

    plan = make_plan("wine", "none tune:l2", epochs=4, seeds=2, label_noise=0.3, trials=2)
    from regcmp.plan.settling import settle

    dataset = load_dataset(plan.dataset, plan.reading, plan.columns)
    search = Search(settle(plan, dataset), dataset)
    for condition in (search.condition, search.final):
        other = recipe_of(condition).condition(dataset)
        for seed in condition.splits:
            assert np.array_equal(condition.learned(seed), other.learned(seed))
        assert [condition.key(run) for run in search.runs] == [
            other.key(run) for run in search.runs
        ]


def test_threads_of_a_worker_share_one_limit() -> None:
    """The first that ends does not give the threads back while another trains."""
    from threadpoolctl import threadpool_info

    def most() -> int:
        return max(each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas")

    before = most()
    with ExitStack() as outer:
        with ONE_THREAD:
            outer.enter_context(ONE_THREAD)
        assert most() == 1
    assert most() == before


def test_a_task_is_small_whatever_the_dataset() -> None:
    """Which runs, and nothing of the rows: a stack's message does not grow with them."""
    import pickle

    sizes = []
    for n in (100, 10_000):
        plan = make_plan(f"moons:n={n}", "none l2=0.1", epochs=1, seeds=4)
        condition = Condition(plan, load_dataset(plan.dataset, plan.reading, plan.columns))
        (runs, *_) = stacked_runs(condition, list(planned_runs(plan).values()))
        sizes.append(len(pickle.dumps((train_there, 0, runs, Keep()))))
    assert sizes[0] == sizes[1] < 2_000
