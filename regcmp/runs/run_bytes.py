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
from regcmp.results import STOPS

OUTPUTS = ("outputs", "on_map")
"""What a network gave, in a run: for test rows, and over two features."""
MOST_BYTES = 1 << 28
"""Of one thing that the store keeps, before it is compressed: a file from elsewhere may hold bombs."""
DAMAGE = (zlib.error, ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What comes of bytes that were not written here."""


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
        values: dict[str, Any] = json.loads(_inflated(body))
        history = tuple(Record(**each) for each in values.pop("history"))
        kept = tuple(_kept(each, metric) for each in marks if each is not None)
        values["weights"] = tuple(values["weights"])
        trained = Trained(history=history, theta=np.zeros(0), kept=kept or None, **values)
        is_sound = _is_sound(trained)
    except DAMAGE:
        return None
    if not is_sound:
        return None
    needed = trained.status == "ok" and METRICS[metric].shares is not None
    return trained if history and (not needed or len(kept) == 2) else None


def encoded_outputs(trained: Trained) -> Iterator[tuple[str, str, int, bytes]]:
    """What a network gave for rows, as the store has it: for which, a number's type, width, numbers.

    The width is C of outputs (N, C), and 0 of outputs (N,). Numbers are compressed.
    """
    for name in OUTPUTS:
        outputs = getattr(trained, name)
        if outputs is not None and outputs.nbytes <= MOST_BYTES:
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
            values = np.frombuffer(_inflated(body), dtype)
            found[name] = values.reshape(-1, width) if width else values
        return replace(trained, **{name: found[name] for name in names})
    except DAMAGE:
        return None


def _inflated(data: bytes) -> bytes:
    """What was compressed. Raises ValueError for what is too large, or does not end."""
    inflating = zlib.decompressobj()
    found = inflating.decompress(data, MOST_BYTES)
    if not inflating.eof:
        raise ValueError("too large, or cut off")
    return found


def _is_sound(run: Trained) -> bool:
    """Whether every value has the kind that training gives."""
    scores = [each for record in run.history for each in _scores_of(record)]
    whole = [*(record.epoch for record in run.history), *run.weights]
    whole += [each for each in (run.stopped, run.selected) if each is not None]
    shares = [run.nonzero_fraction, *(record.dead_share for record in run.history)]
    return (
        run.status in ("ok", *STOPS)
        and all(isinstance(each, int) for each in whole)
        and all(isinstance(each, int | float) for each in (*scores, *shares))
    )


def _scores_of(record: Record) -> Iterator[Any]:
    for side in (record.train, record.test, record.validation or {}):
        yield from side.values()


def _kept(data: bytes, metric: str) -> Kept:
    return np.frombuffer(_inflated(data), "u1" if METRICS[metric].is_counted else "<f4")


def encoded_marks(kept: Kept) -> bytes:
    """What is kept of rows, compressed."""
    return zlib.compress(kept.astype(kept.dtype.newbyteorder("<")).tobytes())


def _plain(value: Any) -> Any:
    """A number of NumPy as one of Python's, and a mapping as a dictionary."""
    return dict(value) if isinstance(value, Mapping) else value.item()
