"""Kernels: the bits of a loop are those of its definition, and no number depends on which is used."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import run_here
from conftest import make_stack

from regcmp.engine.arrays import Floats
from regcmp.engine.kernels import KERNELS, checking, storing
from regcmp.engine.kernels.kernel import Kernel
from regcmp.engine.kernels.switch import COMPILE, LOAD, VARIABLE, Switch
from regcmp.engine.stack import Ingredient
from regcmp.engine.training import train

SPECIAL = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    1e-310,
    -1e-41,
    1e-45,
    np.inf,
    -np.inf,
    np.nan,
    3e38,
    -65504.0,
    0.5,
]
"""Zeros of both signs, subnormals of either dtype, infinities, NaN."""

DTYPES = [np.dtype(np.float32), np.dtype(np.float64)]
SIZES = [(1, 1, 1), (1, 7, 64), (3, 5, 37), (2, 16, 16), (10, 3, 130)]
"""Runs, rows and units: fewer than a register holds, as many, and what is left over."""


@cache
def code(dtype: np.dtype[Any]) -> Any:
    """The loops, compiled; without Numba the test is skipped."""
    pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    from regcmp.engine.kernels.compiling import Code, compiled

    # Compiled once for all of pytest's processes, and kept as a command would keep it.
    kept = storing.read(storing.file_of(dtype)) or compiled(dtype)
    storing.write(storing.file_of(dtype), kept)
    return Code(kept, dtype)


@pytest.fixture
def looped() -> Iterator[None]:
    """Loops for both dtypes, taken out again."""
    before = {name: each.compiled for name, each in KERNELS.items()}
    for dtype in DTYPES:
        for name, function in code(dtype).functions.items():
            key = KERNELS[name].own or dtype
            KERNELS[name].compiled = {**KERNELS[name].compiled, key: function}
    yield
    for name, compiled in before.items():
        KERNELS[name].compiled = compiled


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("kind", ["numbers", "any bits", "special"])
def test_a_loop_has_the_bits_of_its_definition(
    kind: str, dtype: np.dtype[Any], sizes: tuple[int, int, int], rng: np.random.Generator
) -> None:
    """Of every kernel, over numbers of usual size, all that there are, and those that stand out."""

    def draw(*shape: int) -> Floats:
        if kind == "numbers":
            return rng.standard_normal(shape).astype(dtype)
        if kind == "special":
            with np.errstate(all="ignore"):
                return rng.choice(SPECIAL, shape).astype(dtype)
        words = rng.integers(0, 256, (*shape, dtype.itemsize), np.uint8)
        drawn: Floats = words.view(dtype)[..., 0]
        return drawn

    with np.errstate(all="ignore"):
        found = checking.same_bits(code(dtype).functions, dtype, draw, sizes)
    assert set(found) == set(KERNELS)
    assert [name for name, same in found.items() if not same] == []


def test_the_comparison_of_bits_can_fail() -> None:
    """Zeros have signs; NaN is NaN, and nothing else."""
    zero, nan = np.array([0.0]), np.array([np.nan])
    assert checking.equal_bits(zero, zero) and checking.equal_bits(nan, -nan)
    assert not checking.equal_bits(zero, -zero)
    assert not checking.equal_bits(zero, nan)
    assert not checking.equal_bits(zero, zero + 5e-324)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_a_loop_may_not_contract_a_product_and_a_sum(dtype: np.dtype[Any]) -> None:
    """A b + c with one rounding instead of two: here it would be seen, and it is not there."""
    e = np.finfo(dtype).eps
    v = np.full((1, 64), 1 + e, dtype)
    theta, grad = np.full((1, 64), -(1 + 2 * e), dtype), np.full((1, 64), -(1 + e), dtype)
    KERNELS["sgd"].run(code(dtype).functions["sgd"], (theta, grad, float(v[0, 0])))
    assert (theta == 0).all(), "fused, the square's last part e² would be left"


@pytest.mark.usefixtures("looped")
def test_what_a_loop_can_not_take_is_left_to_the_definition(rng: np.random.Generator) -> None:
    """Other strides, another dtype, the other order of bytes, one array twice, nothing at all."""
    sgd, base = KERNELS["sgd"], rng.standard_normal((4, 6))
    loop = sgd.compiled[base.dtype]
    for theta, grad in (
        (base[:, ::2], base[:, 1::2].copy()),
        (base[:2].copy(), base[2:].astype(np.float32)),
        (base[:2].astype(">f8"), base[2:].astype(">f8")),
        (base.T, base.T * 2),
        (base[:0], base[:0]),
    ):
        expected = theta - grad * 0.5
        assert theta.dtype not in sgd.compiled or not sgd.run(loop, (theta, grad, 0.5))
        sgd(theta, grad, 0.5)
        np.testing.assert_array_equal(theta, expected)
    twice = base.copy()
    assert not sgd.run(loop, (twice, twice, 0.5))
    assert (twice == base).all() and sgd.run(loop, (twice, base.copy(), 0.5))
    assert (twice == base / 2).all()


@pytest.mark.usefixtures("looped")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", ["adam", "sgd", "momentum", "nesterov"])
@pytest.mark.parametrize("arch", ["mlp", "conv4x2-pool2-12", "conv9x2-pool2s1-12"])
def test_training_has_the_same_bits_with_loops(arch: str, optimizer: str, dtype: str) -> None:
    """Weights and records, under regularizers whose work has kernels."""
    parts = [
        Ingredient("l1", (0.01, 0.0)),
        Ingredient("l2", (0.03, 0.01)),
        Ingredient("elasticnet", (0.03, 0.01), {"ratio": (0.5, 0.2)}),
        Ingredient("dropout", (0.3, 0.5), {"input": (0.0, 0.1)}),
        Ingredient("decay", (0.1, 0.2)),
        Ingredient("ema", (0.8, 0.9)),
    ]
    stack = make_stack(*parts, arch=arch, optimizer=optimizer, dtype=dtype, seeds=(0, 1))
    loops = train(stack)
    held = {name: each.compiled for name, each in KERNELS.items()}
    for each in KERNELS.values():
        each.compiled = {}
    definitions = train(stack)
    for name, compiled in held.items():
        KERNELS[name].compiled = compiled
    for one, other in zip(loops, definitions, strict=True):
        assert one.theta.tobytes() == other.theta.tobytes()
        assert one.history == other.history


def test_the_training_calls_every_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a comparison of two trainings would prove nothing."""
    called = set()
    call = Kernel.__call__

    def noted(self: Kernel, *operands: Any) -> None:
        called.add(self.name)
        call(self, *operands)

    monkeypatch.setattr(Kernel, "__call__", noted)
    names = ("l1", "l2", "elasticnet", "dropout", "decay", "ema", "layernorm")
    for arch in ("conv4x2-pool2-12", "mlp"):
        for optimizer in ("adam", "sgd", "momentum", "nesterov"):
            parts = [
                Ingredient(each, (0.3,), OPTIONS.get(each, {}))
                for each in names[: -1 - (arch == "mlp")]
            ]
            train(make_stack(*parts, arch=arch, optimizer=optimizer))
    train(make_stack(Ingredient("layernorm", (1.0,))))
    assert called == set(KERNELS)


OPTIONS = {"elasticnet": {"ratio": (0.5,)}, "dropout": {"input": (0.0,)}}


class Told:
    """What a switch did, with every step noted instead of done."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, kept: bytes | None) -> None:
        self.did: list[str] = []
        self.switch = Switch()
        where = "regcmp.engine.kernels"
        monkeypatch.delenv(VARIABLE, raising=False)
        monkeypatch.setattr(f"{where}.switch.is_there", lambda: True)
        monkeypatch.setattr(f"{where}.storing.file_of", lambda _: Path("nowhere"))
        monkeypatch.setattr(f"{where}.storing.read", lambda _: kept)
        monkeypatch.setattr(f"{where}.storing.write", lambda *_: self.did.append("kept"))
        monkeypatch.setattr(f"{where}.switch.checked", lambda _: self.did.append("compiled") or b"")
        monkeypatch.setattr(Switch, "_take", self._take)

    def _take(self, dtype: np.dtype[Any], _: bytes) -> None:
        self.did.append("loaded")
        self.switch.settled[dtype] = True


def test_work_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that a process was given counts; code is loaded early, made late, and both once."""
    told = Told(monkeypatch, None)
    switch = told.switch
    for work in (LOAD - 1, 2, COMPILE // 2):
        switch.expect(DTYPES[0], work)
    assert told.did == []
    switch.expect(DTYPES[0], COMPILE // 2)
    assert told.did == ["compiled", "kept", "loaded"]
    switch.expect(DTYPES[0], COMPILE)
    assert len(told.did) == 3
    told = Told(monkeypatch, b"code")
    switch = told.switch
    switch.expect(DTYPES[0], LOAD - 1)
    assert told.did == []
    switch.expect(DTYPES[0], 1)
    assert told.did == ["loaded"]


def test_the_variable_decides_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    """'numpy' for never, 'fused' at once."""
    told = Told(monkeypatch, None)
    switch = told.switch
    monkeypatch.setenv(VARIABLE, "numpy")
    switch.expect(DTYPES[0], 10 * COMPILE)
    assert told.did == []
    monkeypatch.setenv(VARIABLE, "fused")
    switch.expect(DTYPES[0], 0)
    assert told.did == ["compiled", "kept", "loaded"]


def test_a_compiler_that_fails_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, and with the definitions; where loops were asked for, it is an error."""
    told = Told(monkeypatch, None)
    switch = told.switch

    def broken(_: object) -> bytes:
        told.did.append("tried")
        raise RuntimeError("loops differ")

    monkeypatch.setattr("regcmp.engine.kernels.switch.checked", broken)
    for _ in range(2):
        switch.expect(DTYPES[0], COMPILE)
    assert told.did == ["tried"] and switch.settled == {DTYPES[0]: None}
    monkeypatch.setenv(VARIABLE, "fused")
    with pytest.raises(RuntimeError, match="loops differ"):
        Switch().expect(DTYPES[0], 0)


def test_a_file_is_taken_only_if_it_is_whole(tmp_path: Path) -> None:
    """Not with a bit changed, cut short, or not there; nor is a folder that can't be written to an error."""
    file = tmp_path / "new" / "code.bin"
    storing.write(file, b"machine code")
    assert storing.read(file) == b"machine code"
    assert [each.name for each in file.parent.iterdir()] == ["code.bin"]
    whole = file.read_bytes()
    for other in (whole[:-1], whole[:10], b"", whole[:-1] + bytes([whole[-1] ^ 1])):
        file.write_bytes(other)
        assert storing.read(file) is None
    assert storing.read(tmp_path / "none.bin") is None
    storing.write(file / "beneath a file" / "code.bin", b"")


def test_code_is_kept_in_the_user_s_folder(tmp_path: Path) -> None:
    """Compiled by one process, which imports no Numba, and loaded by the next."""
    pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    script = (
        "import sys\n"
        "import numpy as np\n"
        "from regcmp.engine.kernels.switch import SWITCH\n"
        "SWITCH.expect(np.dtype(np.float32), 0)\n"
        "print(SWITCH.settled[np.dtype(np.float32)] is not None, 'numba' in sys.modules)"
    )
    own = os.environ | {VARIABLE: "fused", "HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    own.pop("XDG_CACHE_HOME", None)
    seen = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", script], env=own, capture_output=True, text=True, check=True
        )
        assert done.stdout.split() == ["True", "False"]
        seen.append([(each, each.stat().st_mtime_ns) for each in tmp_path.rglob("kernels-*.bin")])
    assert len(seen[0]) == 1 and seen[0] == seen[1]


def test_a_short_command_loads_nothing(tmp_path: Path) -> None:
    """Neither llvmlite nor Numba, installed or not."""
    script = (
        "import sys\n"
        "sys.argv = 'regcmp compare --dataset iris none l2 --seeds 2 --epochs 2 --jobs 1 -q'.split()\n"
        "from regcmp.cli import main\n"
        "try: main()\n"
        "except SystemExit as stop: assert not stop.code\n"
        "print('LOADED', *{'numba', 'llvmlite'} & set(sys.modules))"
    )
    own = {key: value for key, value in os.environ.items() if key != VARIABLE}
    done = subprocess.run(
        [sys.executable, "-c", script], env=own, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1].split() == ["LOADED"], done.stderr


def test_info_compiles_or_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is missing, and what went wrong, in one line; nothing where it went well."""
    told = Told(monkeypatch, None)
    monkeypatch.setattr("regcmp.engine.kernels.switch.SWITCH", told.switch)
    assert run_here(("info", "--compile"), tmp_path).code == 0
    assert told.did == ["compiled", "kept", "loaded"] * 2

    def broken(_: object) -> bytes:
        raise RuntimeError("loops differ")

    monkeypatch.setattr("regcmp.engine.kernels.switch.checked", broken)
    failed = run_here(("info", "--compile"), tmp_path)
    assert failed.code == 1 and failed.err == (
        "Error: --compile: the loops can't be compiled here (RuntimeError: loops differ); comparisons"
        " go without, and give the same numbers\n"
    )
    monkeypatch.setattr("regcmp.engine.kernels.switch.is_there", lambda: False)
    without = run_here(("info", "--compile"), tmp_path)
    assert without.code == 2 and without.err == (
        "Error: --compile needs numba; install it: pip install 'regcmp[fast]'\n"
    )
