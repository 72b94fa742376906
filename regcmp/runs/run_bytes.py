"""A run as bytes: what the store keeps of it. Every number is read back to the last bit."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from regcmp.engine.measuring import Record
from regcmp.engine.training import Trained
from regcmp.metrics import METRICS, Kept

OUTPUTS = ("outputs", "on_map")
"""What a network gave, in a run: for test rows, and over two features."""


def encoded(trained: Trained) -> bytes:
    """A run without its weights, as compressed JSON."""
    body = {
        "status": trained.status,
        "nonzero_fraction": trained.nonzero_fraction,
        "stopped": trained.stopped,
        "selected": trained.selected,
        "weights": trained.weights,
        "history": [vars(record) for record in trained.history],
    }
    return zlib.compress(json.dumps(body, default=_plain).encode())


def decoded(body: bytes, metric: str, marks: Sequence[bytes | None]) -> Trained | None:
    """The run of ``encoded``; None where it is damaged, or lacks what the metric's test needs of rows."""
    try:
        values: dict[str, Any] = json.loads(zlib.decompress(body))
        history = tuple(Record(**each) for each in values.pop("history"))
        kept = tuple(_kept(each, metric) for each in marks if each is not None)
        values["weights"] = tuple(values["weights"])
        trained = Trained(history=history, theta=np.zeros(0), kept=kept or None, **values)
    except (zlib.error, ValueError, TypeError, KeyError):
        return None
    needed = trained.status == "ok" and METRICS[metric].shares is not None
    return trained if history and (not needed or len(kept) == 2) else None


def encoded_outputs(trained: Trained) -> Iterator[tuple[str, str, int, bytes]]:
    """What a network gave for rows, as the store has it: for which, a number's type, width, numbers.

    The width is C of outputs (N, C), and 0 of outputs (N,). Numbers are compressed.
    """
    for name in OUTPUTS:
        outputs = getattr(trained, name)
        if outputs is not None:
            data = outputs.astype(outputs.dtype.newbyteorder("<"))
            width = data.shape[1] if data.ndim > 1 else 0
            yield name, data.dtype.str, width, zlib.compress(data.tobytes())


def with_outputs(
    trained: Trained, stored: Iterable[tuple[str, str, int, bytes]], names: Iterable[str]
) -> Trained | None:
    """The run with these outputs of ``encoded_outputs``; None where one is damaged, or is not there."""
    found: dict[str, Any] = {}
    try:
        for name, dtype, width, body in stored:
            values = np.frombuffer(zlib.decompress(body), dtype)
            found[name] = values.reshape(-1, width) if width else values
        return replace(trained, **{name: found[name] for name in names})
    except (zlib.error, ValueError, TypeError, KeyError):
        return None


def _kept(data: bytes, metric: str) -> Kept:
    return np.frombuffer(zlib.decompress(data), "u1" if METRICS[metric].is_counted else "<f4")


def encoded_marks(kept: Kept) -> bytes:
    """What is kept of rows, compressed."""
    return zlib.compress(kept.astype(kept.dtype.newbyteorder("<")).tobytes())


def _plain(value: Any) -> Any:
    """A number of NumPy as one of Python's, and a mapping as a dictionary."""
    return dict(value) if isinstance(value, Mapping) else value.item()
