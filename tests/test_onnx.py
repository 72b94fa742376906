"""ONNX: another program's runtime predicts what the model predicts, from raw columns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commands import run_here
from test_model_file import clients

import regcmp
from regcmp.engine.layers import ACTIVATIONS
from regcmp.engine.losses import probabilities
from regcmp.models.fitted import FittedModel
from regcmp.models.onnx_export import example_rows, to_onnx

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")

QUICK: dict[str, Any] = {"epochs": 2, "jobs": 1}


def run(model: FittedModel, inputs: dict[str, Any]) -> list[Any]:
    """What the runtime gives."""
    found: list[Any] = runtime.InferenceSession(to_onnx(model)).run(None, inputs)
    return found


def assert_same(model: FittedModel) -> None:
    """The runtime's predictions are the model's, for rows with gaps and new levels."""
    inputs, rows = example_rows(model)
    names, *probable = run(model, inputs)
    outputs = model.raw_outputs(rows)
    if not probable:
        np.testing.assert_allclose(names, outputs, atol=1e-5 * model.networks[0].scale)
        return
    np.testing.assert_allclose(probable[0], probabilities(outputs), atol=1e-5)
    sure = np.sort(outputs, axis=1)
    sure = sure[:, -1] - sure[:, -2] > 1e-4
    expected = np.array(model.facts.classes, object)[outputs.argmax(axis=1)]
    assert names[sure].tolist() == expected[sure].tolist()


METHODS = ["none", "batchnorm+l2", "layernorm+skip", "snapshot=2", "droppath=0.3+skip"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dataset", ["iris", "diabetes"])
def test_networks_of_tables(dataset: str, method: str) -> None:
    """Of several seeds, whose predictions are averaged."""
    assert_same(regcmp.fit(dataset, method, seeds=2, hidden=(8, 8), **QUICK))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_has_its_node(activation: str) -> None:
    """One that is added has to be added to the export, too."""
    assert_same(regcmp.fit("iris", "none", activation=activation, hidden=(8,), **QUICK))


@pytest.mark.parametrize(
    "arch",
    ["conv4x3-pool2-conv8x3s2-gap-16", "conv4x2v-avgpool2-8", "pool2-8", "conv3x5s2-pool3s2"],
)
def test_networks_of_images(arch: str) -> None:
    """With padding on all sides, strides and what pooling leaves over."""
    assert_same(regcmp.fit("digits", "batchnorm", arch=arch, epochs=1, jobs=1))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("drop", ["note", "note,plan", "note,age,flag,fee", "note,age"])
def test_tables_of_raw_columns(drop: str, dtype: str, tmp_path: Path) -> None:
    """Numbers with gaps, truth values and categories, of which some are rare, and any of them left out."""
    clients().to_csv(tmp_path / "rows.csv", index=False)
    file = str(tmp_path / "rows.csv")
    model = regcmp.fit(file, "l2", target="churn", drop=drop, hidden=4, dtype=dtype, **QUICK)
    assert_same(model)
    frame = clients()
    inputs = {}
    for each in model.facts.columns:
        cells = frame[each.name]
        if each.kind == "category":
            inputs[each.name] = (
                cells.astype(object).where(cells.notna(), "").to_numpy(object)[:, None]
            )
        elif each.kind == "boolean":
            inputs[each.name] = (cells == "True").to_numpy(float)[:, None]
        else:
            inputs[each.name] = cells.to_numpy(float)[:, None]
    if not model.facts.mixed:
        inputs = {"rows": np.hstack(list(inputs.values()))}
    _, found = run(model, inputs)
    np.testing.assert_allclose(found, model.predict_proba(frame), atol=1e-5)


def test_it_says_what_it_is() -> None:
    """Its columns, classes and target; and it keeps to the standard."""
    model = regcmp.fit("iris", "l2", hidden=4, **QUICK)
    proto = onnx.load_from_string(to_onnx(model))
    onnx.checker.check_model(proto, full_check=True)
    known = {each.key: each.value for each in proto.metadata_props}
    assert json.loads(known["columns"])[0] == "sepal length (cm)"
    assert json.loads(known["classes"]) == ["setosa", "versicolor", "virginica"]
    assert proto.producer_name == "regcmp"
    assert [each.name for each in proto.graph.input] == ["rows"]
    assert [each.name for each in proto.graph.output] == ["prediction", "probabilities"]
    assert to_onnx(model) == to_onnx(model)


def test_names_of_columns_and_outputs_do_not_clash(tmp_path: Path) -> None:
    """A column may be called as an output is."""
    frame = clients()[["plan", "fee", "churn"]]
    frame.columns = ["prediction", "regcmp/0/Concat", "churn"]
    frame.to_csv(tmp_path / "rows.csv", index=False)
    model = regcmp.fit(str(tmp_path / "rows.csv"), "l2", target="churn", hidden=4, **QUICK)
    proto = onnx.load_from_string(to_onnx(model))
    assert [each.name for each in proto.graph.output] == ["prediction_", "probabilities"]
    assert_same(model)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["l2", "--text", "note"],
            "ONNX can't hold the TF-IDF features of the text column 'note'; leave it",
        ),
        (["standout", "--drop", "note"], "does not know what 'standout' does to activations"),
    ],
)
def test_what_it_can_not_hold_is_refused(words: list[str], message: str, tmp_path: Path) -> None:
    """In words, and before anything is trained; with strength 0 it can be held."""
    clients().to_csv(tmp_path / "rows.csv", index=False)
    own = ("fit", "--dataset", "rows.csv", "--target", "churn", "--jobs", "1", "--epochs", "2")
    done = run_here([*own, *words, "-o", "model.onnx"], tmp_path)
    assert done.code == 2 and done.out == ""
    assert message in done.err and done.err.splitlines()[-1].startswith("Error: -o: ")
    assert not (tmp_path / "model.onnx").exists()


def test_both_files_are_written(tmp_path: Path) -> None:
    """By one command; the ONNX file predicts rows that were read by others."""
    own = ("fit", "--dataset", "wine", "l2", "--jobs", "1", "-q", "--epochs", "5")
    done = run_here([*own, "-o", "model.onnx", "-o", "model.regcmp"], tmp_path)
    assert done.code == 0, done.err
    model = regcmp.load(tmp_path / "model.regcmp")
    rows = np.random.default_rng(0).normal(size=(7, 13)) * 3 + 10
    session = runtime.InferenceSession((tmp_path / "model.onnx").read_bytes())
    _, found = session.run(None, {"rows": rows})
    np.testing.assert_allclose(found, model.predict_proba(rows), atol=1e-5)


def test_a_graph_that_predicts_otherwise_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check at export finds a node that is wrong."""
    from regcmp.engine.layers import Relu
    from regcmp.models import onnx_layers

    model = regcmp.fit("iris", "none", hidden=4, **QUICK)
    monkeypatch.setitem(onnx_layers.MAKERS, Relu, onnx_layers.MAKERS[ACTIVATIONS["tanh"]])
    with pytest.raises(regcmp.RegcmpError, match="gives other predictions than the model, by"):
        to_onnx(model)
    monkeypatch.delitem(onnx_layers.MAKERS, Relu)
    with pytest.raises(regcmp.RegcmpError, match="ONNX export knows no layer 'Relu'"):
        to_onnx(model)


def test_frames_are_not_needed() -> None:
    """An array of the columns in their order is what the graph takes."""
    model = regcmp.fit("diabetes", "l1", hidden=4, **QUICK)
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(4, 10)) / 20,
                         columns=model.feature_names_in_)  # fmt: skip
    (found,) = run(model, {"rows": frame.to_numpy()})
    np.testing.assert_allclose(found[:, 0], model.predict(frame), rtol=1e-5)
