"""A model as a file: a zip of JSON and .npy members, without pickle, with a checksum of each."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import asdict
from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt

from regcmp.data.preparation.frozen import Frozen
from regcmp.errors import UsageError
from regcmp.models.fit_words import ONNX, SUFFIX
from regcmp.models.fitted import Fitted, FittedModel

SCHEMA = "regcmp.model/1"
MANIFEST, DOCUMENT = "manifest.json", "model.json"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of each member: equal models are equal files."""

Arrays = dict[str, npt.NDArray[Any]]


def model_as(suffix: str, model: FittedModel, name: str) -> bytes:
    """The model in the format of this suffix. Raises UsageError for another one."""
    if suffix == SUFFIX:
        return to_bytes(model)
    if suffix == ONNX:
        from regcmp.models.onnx_export import to_onnx

        made: bytes = to_onnx(model)
        return made
    raise UsageError(f"-o {name!r}: expected a name that ends in {SUFFIX} or {ONNX}", "-o")


def to_bytes(model: FittedModel) -> bytes:
    """The file. Its manifest has the version of the format, and the SHA-256 of every other member."""
    arrays: Arrays = {}
    document = json.dumps(_document(model, arrays), ensure_ascii=False, allow_nan=False, indent=1)
    members = {DOCUMENT: document.encode()} | {name: _npy(each) for name, each in arrays.items()}
    manifest = {
        "schema": SCHEMA,
        "regcmp": model.facts.environment["regcmp"],
        "sha256": {name: sha256(data).hexdigest() for name, data in members.items()},
    }
    members = {MANIFEST: json.dumps(manifest, indent=1).encode()} | members
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            how = zipfile.ZIP_DEFLATED if name.endswith(".json") else zipfile.ZIP_STORED
            archive.writestr(zipfile.ZipInfo(name, EPOCH), data, how)
    return out.getvalue()


def _npy(values: npt.NDArray[Any]) -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array(out, np.ascontiguousarray(values), allow_pickle=False)
    return out.getvalue()


def _document(model: FittedModel, arrays: Arrays) -> dict[str, Any]:
    facts = {key: value for key, value in vars(model.facts).items() if key != "columns"}
    facts["columns"] = [_plain(asdict(each)) for each in model.facts.columns]
    preparations: list[Frozen] = []
    for each in model.networks:
        if not any(each.preparation is known for known in preparations):
            preparations.append(each.preparation)
    places = {id(each): place for place, each in enumerate(preparations)}
    return {
        "facts": _plain(facts),
        "preparations": [
            _kept(_plain(asdict(each)), f"preparations/{i}", arrays)
            for i, each in enumerate(preparations)
        ],
        "networks": [
            _network(each, places[id(each.preparation)], f"networks/{i}", arrays)
            for i, each in enumerate(model.networks)
        ],
    }


def _network(fitted: Fitted, preparation: int, at: str, arrays: Arrays) -> dict[str, Any]:
    members = [
        {
            "theta": each.theta,
            "moments": [
                {"layer": layer, "mean": mean, "variance": variance}
                for layer, (mean, variance) in sorted(each.moments.items())
            ],
        }
        for each in fitted.network.members
    ]
    kept = {
        "seed": fitted.seed,
        "preparation": preparation,
        "mean": fitted.mean,
        "scale": fitted.scale,
        "strengths": list(fitted.network.strengths),
        "members": members,
    }
    found: dict[str, Any] = _kept(kept, at, arrays)
    return found


def _kept(value: Any, at: str, arrays: Arrays) -> Any:
    """A value of JSON: an array by the name of the member that holds it."""
    if isinstance(value, np.ndarray):
        arrays[f"{at}.npy"] = value
        return f"{at}.npy"
    if isinstance(value, dict):
        return {key: _kept(each, f"{at}/{key}", arrays) for key, each in value.items()}
    if isinstance(value, list):
        return [_kept(each, f"{at}/{i}", arrays) for i, each in enumerate(value)]
    return value


def _plain(value: Any) -> Any:
    """Tuples as lists."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
