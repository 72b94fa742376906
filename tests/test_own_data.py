"""``regcmp compare`` and ``regcmp datasets`` on a file of one's own, as users run them."""

from __future__ import annotations

import json
import re
import shlex
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from commands import Done, run_here, strict

QUICK = ("--epochs", "1", "--seeds", "2", "--hidden", "4", "--jobs", "1", "none", "l2")


def write(folder: Path, *columns: tuple[str, list[str]]) -> None:
    """A file rows.csv of these columns, and of 60 rows."""
    names, cells = zip(*columns, strict=True)
    lines = [",".join(names), *(",".join(row) for row in zip(*cells, strict=True))]
    (folder / "rows.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def kinds() -> list[tuple[str, list[str]]]:
    """A number with gaps, a category, texts, and classes that follow the number."""
    numbers = np.random.default_rng(0).normal(size=60)
    return [
        ("size", ["" if i in (3, 9) else f"{x:.3f}" for i, x in enumerate(numbers)]),
        ("color", ["red", "green", "blue"] * 20),
        ("note", [f"it was seen {i} times" for i in range(60)]),
        ("churn", ["yes" if x > 0 else "no" for x in numbers]),
    ]


def compared(folder: Path, *words: str) -> Done:
    """What ``regcmp compare`` says of rows.csv."""
    return run_here(["compare", "--dataset", "rows.csv", *words, *QUICK], folder)


def test_the_table_says_what_it_learned_from(tmp_path: Path) -> None:
    """Columns, features and target in its header; what is left out on standard error, and in the JSON."""
    write(tmp_path, *kinds())
    done = compared(tmp_path, "--target", "churn", "-o", "report.json")
    assert done.code == 0, done.err
    assert "60 rows, 2 columns as 6 features, target 'churn', 2 classes" in done.out
    warning = "column 'note' holds free text; it is not used, unless --text note asks for its words"
    assert done.err == f"Warning: {warning}\n"
    data = json.loads(done.file("report.json"))["plan"]["data"]
    assert data["warnings"] == [warning] and data["target"] == "churn"
    assert (data["columns"], data["features"]) == (2, 6)


def test_words_of_columns(tmp_path: Path) -> None:
    """A position, a list to drop, a text to learn from; -q says nothing on standard error."""
    write(tmp_path, *kinds())
    done = compared(tmp_path, "--target", "4", "--drop", "size,color", "--text", "note", "-q")
    assert done.code == 0 and done.err == ""
    assert "1 column as 64 features, target 'churn'" in done.out


def test_a_dataset_is_shown_as_it_was_understood(tmp_path: Path) -> None:
    """Each column with its kind, gaps and levels; the balance of classes; warnings."""
    write(tmp_path, *kinds())
    done = run_here(["datasets", "rows.csv", "--target", "churn"], tmp_path)
    assert done.code == 0, done.err
    first = "rows.csv\n60 rows, 2 columns as 6 features, target 'churn', classification\n"
    assert done.out.startswith(first)
    lines = {line.split()[0]: line for line in done.out.splitlines() if line.strip()}
    assert "number" in lines["size"] and "2 missing" in lines["size"]
    assert "category" in lines["color"] and "red 20" in lines["color"]
    assert "free text, not used" in lines["note"] and "Warning: column 'note'" in done.out
    found = json.loads(
        run_here(["datasets", "rows.csv", "--target", "churn", "--json"], tmp_path).out
    )
    assert sum(found["rows_of_class"].values()) == found["rows"] == 60
    assert [each["kind"] for each in found["column_list"]] == ["number", "category", "free text"]


def test_the_list_of_datasets_as_json(tmp_path: Path) -> None:
    """With what a name on the list may be given; options of reading are refused without a dataset."""
    found = strict(run_here(["datasets", "--json"], tmp_path).out)
    assert found["bundled"]["digits"]["rows"] == 1797
    assert found["synthetic"]["moons"]["parameters"]["noise"]["default"] == 0.3
    assert found["openml"]["mnist"] == "openml:554"
    done = run_here(["datasets", "--sep", ";"], tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err == "Error: --sep needs a dataset: name a file, or one of the list\n"


def test_what_should_be_known_is_said_before_training(tmp_path: Path) -> None:
    """Also where the command ends in an error that only the split shows."""
    write(tmp_path, *kinds()[:3], ("churn", ["yes", *["no"] * 59]))
    done = compared(tmp_path, "--target", "churn")
    assert done.code == 1
    first, second = done.err.splitlines()
    assert first.startswith("Warning: column 'note' holds free text")
    assert second.startswith("Error: 'rows.csv': class 'yes' has a single row")


@pytest.mark.full
def test_images_are_said_to_be_some(tmp_path: Path) -> None:
    """In the page, in its JSON and in the report's; features of noise are no pixels."""
    words = ("--image", "2x2", "--target", "5", "--no-header")
    rows = np.random.default_rng(0).integers(0, 256, (60, 4))
    lines = [",".join(map(str, row)) + f",{i % 2}" for i, row in enumerate(rows)]
    (tmp_path / "rows.csv").write_text("\n".join(lines) + "\n")
    page = run_here(["datasets", "rows.csv", *words], tmp_path).out
    assert "60 rows, 4 features, images of 2x2 pixels" in page
    low, high = rows.min(), rows.max()
    assert f"\nPixels: 4, from {low} to {high}\n" in page and "Columns:" not in page
    assert strict(run_here(["datasets", "rows.csv", *words, "--json"], tmp_path).out)["image"] == [
        2,
        2,
        1,
    ]
    done = compared(tmp_path, *words, "-o", "report.json")
    plan = strict(done.file("report.json"))["plan"]
    assert plan["image"] == "2x2" and plan["data"]["image"] == [2, 2, 1]
    done = compared(tmp_path, *words, "--noise-features", "3")
    assert done.code == 2 and "leave one of them out" in done.err
    noisy = [
        "compare",
        "--dataset",
        "digits",
        "--noise-features",
        "3",
        "-o",
        "a.json",
        "-q",
        *QUICK,
    ]
    assert strict(run_here(noisy, tmp_path).file("a.json"))["plan"]["data"]["image"] is None


def with_ids(name: str) -> list[tuple[str, list[str]]]:
    """A column of this name with another whole number in each row, a key of which one recurs."""
    numbers = np.random.default_rng(1).permutation(60) + 1000
    return [
        (name, list(map(str, numbers))),
        ("who", [f"K{i if i % 3 else 0}" for i in range(60)]),
        ("age", [str(i % 7) for i in range(60)]),
        ("churn", ["yes" if x % 2 else "no" for x in numbers]),
    ]


def test_ids_are_used_where_they_are_asked_for(tmp_path: Path) -> None:
    """The number as if it had another name, bit for bit; without being asked for, it is warned of."""
    write(tmp_path, *with_ids("id"))
    target = ("--target", "churn")
    left = compared(tmp_path, *target, "-o", "left.json")
    assert left.code == 0 and "60 rows, 1 feature, target 'churn'" in left.out
    first, second = left.err.splitlines()
    assert first.endswith("is not used; if it measures something, --use id takes it as a number")
    assert second.endswith(
        "unless --text who asks for its words or --use who takes it as a category"
    )
    asked = compared(tmp_path, *target, "--use", "id", "--use", "age,who", "-o", "asked.json")
    assert asked.code == 0 and asked.err == "" and "60 rows, 3 columns as 44 features" in asked.out
    write(tmp_path, *with_ids("size"))
    named = compared(tmp_path, *target, "--use", "who", "-o", "named.json")
    assert named.code == 0 and named.out == asked.out
    ours, theirs = strict(asked.file("asked.json")), strict(named.file("named.json"))
    assert all(ours[part] == theirs[part] for part in ("summary", "runs", "history"))
    found = run_here(["diff", "left.json", "asked.json"], tmp_path)
    assert found.code == 0 and 'Different: use [] -> ["id", "age", "who"]' in found.out


def test_a_plan_says_what_was_asked_for(tmp_path: Path) -> None:
    """The command that a page shows and the file that was saved give the same table again."""
    write(tmp_path, *with_ids("id"))
    words = ("--target", "churn", "--use", "id,who", "--save-config", "plan.toml")
    done = compared(tmp_path, *words, "-o", "first.html", "-o", "first.csv")
    assert done.code == 0, done.err
    (shown,) = map(
        unescape, re.findall(r"<code>(regcmp .*)</code>", done.file("first.html").decode())
    )
    assert "--use id,who" in shown
    assert 'use = [\n    "id",\n    "who",\n]' in done.file("plan.toml").decode()
    again = run_here([*shlex.split(shown)[1:], "-o", "second.csv", "--jobs", "1"], tmp_path)
    assert again.code == 0, again.err
    saved = run_here(
        ["compare", "--config", "plan.toml", "-o", "third.csv", "--jobs", "1"], tmp_path
    )
    assert again.file("second.csv") == saved.file("third.csv") == done.file("first.csv")


def test_an_id_is_shown_both_ways(tmp_path: Path) -> None:
    """As not used, and as the number and the category that it is where it is asked for."""
    write(tmp_path, *with_ids("id"))
    show = ["datasets", "rows.csv", "--target", "churn", "--json"]
    left = strict(run_here(show, tmp_path).out)["column_list"]
    assert [(each["kind"], each["used"]) for each in left[:2]] == [("id", False)] * 2
    asked = strict(run_here([*show, "--use", "id,who"], tmp_path).out)
    assert [each["kind"] for each in asked["column_list"]] == ["number", "category", "number"]
    assert asked["columns"] == 3 and asked["warnings"] == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--use", "b"), "--use: 'rows.csv' has no column 'b'"),
        (("--use", "y"), "--use: 'y' is the target; choose another one with --target"),
        (("--drop", "a", "--use", "a"), "--drop and --use both name 'a'; leave one out"),
        (("--drop", "b"), "--drop: 'rows.csv' has no column 'b'"),
        (("--task", "classify"), "unknown task 'classify': did you mean 'classification'?"),
    ],
)
def test_words_that_do_not_fit_the_columns_are_refused(
    tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    """In one line, and nothing is written."""
    write(tmp_path, ("a", ["1", "2"] * 30), ("y", ["x", "z"] * 30))
    done = compared(tmp_path, *words, "-o", "report.csv")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"Error: {message}") and done.err.count("\n") == 1
    assert not (tmp_path / "report.csv").exists()


def test_levels_that_only_test_rows_have_are_no_error(tmp_path: Path) -> None:
    """A level of one row is in no training rows under some seed."""
    write(
        tmp_path,
        ("color", ["red", "green"] * 29 + ["pink", "grey"]),
        ("size", [str(i % 11) for i in range(60)]),
        ("y", ["a", "b"] * 30),
    )
    assert compared(tmp_path, "--test-size", "0.5").code == 0
