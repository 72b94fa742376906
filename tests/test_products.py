"""Products in blocks: the same as whole ones, and the same bits whatever is stacked."""

from __future__ import annotations

import platform
from collections.abc import Iterator

import numpy as np
import pytest

from regcmp.engine import products
from regcmp.engine.arrays import Floats
from regcmp.engine.products import SMALL, VECTOR, Block, multiply

RUNS = 3

SHAPES = [(64, 64, 256), (64, 256, 128), (128, 784, 512), (30, 64, 128), (9, 1, 1), (1, 300, 16)]
"""Rows, summands and columns."""


@pytest.fixture(params=[True, False], ids=["small kernels", "none"])
def kernels(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[bool]:
    """Products as on a processor with kernels for small ones, and as on any other."""
    products._block.cache_clear()
    monkeypatch.setattr(products, "has_small_kernels", lambda: request.param)
    yield request.param
    products._block.cache_clear()


def operands(
    shape: tuple[int, int, int], turned: str, rng: np.random.Generator, dtype: type = np.float64
) -> tuple[Floats, Floats]:
    """A and B, of which ``turned`` says what is a view of its transpose."""
    m, k, n = shape
    a = rng.standard_normal((RUNS, k, m) if "a" in turned else (RUNS, m, k)).astype(dtype)
    b = rng.standard_normal((RUNS, n, k) if "b" in turned else (RUNS, k, n)).astype(dtype)
    return a.swapaxes(1, 2) if "a" in turned else a, b.swapaxes(1, 2) if "b" in turned else b


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("turned", ["", "a", "b", "ab"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_product_is_numpys(
    shape: tuple[int, int, int], turned: str, rng: np.random.Generator
) -> None:
    """Against an einsum that calls no BLAS; the result may be a part of a larger array."""
    a, b = operands(shape, turned, rng)
    around = np.full((RUNS, 7 + shape[0] * shape[2] + 7), np.nan)
    out = around[:, 7:-7].reshape(RUNS, shape[0], shape[2])
    assert np.shares_memory(out, around)
    assert multiply(a, b, out) is out
    expected = np.einsum("rmk,rkn->rmn", a, b, optimize=False)
    np.testing.assert_allclose(out, expected, rtol=0, atol=1e-13 * shape[1])
    assert np.isnan(around[:, :7]).all() and np.isnan(around[:, -7:]).all()


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("turned", ["", "a", "b"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_run_has_the_same_bits_alone_and_stacked(
    shape: tuple[int, int, int], turned: str, rng: np.random.Generator
) -> None:
    """In float32, where the order of a sum shows."""
    a, b = operands(shape, turned, rng, np.float32)
    stacked = multiply(a, b, np.empty((RUNS, shape[0], shape[2]), np.float32))
    for run in range(RUNS):
        alone = multiply(a[run : run + 1], b[run : run + 1], np.empty_like(stacked[:1]))
        assert alone.tobytes() == stacked[run].tobytes()


def test_blocks_divide_the_product_and_are_small(kernels: bool) -> None:
    """Of every shape, where there are kernels for them; elsewhere there are none."""
    found = set()
    for m, k, n in np.random.default_rng(0).integers(1, 600, (500, 3)).tolist():
        for a_turned, b_turned in ((False, False), (True, False), (False, True)):
            block = products._block(m, k, 16 * n, a_turned, b_turned)
            found.add(block)
            if block is not None:
                assert m % block.rows == 0 and (16 * n) % block.columns == 0
                assert block.columns % VECTOR == 0
                assert block.rows * block.columns * k <= SMALL
                # OpenBLAS's limit of results for A Bᵀ, in sgemm_small_kernel_permit_skylakex.c.
                assert not b_turned or block.rows * block.columns <= 1200
                assert block != Block(m, 16 * n)
    assert (len(found) > 1) == kernels
    assert None in found


def test_numpy_tells_its_library_and_its_processor() -> None:
    """By the names that are looked for, if it was built for this kind of processor."""
    config = np.show_config(mode="dicts")
    assert config["Build Dependencies"]["blas"]["name"]
    if platform.machine() in ("x86_64", "AMD64"):
        simd = config["SIMD Extensions"]
        names = {each for key in ("baseline", "found", "not found") for each in simd.get(key, ())}
        assert names & products.AVX512


@pytest.mark.parametrize(
    ("pinned", "expected"), [("SkylakeX", True), ("skylakex", True), ("", True), ("Haswell", False)]
)
def test_a_pinned_processor_counts(
    pinned: str, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OPENBLAS_CORETYPE makes OpenBLAS multiply as on that one, in letters of any case."""
    config = {
        "Build Dependencies": {"blas": {"name": "scipy-openblas"}},
        "SIMD Extensions": {"found": ["X86_V4"]},
    }
    monkeypatch.setattr(np, "show_config", lambda **_: config)
    monkeypatch.setenv("OPENBLAS_CORETYPE", pinned)
    assert products.has_small_kernels.__wrapped__() is expected


def test_other_libraries_and_processors_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both must be right, under the name of either version of NumPy, which leaves out what is empty."""
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)

    def found(blas: dict[str, str], simd: dict[str, list[str]]) -> bool:
        config = {"Build Dependencies": {"blas": blas}, "SIMD Extensions": simd}
        config = {key: value for key, value in config.items() if value}
        monkeypatch.setattr(np, "show_config", lambda **_: config)
        return products.has_small_kernels.__wrapped__()

    openblas = {"name": "scipy-openblas"}
    assert found(openblas, {"baseline": ["SSE"], "found": ["AVX2", "AVX512_SKX"]})
    assert found({"name": "openblas"}, {"found": ["X86_V4"]})
    assert found(openblas, {"baseline": ["X86_V4"]})
    assert not found(openblas, {"baseline": ["X86_V2"], "found": ["X86_V3"]})
    assert not found(openblas, {})
    assert not found({"name": "mkl-sdl"}, {"found": ["X86_V4"]})
    assert not found({}, {"found": ["X86_V4"]})
