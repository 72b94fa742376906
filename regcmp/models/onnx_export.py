"""A model as ONNX: from the raw columns of a table to probabilities, or to values.

A table of numbers alone is one input 'rows' (n, D) of doubles; else every column is an input of its
own, (n, 1): numbers and truth values as doubles, of which NaN is missing, and categories as texts, of
which '' is. The outputs are 'prediction' and, for classes, 'probabilities'.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from shlex import quote as quoted
from typing import Any

import numpy as np
import numpy.typing as npt

from regcmp.data.columns import PLAIN, Column
from regcmp.data.preparation.frozen import Frozen
from regcmp.data.tables.understanding import MISSING
from regcmp.engine.arrays import Floats
from regcmp.engine.building import network_of
from regcmp.engine.losses import probabilities
from regcmp.engine.model import Model
from regcmp.engine.regularizers import REGISTRY, Regularizer
from regcmp.errors import RegcmpError, UsageError
from regcmp.models.fitted import Facts, Fitted, FittedModel
from regcmp.models.onnx_layers import Graph, network_nodes
from regcmp.plan.grammar import Method, parse_word

OPSET, OPSET_ML, IR = 17, 2, 8
"""Versions that most programs read."""
ROWS = "rows"
CHECKED = 24
"""How many rows are compared, at export, with the model's own predictions."""
TOLERANCE = 1e-4
"""Of a probability, or of a value in standard deviations of the target, at float32."""


def check_exportable(columns: Sequence[Column], method: Method) -> None:
    """Raise UsageError for what ONNX can't hold, with a way out."""
    for each in columns:
        if each.kind == "text":
            raise UsageError(
                f"-o: ONNX can't hold the TF-IDF features of the text column {each.name!r}; leave it"
                f" out with --drop {quoted(each.name)}, or write .regcmp",
                "-o",
            )
    for part in method.parts:
        kind = REGISTRY[part.name]
        if kind.evaluate is not Regularizer.evaluate and part.strength != kind.off:
            raise UsageError(
                f"-o: ONNX export does not know what {part.name!r} does to activations at evaluation;"
                " write .regcmp, or take another method",
                "-o",
            )


def to_onnx(model: FittedModel) -> bytes:
    """The file, compared with the model's own predictions by onnx's reference evaluator.

    Raises UsageError for what ONNX can't hold, and RegcmpError where predictions differ.
    """
    facts = model.facts
    check_exportable(facts.columns, parse_word(facts.method, 1.0)[0])
    made = _proto(model)
    _check_predictions(model, made)
    data: bytes = made.SerializeToString()
    return data


def _proto(model: FittedModel) -> Any:
    from onnx import checker, helper

    facts = model.facts
    graph = Graph(each.name for each in facts.columns)
    inputs = _inputs(facts)
    features = {}
    for each in model.networks:
        if id(each.preparation) not in features:
            features[id(each.preparation)] = _prepared(graph, facts, each.preparation)
    parts = [_network(graph, features[id(each.preparation)], each) for each in model.networks]
    dtype = _dtype(model) if facts.classes else VALUES
    outputs = _outputs(graph, facts, _mean(graph, parts, dtype), dtype)
    proto = helper.make_model(
        helper.make_graph(graph.nodes, "regcmp", inputs, outputs, graph.constants),
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", OPSET_ML)],
        producer_name="regcmp",
        producer_version=str(facts.environment["regcmp"]),
        ir_version=IR,
        doc_string=f"{facts.method} for {facts.target!r}, trained on {facts.dataset}",
    )
    helper.set_model_props(
        proto,
        {
            "columns": json.dumps([each.name for each in facts.columns], ensure_ascii=False),
            "classes": json.dumps(facts.classes, ensure_ascii=False),
            "target": facts.target,
        },
    )
    checker.check_model(proto)
    return proto


def _dtype(model: FittedModel) -> Any:
    return np.dtype(model.networks[0].preparation.dtype)


def _inputs(facts: Facts) -> list[Any]:
    from onnx import TensorProto, helper

    def one(name: str, kind: int, width: int) -> Any:
        return helper.make_tensor_value_info(name, kind, ["n", width])

    if not facts.mixed:
        return [one(ROWS, TensorProto.DOUBLE, len(facts.columns))]
    kinds = {True: TensorProto.DOUBLE, False: TensorProto.STRING}
    return [one(each.name, kinds[each.kind in PLAIN], 1) for each in facts.columns]


# Preparation


def _prepared(graph: Graph, facts: Facts, prep: Frozen) -> str:
    """The features (n, width) that a network takes."""
    x = ROWS if not facts.mixed else None
    if x is None and prep.numbers:
        x = graph.add("Concat", *prep.numbers, axis=1)
    parts = [] if x is None else [_scaled(graph, x, prep)]
    if not facts.mixed:
        return graph.add("Cast", parts[0], to=_onnx_type(prep.dtype))
    parts += [
        graph.add("Cast", graph.add("IsNaN", name), to=_onnx_type("float64")) for name in prep.gaps
    ]
    for each in prep.categories:
        codes = {level: place for place, level in enumerate(each.frequent)}
        if MISSING in codes:
            codes[""] = codes[MISSING]
        n = len(each.frequent) + each.pooled
        found = graph.add(
            "LabelEncoder", each.column, domain="ai.onnx.ml",
            keys_strings=list(codes), values_int64s=list(codes.values()),
            default_int64=len(each.frequent),
        )  # fmt: skip
        table = graph.constant(np.eye(len(each.frequent) + 1, n))
        parts.append(graph.shaped(graph.add("Gather", table, found, axis=0), -1))
    encoded = graph.add("Concat", *parts, axis=1) if len(parts) > 1 else parts[0]
    encoded = graph.add("Mul", encoded, graph.constant(prep.varies, np.float64))
    assert prep.places is not None
    sources = np.full(prep.width, len(prep.places))  # a feature that is 0, for places of none
    sources[prep.places] = np.arange(len(prep.places))
    pads = graph.constant([0, 0, 0, 1], np.int64)
    placed = graph.add("Gather", graph.add("Pad", encoded, pads), graph.constant(sources), axis=1)
    return graph.add("Cast", placed, to=_onnx_type(prep.dtype))


def _scaled(graph: Graph, x: str, prep: Frozen) -> str:
    """Numbers without gaps, in standard deviations."""
    x = graph.add("Where", graph.add("IsNaN", x), graph.constant(prep.medians), x)
    plain = prep.places is None
    channels, width = len(prep.means), len(prep.numbers)

    def each(values: npt.NDArray[Any]) -> str:
        return graph.constant(np.tile(values, width // channels), np.float64)

    x = graph.add("Div", graph.add("Sub", x, each(prep.means)), each(prep.scales))
    return graph.add("Mul", x, each(prep.varies)) if plain else x


def _onnx_type(dtype: str) -> int:
    from onnx import helper

    kind: int = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    return kind


# Networks


VALUES = np.dtype(np.float64)
"""What values are predicted in."""


def _network(graph: Graph, features: str, fitted: Fitted) -> str:
    """Probabilities (n, C), or values (n, 1), of the network of one seed."""
    model: Model = fitted.network
    network = network_of(model.design)
    parts = []
    for member in model.members:
        params = network.params(member.theta[None])
        out = network_nodes(graph, features, network.layers, params, member.moments)
        parts.append(graph.add("Softmax", out, axis=1) if model.design.n_classes else out)
    dtype = np.dtype(fitted.preparation.dtype)
    mean = _mean(graph, parts, dtype)
    if model.design.n_classes:
        return mean
    from onnx import TensorProto

    # In doubles: floats tell no value apart whose mean is large beside its spread.
    wide = graph.add("Cast", mean, to=TensorProto.DOUBLE)
    scaled = graph.add("Mul", wide, graph.constant(fitted.scale, VALUES))
    return graph.add("Add", scaled, graph.constant(fitted.mean, VALUES))


def _mean(graph: Graph, parts: list[str], dtype: Any) -> str:
    if len(parts) == 1:
        return parts[0]
    return graph.add("Mul", graph.add("Sum", *parts), graph.constant(1 / len(parts), dtype))


def _outputs(graph: Graph, facts: Facts, found: str, dtype: Any) -> list[Any]:
    """The outputs of the graph, under names that no column has."""
    from onnx import TensorProto, helper

    taken = {each.name for each in facts.columns}

    def named(x: str, name: str, kind: int, shape: list[Any]) -> Any:
        while name in taken:
            name += "_"
        graph.nodes.append(helper.make_node("Identity", [x], [name]))
        return helper.make_tensor_value_info(name, kind, shape)

    kind = _onnx_type(dtype.name)
    if not facts.classes:
        return [named(found, "prediction", kind, ["n", 1])]
    places = graph.add("ArgMax", found, axis=1, keepdims=0)
    names = graph.add("Gather", graph.constant(np.array(facts.classes, object)), places, axis=0)
    return [
        named(names, "prediction", TensorProto.STRING, ["n"]),
        named(found, "probabilities", kind, ["n", len(facts.classes)]),
    ]


# The check


def example_rows(model: FittedModel) -> tuple[dict[str, npt.NDArray[Any]], Any]:
    """Rows to compare predictions on: as inputs of the graph, and as ``Dataset.take`` gives them.

    Numbers lie around the training rows', some are missing; levels are known ones, and a new one.
    """
    import pandas as pd

    facts, prep = model.facts, model.networks[0].preparation
    rng = np.random.default_rng(0)
    scales = np.tile(prep.scales, len(prep.numbers) // max(1, len(prep.scales)))
    numbers = prep.medians + scales * rng.normal(size=(CHECKED, len(prep.numbers)))
    if numbers.size:
        numbers[0, 0] = np.nan
    if not facts.mixed:
        return {ROWS: numbers}, numbers.copy()
    inputs = {name: numbers[:, i : i + 1] for i, name in enumerate(prep.numbers)}
    frame = dict(zip(prep.numbers, numbers.T, strict=True))
    for each in facts.columns:
        if each.kind == "category":
            levels = [*(level for level, _ in each.levels), "", "another level"]
            texts = [levels[i % len(levels)] for i in range(CHECKED)]
            inputs[each.name] = np.array(texts, object)[:, None]
            frame[each.name] = np.array([text or MISSING for text in texts], object)
    return inputs, pd.DataFrame({each.name: frame[each.name] for each in facts.columns})


def _check_predictions(model: FittedModel, proto: Any) -> None:
    """Raise RegcmpError where the graph gives other predictions than the model."""
    from onnx.reference import ReferenceEvaluator

    inputs, rows = example_rows(model)
    evaluator: Any = ReferenceEvaluator(proto)
    *_, found = evaluator.run(None, inputs)
    expected: Floats = model.raw_outputs(rows)
    unit = model.networks[0].scale
    if model.facts.classes:
        expected, unit = probabilities(expected), 1.0
    error = float(np.abs(found - expected).max()) / unit
    if not error <= TOLERANCE:
        raise RegcmpError(
            f"the ONNX graph gives other predictions than the model, by {error:.2g}: it was not written;"
            " please report it, and write .regcmp"
        )
