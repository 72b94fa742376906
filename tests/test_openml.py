"""OpenML through scikit-learn's cache, laid on disk by hand: nothing is asked of the network."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from commands import Done, run

QUICK = ("none", "--epochs", "1", "--seeds", "2", "--hidden", "4", "--jobs", "1")
NOWHERE = "http://127.0.0.1:9"


def keep(home: Path, place: str, data: str) -> None:
    """A file as scikit-learn keeps what an address of openml.org answered."""
    path = home / "openml" / "openml.org" / f"{place}.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data.encode()))


def lay(home: Path, number: int, name: str, columns: dict[str, str], rows: list[str]) -> None:
    """A dataset in the cache: its names and types, the last one's being the target, and its rows."""
    lines = [f"@relation {name}", *(f"@attribute {key} {kind}" for key, kind in columns.items())]
    arff = "\n".join([*lines, "@data", *rows]) + "\n"
    place = f"data/v1/download/{number}"
    description = {
        "id": str(number),
        "name": name,
        "version": "1",
        "format": "ARFF",
        "status": "active",
        "description": "by hand",
        "file_id": str(number),
        "url": f"https://api.openml.org/{place}",
        "md5_checksum": hashlib.md5(arff.encode()).hexdigest(),
    }
    features = [
        {
            "index": str(i),
            "name": key,
            "data_type": "numeric" if kind == "numeric" else "nominal",
            "is_target": "true" if key == list(columns)[-1] else "false",
            "is_ignore": "false",
            "is_row_identifier": "false",
            "number_of_missing_values": "0",
        }
        for i, (key, kind) in enumerate(columns.items())
    ]
    listed = [{"did": number, "name": name, "version": 1, "status": "active"}]
    search = f"api/v1/json/data/list/data_name/{name.lower()}/limit/2/status/active/"
    answers = {
        search: {"data": {"dataset": listed}},
        f"api/v1/json/data/{number}": {"data_set_description": description},
        f"api/v1/json/data/features/{number}": {"data_features": {"feature": features}},
        f"api/v1/json/data/qualities/{number}": {"data_qualities": {"quality": []}},
    }
    for address, answer in answers.items():
        keep(home, address, json.dumps(answer))
    keep(home, place, arff)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of one table, and of MNIST and its fashion with a few rows."""
    folder = tmp_path_factory.mktemp("sklearn")
    rng = np.random.default_rng(0)
    ends = {True: ("hi", "good"), False: ("lo", "'so so'")}
    table = [
        "{:.3f},{level},{},{risk}".format(
            x, i % 3 or "?", level=ends[x > 0][0], risk=ends[x > 0][1]
        )
        for i, x in enumerate(rng.normal(size=40).tolist())
    ]
    columns = {"amount": "numeric", "level": "{lo,hi}", "plan": "{1,2}", "risk": "{'so so',good}"}
    lay(folder, 31, "Credit-G", columns, table)
    pixels = {f"pixel{i + 1}": "numeric" for i in range(784)} | {"class": "{0,1,2}"}
    images = rng.integers(0, 256, (30, 784))
    images[:, 0] = 0
    rows = [",".join(map(str, row)) + f",{i % 3}" for i, row in enumerate(images)]
    lay(folder, 554, "mnist_784", pixels, rows)
    lay(folder, 40996, "Fashion-MNIST", pixels, rows)
    return folder


def offline(words: list[str], folder: Path, home: Path) -> Done:
    """A command that has this cache, and a network that refuses."""
    cut_off = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), NOWHERE)
    nothing = {"no_proxy": "", "NO_PROXY": ""}
    return run(words, folder, {"SCIKIT_LEARN_DATA": str(home), **cut_off, **nothing})


@pytest.mark.full
@pytest.mark.parametrize("spec", ["openml:credit-g", "openml:Credit-G", "openml:31"])
def test_a_kept_dataset_is_read_by_name_and_by_number(
    spec: str, tmp_path: Path, home: Path
) -> None:
    """Its own target, categories as such; the source says what it is."""
    done = offline(["datasets", spec, "--json"], tmp_path, home)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert (found["rows"], found["target"], found["classes"]) == (40, "risk", ["good", "so so"])
    kinds = {each["name"]: each["kind"] for each in found["column_list"]}
    assert kinds == {"amount": "number", "level": "category", "plan": "category"}
    plan = found["column_list"][2]
    assert plan["missing"] == 14 and dict(plan["levels"]) == {"1": 13, "2": 13}
    assert found["source"] == "openml.org, Credit-G 1"
    assert any("'level' gives the target 'risk' away" in each for each in found["warnings"])


@pytest.mark.full
@pytest.mark.parametrize("spec", ["mnist", "fashion"])
def test_the_aliases_are_compared(spec: str, tmp_path: Path, home: Path) -> None:
    """All 784 pixels, also the one that is dark everywhere; classes are digits, not floats."""
    done = offline(["compare", "--dataset", spec, *QUICK], tmp_path, home)
    assert done.code == 0 and done.err == ""
    assert f"{spec}: 30 rows, 784 features" in done.out
    assert "3 classes" in done.out
    page = offline(["datasets", spec], tmp_path, home).out
    assert "images of 28x28 pixels" in page


@pytest.mark.full
@pytest.mark.parametrize("spec", ["openml:adult", "openml:1590"])
def test_what_is_not_kept_needs_the_network(spec: str, tmp_path: Path, home: Path) -> None:
    """Without one, a line says how to use a file; nothing is written."""
    done = offline(["compare", "--dataset", spec, "-o", "a.csv", *QUICK], tmp_path, home)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"Error: can't reach openml.org for '{spec}' (")
    assert done.err.endswith("use a local file instead: --dataset FILE.csv --target COLUMN\n")
    assert done.err.count("\n") == 1 and not list(tmp_path.iterdir())


@pytest.mark.full
def test_a_damaged_cache_is_one_line(tmp_path: Path) -> None:
    """scikit-learn throws the file away and asks again, which fails."""
    own = tmp_path / "own"
    lay(own, 7, "tiny", {"a": "numeric", "b": "{x,y}"}, ["1,x", "2,y", "3,x", "4,y"])
    kept = own / "openml" / "openml.org" / "data" / "v1" / "download" / "7.gz"
    kept.write_bytes(kept.read_bytes()[:-12])
    done = offline(["compare", "--dataset", "openml:7", *QUICK], tmp_path, own)
    assert done.code == 1
    assert done.err.startswith("Error: can't reach openml.org for 'openml:7'")
    assert done.err.count("\n") == 1
