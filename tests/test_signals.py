"""Signals, kills and what workers import: nothing is left running, and nothing foreign runs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pexpect
import psutil
import pytest
from commands import SCRIPT, TINY, environment, run

ENDLESS = ("--dataset", "digits", "--epochs", "1000000", "--seeds", "4", "none", "l2", "dropout")

on_linux = pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="looks into /proc")


def as_usual() -> None:
    """Let signals do what they do in a shell, also where these tests run in the background."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


class Running:
    """A comparison that would not end by itself, in a process group of its own, with an old report."""

    def __init__(self, folder: Path, *words: str, **extra: str) -> None:
        self.mark = uuid4().hex
        self.report = folder / "report.csv"
        self.report.write_text("old")
        self.process = subprocess.Popen(
            [SCRIPT, "compare", "-q", *ENDLESS, "-o", str(self.report), *words],
            cwd=folder,
            env=environment(REGCMP_TEST=self.mark, **extra),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=as_usual,
        )

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a moment of the run."""
        deadline = time.monotonic() + 60
        while not condition():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def workers(self) -> list[psutil.Process]:
        """Its worker processes so far."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in children if "LokyProcess" in " ".join(command_line(child))]

    def ours(self) -> list[list[str]]:
        """The command line of every process, orphans too, that descends from this one."""
        return marked(self.mark)

    def end(self, number: int) -> tuple[int, str, str]:
        """Send the signal, to the whole group where a terminal does; the code and what was written."""
        if number == signal.SIGTERM:
            self.process.send_signal(number)
        else:
            os.killpg(self.process.pid, number)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err

    def ended(self) -> tuple[int, str, str]:
        """The code and what was written, of a run that has ended."""
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err

    def wait_for_all(self) -> None:
        """Every process that descends from it ends by itself."""
        deadline = time.monotonic() + 15
        while self.ours() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert self.ours() == []

    def clean_up(self) -> None:
        """Leave nothing running, whatever went wrong."""
        for each in psutil.process_iter():
            if environment_of(each).get("REGCMP_TEST") == self.mark:
                each.kill()
        self.process.communicate()


def marked(mark: str) -> list[list[str]]:
    """The command line of every process with this mark in its environment."""
    return [
        command_line(each)
        for each in psutil.process_iter()
        if environment_of(each).get("REGCMP_TEST") == mark
    ]


def command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def environment_of(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ()
    except (psutil.Error, OSError):
        return {}


def loaded(pid: int, library: str) -> bool:
    """Whether a process has come so far as to load a library whose path has this in it."""
    try:
        return library in Path(f"/proc/{pid}/maps").read_text()
    except OSError:
        return False


def busy(pid: int, seconds: float) -> bool:
    """Whether a process has used this much time of a processor."""
    try:
        return psutil.Process(pid).cpu_times().user >= seconds
    except psutil.Error:
        return False


def at_start(run: Running) -> None:
    """NumPy is being imported, which no traceback may tell."""
    run.until(lambda: loaded(run.process.pid, "_multiarray_umath"))


def while_loading(run: Running) -> None:
    """Pandas is being imported."""
    run.until(lambda: loaded(run.process.pid, "pandas"))


def while_training_here(run: Running) -> None:
    """No worker is wanted, and all that is imported has been for a while."""
    run.until(lambda: loaded(run.process.pid, "sklearn"))
    used = psutil.Process(run.process.pid).cpu_times().user
    run.until(lambda: busy(run.process.pid, used + 0.7))


def while_workers_start(run: Running) -> None:
    """The workers are there, and Python is at its imports in them."""
    run.until(lambda: any(loaded(worker.pid, "/_posixsubprocess") for worker in run.workers()))


def while_workers_train(run: Running) -> None:
    """Both workers have been at it for a while."""
    run.until(lambda: sum(busy(worker.pid, 0.7) for worker in run.workers()) == 2)


@on_linux
@pytest.mark.parametrize(
    ("number", "jobs", "moment"),
    [
        (signal.SIGINT, 2, at_start),
        (signal.SIGINT, 1, while_training_here),
        (signal.SIGINT, 2, while_workers_start),
        (signal.SIGINT, 2, while_workers_train),
        (signal.SIGTERM, 2, while_loading),
        (signal.SIGTERM, 2, while_workers_train),
        (signal.SIGHUP, 2, while_workers_train),
        (signal.SIGHUP, 1, while_training_here),
        (signal.SIGQUIT, 2, while_workers_train),
        (signal.SIGQUIT, 2, while_loading),
    ],
    ids=lambda value: (
        getattr(value, "__name__", None) or getattr(value, "name", None) or str(value)
    ),
)
def test_a_signal_ends_at_once_and_leaves_nothing(
    number: signal.Signals, jobs: int, moment: Callable[[Running], None], tmp_path: Path
) -> None:
    """128 + n, no traceback of anybody, no process left, the old report whole and nothing beside it."""
    run = Running(tmp_path, "--jobs", str(jobs))
    try:
        moment(run)
        started = time.monotonic()
        code, out, err = run.end(number)
        assert code == 128 + number
        assert time.monotonic() - started < 10
        assert (out, err.strip()) == ("", "")
        while run.ours() and time.monotonic() - started < 10:
            time.sleep(0.02)
        assert run.ours() == []
        assert run.report.read_text() == "old"
        assert list(tmp_path.iterdir()) == [run.report]
    finally:
        run.clean_up()


INTERRUPTED_WORK = """
import signal, sys, threading, time
sys.path.insert(0, {tests!r})
from conftest import make_stack
from regcmp.runs.executing import local_site, train_all, train_here

def stacks():
    for _ in range(3):
        yield make_stack(epochs=10**9)
    time.sleep(1)
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
    yield make_stack(epochs=10**9)

if __name__ == "__main__":
    try:
        with local_site(2, print) as site:
            list(train_all(((train_here, (0, each)) for each in stacks()), site))
    except KeyboardInterrupt:
        print("interrupted")
"""


@on_linux
@pytest.mark.full
def test_ctrl_c_while_work_is_given_out_does_not_wait_for_the_work(tmp_path: Path) -> None:
    """Workers train already when it comes, and nobody waits for their results yet."""
    script = tmp_path / "script.py"
    script.write_text(INTERRUPTED_WORK.format(tests=str(Path(__file__).parent)))
    process = subprocess.Popen(
        [sys.executable, str(script)],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        preexec_fn=as_usual,
    )
    try:
        out, _ = process.communicate(timeout=20)
        assert (process.returncode, out) == (0, "interrupted\n")
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@on_linux
@pytest.mark.parametrize(
    "moment",
    [while_loading, while_workers_start, while_workers_train, while_training_here],
    ids=lambda each: each.__name__,
)
def test_five_fast_ctrl_c_are_as_one(moment: Callable[[Running], None], tmp_path: Path) -> None:
    """The first ends the command; the others find it ending."""
    jobs = "1" if moment is while_training_here else "2"
    run = Running(tmp_path, "--jobs", jobs)
    try:
        moment(run)
        for _ in range(4):
            os.killpg(run.process.pid, signal.SIGINT)
            time.sleep(0.02)
        with suppress(ProcessLookupError):
            os.killpg(run.process.pid, signal.SIGTERM)
        code, out, err = run.end(signal.SIGINT) if run.process.poll() is None else run.ended()
        assert (code, out, err.strip()) == (130, "", "")
        run.wait_for_all()
        assert list(tmp_path.iterdir()) == [run.report]
    finally:
        run.clean_up()


@pytest.mark.full
@on_linux
@pytest.mark.parametrize(
    "moment", [while_workers_start, while_workers_train], ids=lambda e: e.__name__
)
def test_workers_and_their_memory_end_with_a_killed_parent(
    moment: Callable[[Running], None], tmp_path: Path
) -> None:
    """SIGKILL can't be handled: the workers see that their parent is gone, and the trackers clean up."""
    shared = tmp_path / "shared"
    shared.mkdir()
    large = (
        "--dataset",
        "classification:n=20000:features=100:informative=5",
        "--batch-size",
        "256",
    )
    run = Running(tmp_path, "--jobs", "2", *large, JOBLIB_TEMP_FOLDER=str(shared))
    try:
        moment(run)
        run.process.kill()
        run.process.communicate(timeout=10)
        run.wait_for_all()
        assert list(shared.rglob("*.pkl")) == []
        assert run.report.read_text() == "old"
    finally:
        run.clean_up()


@pytest.mark.full
@on_linux
def test_a_closed_terminal_leaves_nothing(tmp_path: Path) -> None:
    """The kernel sends SIGHUP to the foreground group."""
    mark = uuid4().hex
    words = ["compare", *ENDLESS, "--jobs", "2"]
    child = pexpect.spawn(
        SCRIPT, words, cwd=tmp_path, env=environment(REGCMP_TEST=mark), timeout=60
    )
    try:
        child.expect("0/")
        time.sleep(1)
        with suppress(pexpect.ExceptionPexpect):  # which has less patience than a clean end takes
            child.close(force=False)
        deadline = time.monotonic() + 15
        while (left := marked(mark)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert left == []
    finally:
        child.close(force=True)
        for each in psutil.process_iter():
            if environment_of(each).get("REGCMP_TEST") == mark:
                each.kill()


NAMES = ("tempfile", "random", "numpy", "joblib", "pickle", "threading", "regcmp", "sitecustomize_")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_nothing_of_the_current_folder_is_imported(jobs: str, tmp_path: Path) -> None:
    """By no process: workers and trackers are started by 'python -m' and 'python -c'."""
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text(
            f"open({str(tmp_path / 'ran')!r}, 'a').write('{name} ')\n"
        )
    done = run(("compare", *TINY[:-2], "--jobs", jobs, "none", "l2+dropout"), tmp_path)
    assert done.code == 0
    assert not (tmp_path / "ran").exists(), (tmp_path / "ran").read_text()


@pytest.mark.full
def test_a_script_reaches_its_module_in_workers(tmp_path: Path) -> None:
    """The folder of the user's own script is on its path, as Python puts it there."""
    (tmp_path / "beside.py").write_text("FACTOR = 0.5\n")
    (tmp_path / "script.py").write_text(
        """
import regcmp
from beside import FACTOR

@regcmp.register
class Half(regcmp.Regularizer):
    name = "half"
    formula = "L + half"
    strength_is = regcmp.Number(0.1, 0, 1, "share")

    def penalize(self, grad, context):
        import beside
        return grad + beside.FACTOR * FACTOR * self.strength[:, :, 0] * context.theta

if __name__ == "__main__":
    settings = dict(seeds=2, epochs=2)
    one, two = (regcmp.compare("iris", "none half", jobs=jobs, **settings) for jobs in (1, 2))
    print(one.to_csv() == two.to_csv())
"""
    )
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, env=environment(), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("True\n", "")


unshare = pytest.mark.skipif(
    not shutil.which("unshare") or not hasattr(os, "geteuid") or os.geteuid() != 0,
    reason="needs a file system of its own",
)


@pytest.mark.full
@unshare
@pytest.mark.parametrize("quiet", [True, False])
def test_without_shared_memory_this_process_trains(quiet: bool, tmp_path: Path) -> None:
    """With one line that says so, unless quiet, and the same bytes."""
    words = ["compare", *TINY[:-2], "none", "l2+dropout", "-o", "-", "--jobs"]
    usual = run((*words, "2", "-q"), tmp_path)
    script = 'mount -t tmpfs -o ro none /dev/shm && exec "$@"'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", SCRIPT, *words, "2", *(["-q"] if quiet else [])],
        cwd=tmp_path, env=environment(), capture_output=True, check=False,
    )  # fmt: skip
    if b"mount:" in done.stderr:
        pytest.skip("may not mount")
    assert (done.returncode, done.stdout) == (0, usual.stdout)
    first = done.stderr.decode().partition("\n")[0]
    assert first == "" if quiet else first.startswith("Warning: no worker processes here (")


@pytest.mark.full
@unshare
def test_a_full_shared_memory_is_named_with_a_way_out(tmp_path: Path) -> None:
    """Where arrays are too large to be sent as they are."""
    script = 'mount -t tmpfs -o size=3m none "$0" && exec "$@"'
    large = ("--dataset", "classification:n=20000:features=100:informative=5", "--epochs", "1")
    (tmp_path / "small").mkdir()
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "small", SCRIPT, "compare", *large, "--seeds", "4",
         "none", "l2", "--jobs", "2"],
        cwd=tmp_path, env=environment(JOBLIB_TEMP_FOLDER="small"), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if "mount:" in done.stderr:
        pytest.skip("may not mount")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(
        "Error: no space left for what is sent to workers in"
    )
    assert "--jobs 1" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.full
def test_a_deleted_folder_is_no_hindrance(tmp_path: Path) -> None:
    """Where nothing is read from it or written to it."""
    script = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"'
    words = [SCRIPT, "compare", *TINY[:-2], "none", "l2+dropout", "--jobs", "2", "-o", "-"]
    done = subprocess.run(
        ["sh", "-c", script, "sh", *words], cwd=tmp_path, env=environment(), capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0 and done.stdout.startswith("dataset,")
    assert done.stderr.startswith(
        "Warning: no worker processes here (the current folder was deleted)"
    )


TWICE = """
import os, sys
import regcmp
if __name__ == "__main__":
    for _ in range(2):
        regcmp.compare(
            "classification:n=20000:features=100:informative=5", "none l2", seeds=2, epochs=1, jobs=2
        )
        print(sum(len(files) for _, _, files in os.walk(os.environ["JOBLIB_TEMP_FOLDER"])))
"""


@on_linux
@pytest.mark.full
def test_files_of_large_arrays_are_removed_as_soon_as_a_comparison_ends(tmp_path: Path) -> None:
    """In silence, also where several follow in one process."""
    shared = tmp_path / "shared"
    shared.mkdir()
    (tmp_path / "script.py").write_text(TWICE)
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=False,
        env=environment(JOBLIB_TEMP_FOLDER=str(shared)),
    )  # fmt: skip
    assert (done.stdout.split(), done.stderr, done.returncode) == (["0", "0"], "", 0)
    assert list(shared.iterdir()) == []


def test_the_pool_of_workers_shuts_down_as_an_executor_does() -> None:
    """What was handed in is done, and no process is left."""
    from regcmp.runs.workers import workers

    before = set(psutil.Process().children(recursive=True))
    with workers(2, print) as pool:
        assert pool is not None
        with pool as executor:
            futures = [executor.submit(pow, 2, k) for k in range(6)]
        assert [each.result(timeout=0) for each in futures] == [1, 2, 4, 8, 16, 32]
        left = set(psutil.Process().children(recursive=True)) - before
        assert not [each for each in left if "popen_loky" in " ".join(each.cmdline())]


DROPPED = """
import signal, sys, time, weakref
from regcmp.cli.signals import handle_signals

class Thing:
    pass

def callback(reference):
    signal.raise_signal(signal.SIGINT)
    for _ in range(100):
        pass

handle_signals()
thing = Thing()
reference = weakref.ref(thing, callback)
del thing
try:
    time.sleep(20)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_an_interruption_that_python_drops_comes_again() -> None:
    """Python drops exceptions of a weak reference's callback, such as those of its import system."""
    said = subprocess.run(
        [sys.executable, "-c", DROPPED], capture_output=True, text=True, timeout=60, check=False
    )
    assert (said.stdout, said.stderr, said.returncode) == ("interrupted\n", "", 0)
