"""A model's file: the same bits come back, and a damaged, edited or hostile one is one line."""

from __future__ import annotations

import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import is_classifier, is_regressor

import regcmp
from regcmp.data.loading import load_dataset
from regcmp.data.preparation.encoding import RARE
from regcmp.data.preparation.frozen import frozen
from regcmp.data.sources import files
from regcmp.engine.regularizers import REGISTRY
from regcmp.models import loading
from regcmp.models.fitted import FittedModel, fitted_model
from regcmp.models.loading import load
from regcmp.models.saving import DOCUMENT, MANIFEST, to_bytes
from regcmp.plan import make_plan
from regcmp.plan.settling import settle
from regcmp.runs.condition import Condition

QUICK: dict[str, Any] = {"epochs": 3, "hidden": (6,), "jobs": 1}


def clients(n: int = 120) -> pd.DataFrame:
    """A number with gaps, levels of which one is rare, truth values, words, and a class."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": rng.normal(40, 9, n).round(2),
            "plan": rng.choice(["basic", "full"], n),
            "flag": rng.choice(["True", "False"], n),
            "note": [" ".join(rng.choice(["good", "bad", "late", "soon"], 3)) for _ in range(n)],
            "fee": rng.integers(1, 90, n),
        }
    )
    frame.loc[: RARE // 2, "plan"] = "rare"
    frame.loc[::17, "age"] = np.nan
    frame.loc[5::29, "plan"] = None
    frame["churn"] = np.where(frame["fee"] + 20 * (frame["plan"] == "full") > 55, "yes", "no")
    return frame


@pytest.fixture
def csv(tmp_path: Path) -> str:
    """The clients as a file."""
    path = tmp_path / "clients.csv"
    clients().to_csv(path, index=False)
    return str(path)


@cache
def iris(method: str = "l2", seeds: int = 1) -> FittedModel:
    """A model of a bundled dataset."""
    return regcmp.fit("iris", method, seeds=seeds, **QUICK)


@cache
def encoded() -> FittedModel:
    """A model of the clients."""
    with TemporaryDirectory() as folder:
        clients().to_csv(Path(folder) / "clients.csv", index=False)
        path = str(Path(folder) / "clients.csv")
        return regcmp.fit(path, "l2", target="churn", text="note", **QUICK)


METHODS = ("none", "batchnorm+l2", "snapshot=2", "earlystop=2", "skip+layernorm")


@pytest.mark.parametrize("seeds", [1, 3])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dataset", ["csv", "digits", "diabetes"])
def test_what_is_loaded_predicts_the_same_bits(
    dataset: str, method: str, seeds: int, csv: str, tmp_path: Path
) -> None:
    """Also after a second trip, and the file is the same one; so is the file of the same model again."""
    words = {"target": "churn", "text": "note"} if dataset == "csv" else {}
    words = QUICK | {"hidden": (6, 6)} | words
    model = regcmp.fit(csv if dataset == "csv" else dataset, method, seeds=seeds, **words)
    model.save(tmp_path / "model.regcmp")
    again = regcmp.load(tmp_path / "model.regcmp")
    own = load_dataset(model.facts.dataset, *_reading(model))
    rows = own.take(np.arange(own.n_rows))
    assert again.raw_outputs(rows).tobytes() == model.raw_outputs(rows).tobytes()
    assert to_bytes(again) == (tmp_path / "model.regcmp").read_bytes()
    assert again.facts == model.facts
    assert len(again.networks) == seeds
    kind = is_regressor if dataset == "diabetes" else is_classifier
    assert kind(again)


def _reading(model: FittedModel) -> tuple[Any, Any]:
    words = {
        key: value for key, value in model.facts.plan.items() if key not in ("data", "plugins")
    }
    plan = make_plan(**words)
    return plan.reading, plan.columns


@pytest.mark.parametrize(
    ("dataset", "words"),
    [
        ("csv", {"target": "churn"}),
        ("csv", {"target": "churn", "text": "note", "dtype": "float64"}),
        ("csv", {"target": "fee", "drop": "age,note"}),
        ("digits", {"arch": "conv2x3-gap", "hidden": ()}),
        ("diabetes", {"dtype": "float64"}),
    ],
)
def test_a_frozen_preparation_gives_the_same_bits(
    dataset: str, words: dict[str, Any], csv: str
) -> None:
    """As the one that it was made of, for rows that were seen and others; gaps are medians."""
    plan = make_plan(csv if dataset == "csv" else dataset, ["none"], seeds=1, **words)
    own = load_dataset(plan.dataset, plan.reading, plan.columns)
    condition = Condition(settle(plan, own), own)
    split, prepared = condition.splits[0], condition.prepared(0)
    kept = frozen(prepared.preparation, own, own.take(split.train))
    for rows, x in ((split.train, prepared.x_train), (split.test, prepared.x_test)):
        assert kept.transform(own.take(rows)).tobytes() == x.tobytes()
    if own.mixed is None:
        row = own.take(split.test[:1])
        row[0, 3] = np.nan
        filled = own.take(split.test[:1])
        filled[0, 3] = np.median(own.x[split.train, 3])
        np.testing.assert_array_equal(kept.transform(row), kept.transform(filled))


def test_an_ensemble_predicts_the_mean_of_its_networks(csv: str) -> None:
    """Of their probabilities, or of their values."""
    model = regcmp.fit(csv, "none", seeds=3, target="churn", **QUICK)
    frame = clients()
    each = [type(model)(model.facts, [network]) for network in model.networks]
    mean = np.mean([one.predict_proba(frame) for one in each], axis=0)
    np.testing.assert_allclose(model.predict_proba(frame), mean, rtol=1e-5)
    values = regcmp.fit("diabetes", "none", seeds=2, **QUICK)
    rows = np.random.default_rng(0).normal(size=(5, 10))
    each = [type(values)(values.facts, [network]) for network in values.networks]
    mean = np.mean([one.predict(rows) for one in each], axis=0)
    np.testing.assert_allclose(values.predict(rows), mean, rtol=1e-5)


def test_a_model_is_an_estimator(csv: str) -> None:
    """That is fitted: it has names of columns and classes, is pickled, scores, and is not fitted anew."""
    model = regcmp.fit(csv, "none", target="churn", drop="note", **QUICK)
    frame = clients()
    assert model.classes_.tolist() == ["no", "yes"]
    assert model.feature_names_in_.tolist() == ["age", "plan", "flag", "fee"]
    assert model.n_features_in_ == 4
    assert model.score(frame, frame["churn"]) == model.facts.scores["train"]["accuracy"]
    shuffled = frame[frame.columns[::-1]]
    assert model.predict(shuffled).tolist() == model.predict(frame).tolist()
    assert repr(model) == "FittedClassifier(none for 'churn', 1 network)"
    again = pickle.loads(pickle.dumps(model))
    assert again.predict_proba(frame).tobytes() == model.predict_proba(frame).tobytes()
    with pytest.raises(regcmp.UsageError, match="fitted already"):
        model.fit(frame, frame["churn"])
    numbers = iris()
    assert numbers.feature_names_in_[0] == "sepal length (cm)"
    assert numbers.predict(np.zeros((2, 4))).shape == (2,)


def test_rows_of_another_shape_are_refused() -> None:
    """Each by what was expected."""
    with pytest.raises(regcmp.DataError, match=r"X has the shape \(2, 3\); expected"):
        iris().predict(np.zeros((2, 3)))
    with pytest.raises(regcmp.DataError, match=r"lacks 'sepal length \(cm\)'"):
        iris().predict(pd.DataFrame(np.zeros((2, 4)), columns=list("abcd")))
    with pytest.raises(
        regcmp.DataError,
        match=r"^X\[1, 1\]: column 'sepal width \(cm\)' has inf, .* infinite or too large",
    ):
        iris().predict(np.array([[1.0, 1, 1, 1], [1, np.inf, 1, 1]]))
    with pytest.warns(UserWarning, match="is empty in 1 of 2 rows, and in no training row"):
        iris().predict(np.array([[1.0, 1, 1, 1], [1, np.nan, 1, 1]]))


def test_rows_that_are_too_far_are_found_at_once() -> None:
    """Those that are refused alone, of plain rows and of encoded ones."""
    rows = np.ones((40, 4))
    rows[[3, 17, 39], [0, 1, 3]] = 1e60, -1e90, 1e100
    model = iris()
    far = np.zeros(40, bool)
    for place in range(40):
        try:
            model.raw_outputs(rows[place : place + 1])
        except regcmp.DataError:
            far[place] = True
    assert (
        np.flatnonzero(model.too_far(rows)).tolist() == np.flatnonzero(far).tolist() == [3, 17, 39]
    )


def test_a_value_that_is_too_far_is_named_by_its_cell() -> None:
    """By its place in an array, and by its row in a frame."""
    rows = np.ones((5, 4))
    rows[3, 2] = 1e60
    said = r"column 'petal length \(cm\)' has 1e\+60, which is too far from the training rows for float32"
    with pytest.raises(regcmp.DataError, match=rf"^X\[3, 2\]: {said}; correct it, or fit"):
        iris().predict(rows)
    frame = pd.DataFrame(rows, columns=iris().feature_names_in_).iloc[:, ::-1]
    with pytest.raises(regcmp.DataError, match=f"^X, row 3: {said}"):
        iris().predict_proba(frame)
    others = clients().drop(columns="churn").astype({"fee": float})
    others.loc[7, "fee"] = -1e60
    with pytest.raises(
        regcmp.DataError, match=r"^X, row 7: column 'fee' has -1e\+60, which is too far"
    ):
        encoded().predict(others)


def test_a_value_that_is_too_much_for_the_layers_gives_no_class() -> None:
    """It can be scaled; what comes of it is no number, and so no class."""
    (own,) = iris().networks
    (member,) = own.network.members
    network = replace(own.network, members=(replace(member, theta=member.theta * 50),))
    model = fitted_model(iris().facts, [replace(own, network=network)])
    rows = np.ones((3, 4))
    rows[1, 3] = 1e38
    with pytest.raises(
        regcmp.DataError, match=r"^X\[1, 3\]: column 'petal width \(cm\)' has 1e\+38"
    ):
        model.predict(rows)


# Damage


def members(data: bytes) -> dict[str, bytes]:
    """What stands in a file."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(found: dict[str, bytes], *, seal: bool = True) -> bytes:
    """A file of these members; sealed, its checksums are those of its members."""
    if seal and MANIFEST in found:
        manifest = json.loads(found[MANIFEST])
        manifest["sha256"] = {
            name: sha256(each).hexdigest() for name, each in found.items() if name != MANIFEST
        }
        found = found | {MANIFEST: json.dumps(manifest).encode()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, each in found.items():
            archive.writestr(name, each)
    return out.getvalue()


def npy(values: Any, **how: Any) -> bytes:
    """An array's bytes."""
    out = io.BytesIO()
    np.save(out, values, **how)
    return out.getvalue()


def document(change: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, bytes]], None]:
    """A change of what stands in the JSON."""

    def edit(found: dict[str, bytes]) -> None:
        own = json.loads(found[DOCUMENT])
        change(own)
        found[DOCUMENT] = json.dumps(own).encode()

    return edit


def set_at(*path: Any, value: Any) -> Callable[[dict[str, bytes]], None]:
    """Another value at a place of the JSON."""

    def change(own: dict[str, Any]) -> None:
        at: Any = own
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value

    return document(change)


def put(name: str, data: bytes) -> Callable[[dict[str, bytes]], None]:
    """Another member."""
    return lambda found: found.update({name: data})


def deep(levels: int) -> list[Any]:
    """Lists within lists."""
    own: list[Any] = []
    for _ in range(levels):
        own = [own]
    return own


THETA = "networks/0/members/0/theta.npy"
DAMAGE: dict[str, tuple[Callable[[dict[str, bytes]], Any], str]] = {
    "a pickle": (put(THETA, npy(np.array([{}], object), allow_pickle=True)), "Python objects"),
    "fewer weights": (put(THETA, npy(np.zeros(3, np.float32))), "not what its network needs"),
    "other weights": (put(THETA, npy(np.zeros(51, "U3"))), "not what its network needs"),
    "no numbers": (put(THETA, npy(np.full(51, np.nan, np.float32))), "not what its network needs"),
    "too many announced": (
        put(
            THETA, npy(np.zeros(3))[:8] + npy(np.zeros(3))[8:].replace(b"(3,)", b"(9000000000000,)")
        ),
        "damaged",
    ),
    "a member less": (lambda found: found.pop(THETA), "damaged model"),
    "a huge network": (
        set_at("facts", "plan", "hidden", value=[99999] * 9),
        "not what its network",
    ),
    "deep JSON": (put(DOCUMENT, b"[" * 100_000), "damaged model"),
    "no JSON": (put(DOCUMENT, b"\xff{"), "damaged model"),
    "NaN": (set_at("networks", 0, "scale", value=float("nan")), "damaged model"),
    "an unknown key": (set_at("more", value=1), "damaged model"),
    "another kind": (set_at("facts", "columns", value="x"), "damaged model"),
    "an option of none": (set_at("facts", "plan", "epochs", value=-1), "damaged model"),
    "no option": (set_at("facts", "plan", "eval", value="1"), "damaged model"),
    "two classes less": (set_at("facts", "classes", value=["a"]), "damaged model"),
    "a class twice": (set_at("facts", "classes", value=["a", "b", "a"]), "a class is there twice"),
    "no network": (set_at("networks", value=[]), "it has no network"),
    "no member": (set_at("networks", 0, "members", value=[]), "a network is incomplete"),
    "no preparation": (set_at("networks", 0, "preparation", value=7), "has no preparation"),
    "a width": (set_at("preparations", 0, "width", value=10**9), "it prepares other columns"),
    "a scale of 0": (put("preparations/0/scales.npy", npy(np.zeros(4))), "a scale is 0"),
    "another image": (set_at("facts", "image", value=[3, 3, 1]), "images are of another size"),
    "an image of encoded columns": (
        lambda found: [
            set_at("facts", "mixed", value=True)(found),
            set_at("facts", "image", value=[2, 2, 1])(found),
        ],
        "its columns are not pixels",
    ),
    "a kind of none": (set_at("facts", "columns", 0, "kind", value="x"), "of no known kind"),
    "columns of another kind": (
        set_at("facts", "columns", 0, "kind", value="text"),
        "prepares other columns",
    ),
    "an image without pixels": (
        set_at("facts", "image", value=[-2, -2, 1]),
        "images have no pixels",
    ),
    "a huge image": (
        set_at("facts", "image", value=[2**32, 2**32, 4]),
        "images are of another size",
    ),
    "a scale below 0": (set_at("networks", 0, "scale", value=-1), "the unit of its values"),
    "a unit of 0": (set_at("networks", 0, "scale", value=0), "the unit of its values"),
    "an endless scale": (
        put("preparations/0/scales.npy", npy(np.full(4, np.inf))),
        "no finite numbers",
    ),
    "a network a thousand times": (
        document(lambda own: own.update(networks=own["networks"] * 1000)),
        "'networks/0/members/0/theta.npy' is missing, or used twice",
    ),
    "means for scales": (
        set_at("preparations", 0, "scales", value="preparations/0/means.npy"),
        "is missing, or used twice",
    ),
    "a member more": (put("more.npy", npy(np.zeros(3))), "members that nothing is made of"),
    "huge layers": (
        set_at("facts", "plan", "hidden", value=[10**9, 10**9]),
        "expected the widths",
    ),
    "deep JSON within": (
        lambda found: [
            set_at("facts", "plan", "data", value="@")(found),
            put(DOCUMENT, found[DOCUMENT].replace(b'"@"', b"[" * 5000 + b"]" * 5000))(found),
        ],
        "damaged model",
    ),
    "a newer format": (
        lambda found: found.update(
            {MANIFEST: found[MANIFEST].replace(b"regcmp.model/1", b"regcmp.model/2")}
        ),
        "is a 'regcmp.model/2', and this version of regcmp reads 'regcmp.model/1'; read it with regcmp",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_model_is_one_line(damage: str, tmp_path: Path) -> None:
    """That names the file, also where its checksums were made to fit."""
    found = members(to_bytes(iris()))
    change, message = DAMAGE[damage]
    change(found)
    path = tmp_path / "bad.regcmp"
    path.write_bytes(packed(found))
    with pytest.raises(regcmp.DataError, match=message) as raised:
        load(path)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value) and len(str(raised.value)) < 700


ENCODED: dict[str, tuple[tuple[Any, ...], Any, str]] = {
    "levels twice": (
        ("preparations", 0, "categories", 0, "frequent"),
        ["basic"] * 2,
        "is there twice",
    ),
    "words twice": (("preparations", 0, "texts", 0, "words"), ["bad"] * 4, "is there twice"),
    "a column twice": (("preparations", 0, "numbers"), ["age", "age", "fee"], "is there twice"),
    "a level for a number": (("preparations", 0, "numbers", 0), "plan", "as another kind"),
    "a number for a level": (
        ("preparations", 0, "categories", 0, "column"),
        "age",
        "as another kind",
    ),
    "a gap of words": (("preparations", 0, "gaps"), ["note"], "as another kind"),
    "another kind": (("facts", "columns", 0, "kind"), "category", "as another kind"),
    "a huge width": (("preparations", 0, "width"), 10**12, "not what its network needs"),
}


@pytest.mark.parametrize("fault", ENCODED)
def test_a_damaged_preparation_of_encoded_columns_is_one_line(fault: str, tmp_path: Path) -> None:
    """Each column is prepared as what it is."""
    path, value, message = ENCODED[fault]
    found = members(to_bytes(encoded()))
    set_at(*path, value=value)(found)
    (tmp_path / "bad.regcmp").write_bytes(packed(found))
    with pytest.raises(regcmp.DataError, match=message):
        load(tmp_path / "bad.regcmp")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    """No one could say which of them is meant."""
    (tmp_path / "twice.regcmp").write_bytes(to_bytes(iris()))
    with zipfile.ZipFile(tmp_path / "twice.regcmp", "a") as archive:
        archive.writestr(THETA, npy(np.zeros(51, np.float32)))
    with pytest.raises(regcmp.DataError, match="a member is there twice"):
        load(tmp_path / "twice.regcmp")


NASTY: tuple[Any, ...] = (
    None, True, -1, 0, 7, 10**9, 10**400, 1e308, -0.5, "", "x", "0", "text", "category", "number", [],
    [[]], ["a", "a"], {}, {"x": 1}, [1e9, -1], THETA, "../x", "\0", deep(50),
)  # fmt: skip
FUZZED = 700
"""How many changed files are opened, of those that there are."""


def places_in(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in JSON; of a list, in its first two members."""
    found = value.items() if isinstance(value, dict) else ()
    found = enumerate(value[:2]) if isinstance(value, list) else found
    for key, each in found:
        yield (*at, key)
        yield from places_in(each, (*at, key))


def spoilt(own: Any, path: tuple[Any, ...], value: Any) -> bytes:
    """The JSON with another value at a place, or with none or twice the list there."""
    own = json.loads(json.dumps(own))
    at = own
    for key in path[:-1]:
        at = at[key]
    if value == "DELETED":
        del at[path[-1]]
    elif value == "DOUBLED":
        at[path[-1]] = at[path[-1]] * 2 if isinstance(at[path[-1]], list) else 2
    else:
        at[path[-1]] = value
    return json.dumps(own).encode()


@pytest.mark.filterwarnings("ignore")
def test_no_field_of_a_model_makes_another_error_than_one_line(tmp_path: Path) -> None:
    """Nasty values in any place, under right checksums: it predicts, or is refused in a line."""
    rng, path, worked = np.random.default_rng(0), tmp_path / "spoilt.regcmp", 0
    said: list[str] = []
    for model, rows in ((iris("batchnorm+l2"), np.zeros((2, 4))), (encoded(), clients().iloc[:3])):
        whole = members(to_bytes(model))
        own = json.loads(whole[DOCUMENT])
        every = [(at, each) for at in places_in(own) for each in (*NASTY, "DELETED", "DOUBLED")]
        for place in rng.choice(len(every), FUZZED // 2, replace=False):
            path.write_bytes(packed(whole | {DOCUMENT: spoilt(own, *every[place])}))
            try:
                load(path).predict(rows)
                worked += 1
            except regcmp.RegcmpError as error:
                said.append(str(error))
            except Exception as error:
                raise AssertionError(f"{every[place]} raises {error!r}") from error
    assert worked > 0 and len(said) > FUZZED / 2
    assert all("\n" not in each and len(each) < 900 for each in said)


def test_an_edited_model_has_another_checksum(tmp_path: Path) -> None:
    """Whichever member was edited; and members that no manifest names are none."""
    whole = members(to_bytes(iris()))
    for name in whole.keys() - {MANIFEST}:
        changed = whole | {name: whole[name][:-1] + b" "}
        (tmp_path / "edited.regcmp").write_bytes(packed(changed, seal=False))
        with pytest.raises(regcmp.DataError, match="was changed after it was written"):
            load(tmp_path / "edited.regcmp")
    (tmp_path / "more.regcmp").write_bytes(packed(whole | {"a.txt": b"a"}, seal=False))
    with pytest.raises(regcmp.DataError, match="not those of its manifest"):
        load(tmp_path / "more.regcmp")


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.99, 0.9999])
def test_a_truncated_model_is_one_line(share: float, tmp_path: Path) -> None:
    """Wherever it ends."""
    data = to_bytes(iris())
    (tmp_path / "cut.regcmp").write_bytes(data[: int(share * len(data))])
    with pytest.raises(
        regcmp.DataError, match="is not a regcmp model, or it is damaged or truncated"
    ):
        load(tmp_path / "cut.regcmp")


def test_any_flipped_byte_is_noticed_or_harmless(tmp_path: Path) -> None:
    """It is an error in one line, or the same model."""
    data = to_bytes(iris())
    rows = np.zeros((3, 4))
    expected = iris().raw_outputs(rows).tobytes()
    rng, path = np.random.default_rng(0), tmp_path / "flipped.regcmp"
    for place in rng.integers(0, len(data), 60):
        changed = bytearray(data)
        changed[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(changed)
        try:
            model = load(path)
        except regcmp.DataError:
            continue
        assert model.raw_outputs(rows).tobytes() == expected


def test_a_file_that_expands_too_far_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the bounds of other archives, before anything is read."""
    monkeypatch.setattr(files, "FREE_BYTES", 1 << 16)
    found = members(to_bytes(iris())) | {"zeros.npy": b"\0" * (1 << 24)}
    (tmp_path / "bomb.regcmp").write_bytes(packed(found))
    with pytest.raises(regcmp.DataError, match="as harmful archives do"):
        load(tmp_path / "bomb.regcmp")


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + b"\0" * 18])
def test_another_file_is_no_model(content: bytes, tmp_path: Path) -> None:
    """An empty one, a text, an archive of nothing; and one that is not there."""
    (tmp_path / "other.regcmp").write_bytes(content)
    with pytest.raises(regcmp.DataError, match="is not a regcmp model"):
        load(tmp_path / "other.regcmp")
    with pytest.raises(regcmp.DataError, match=r"can't read .*none.regcmp.*No such file"):
        load(tmp_path / "none.regcmp")


def test_a_small_file_can_not_declare_feature_maps_that_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The weights of 4,000 filters of a pixel are few, and their maps of 60 x 60 pixels are not."""
    images = np.random.default_rng(0).random((20, 60, 60))
    np.savez(tmp_path / "images.npz", X=images, y=np.arange(20) % 2)
    words = QUICK | {"arch": "conv2x1-gap", "hidden": (), "epochs": 1}
    found = members(to_bytes(regcmp.fit(str(tmp_path / "images.npz"), "none", **words)))
    theta = next(name for name in found if name.endswith("theta.npy"))
    out = io.BytesIO()
    np.save(out, np.zeros(4000 * 2 + 4000 * 2 + 2, "f4"))
    data = found[DOCUMENT].replace(b'"conv2x1-gap"', b'"conv4000x1-gap"')
    path = tmp_path / "maps.regcmp"
    path.write_bytes(packed(found | {theta: out.getvalue(), DOCUMENT: data}))
    assert path.stat().st_size < 1e6
    monkeypatch.setattr(loading, "machine_memory", lambda: 8e9)
    with pytest.raises(regcmp.DataError) as caught:
        load(path)
    said = str(caught.value)
    assert said.startswith(f"{str(path)!r} has a network that takes about ") and "\n" not in said
    assert "memory to predict 256 rows, and this machine has 8.0 GB" in said


def test_a_message_is_short_whatever_the_file_says(tmp_path: Path) -> None:
    """A method of a hundred thousand letters is no reason for as many in an error."""
    found = members(to_bytes(iris()))
    document = json.loads(found[DOCUMENT])
    document["facts"]["method"] = "a" * 100_000
    path = tmp_path / "long.regcmp"
    path.write_bytes(packed(found | {DOCUMENT: json.dumps(document).encode()}))
    with pytest.raises(regcmp.UsageError) as caught:
        load(path)
    assert len(str(caught.value)) < 500 + len(str(path)) and "\n" not in str(caught.value)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    """Neither a pipe that nobody writes to, nor a device without an end."""
    os.mkfifo(tmp_path / "pipe.regcmp")
    (tmp_path / "device.regcmp").symlink_to("/dev/zero")
    for name, kind in (("pipe", "a pipe"), ("device", "a device")):
        with pytest.raises(regcmp.DataError, match=f"is {kind}, and a model is read from a file"):
            load(tmp_path / f"{name}.regcmp")
    (tmp_path / "loop.regcmp").symlink_to("loop.regcmp")
    with pytest.raises(regcmp.DataError, match=r"^can't read .* symbolic links$"):
        load(tmp_path / "loop.regcmp")


def test_an_npz_file_is_no_model(tmp_path: Path) -> None:
    """It has no manifest."""
    np.savez(tmp_path / "a.npz", X=np.zeros(3))
    with pytest.raises(regcmp.DataError, match=r"it has no 'manifest\.json'"):
        load(tmp_path / "a.npz")


PLUGIN = """
import regcmp


@regcmp.register
class Cauchy(regcmp.Regularizer):
    name, formula = "cauchy_of_file", "none"
    strength_is = regcmp.Number(1e-3, 0, 1, "penalty")

    def penalize(self, grad, context):
        return grad + self.strength[:, :, 0] * context.theta * self.network.is_weight
"""


@pytest.mark.usefixtures("registry_as_before")
def test_a_plugin_that_is_not_there_is_asked_for(tmp_path: Path) -> None:
    """The file names none to be run; loading with it works."""
    (tmp_path / "own.py").write_text(PLUGIN, encoding="utf-8")
    own = str(tmp_path / "own.py")
    model = regcmp.fit("iris", "cauchy_of_file=0.01", plugins=[own], **QUICK)
    model.save(tmp_path / "model.regcmp")
    del REGISTRY["cauchy_of_file"]
    with pytest.raises(
        regcmp.UsageError, match=r"cauchy_of_file.*must be loaded, by --plugin FILE.py"
    ):
        regcmp.load(tmp_path / "model.regcmp")
    with pytest.raises(regcmp.UsageError, match=r"^(?!.*dropconnect)"):  # no list of all others
        regcmp.load(tmp_path / "model.regcmp")
    again = regcmp.load(tmp_path / "model.regcmp", plugins=[own])
    rows = np.zeros((2, 4))
    assert again.raw_outputs(rows).tobytes() == model.raw_outputs(rows).tobytes()


def test_a_model_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """And as what its name says."""
    with pytest.raises(regcmp.UsageError, match=r"expected a name that ends in .regcmp or .onnx"):
        iris().save(tmp_path / "model.pkl")
    with pytest.raises(regcmp.RegcmpError, match="could not be written"):
        iris().save(tmp_path / "nowhere" / "model.regcmp")
    assert not list(tmp_path.iterdir())
