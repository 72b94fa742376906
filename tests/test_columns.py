"""What is understood of a table's columns, and how they are encoded."""

from __future__ import annotations

from dataclasses import replace
from shlex import quote as quoted

import numpy as np
import pandas as pd
import pytest
from preparing import scale

from regcmp.data.columns import Columns
from regcmp.data.dataset import Dataset
from regcmp.data.from_arrays import from_arrays
from regcmp.data.preparation.splitting import Split
from regcmp.data.table import Table
from regcmp.data.tables.understanding import understand
from regcmp.errors import DataError, RegcmpError, UsageError
from regcmp.plan import make_plan

N = 60
RNG = np.random.default_rng(3)
Y = ["yes", "no", "no"] * (N // 3)
SPLIT = Split(np.arange(0, 40), np.arange(40, N))


def table(**columns: object) -> Table:
    """A table of N rows; the target is called y unless it is given."""
    frame = pd.DataFrame({"a": np.arange(N) % 7.0} | {"y": Y} | columns)
    return Table("tiny.csv", frame, "a test", is_text=True)


def understood(columns: Columns | None = None, **values: object) -> Dataset:
    """Such a table, understood."""
    return understand(table(**values), columns or Columns())


def mixed_columns() -> dict[str, list[object] | np.ndarray]:
    """Numbers with gaps, categories with a rare level, truth values and texts."""
    number = RNG.normal(size=N)
    number[[3, 50]] = np.nan
    return {
        "number": number,
        "color": ["red", "blue", "green"] * (N // 3 - 1) + ["red", None, "pink"],
        "flag": ["True", "false"] * (N // 2),
        "words": [f"one word{i} more" for i in range(N)],
    }


def test_plain_numbers_stay_a_matrix() -> None:
    """Bit for bit, and without any encoder."""
    dataset = understood()
    assert dataset.mixed is None and dataset.classes == ("no", "yes")
    assert np.array_equal(dataset.x[:, 0], np.arange(N) % 7.0)


def test_features_of_mixed_columns() -> None:
    """Zero mean and unit variance, an indicator, a feature per frequent level, the words asked for."""
    dataset = understood(Columns(text=("words",)), **mixed_columns())
    kinds = {column.name: column.kind for column in dataset.columns}
    assert kinds == {
        "a": "number", "number": "number", "color": "category", "flag": "boolean", "words": "text",
    }  # fmt: skip
    train, test, _ = scale(dataset, SPLIT, np.float64)
    assert train.shape == (40, dataset.n_features) and test.shape == (20, dataset.n_features)
    # 3 numbers, 1 indicator, 5 levels (one of them 'missing') and the rare ones' place, 62 words.
    assert dataset.n_features == 3 + 1 + 6 + 62
    np.testing.assert_allclose(train[:, :3].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(train[:, :3].std(axis=0), 1)
    assert train[3, 3] == 1 and train[:, 3].sum() == 1
    np.testing.assert_array_equal(train[:, 4:10].sum(axis=1), 1)
    assert np.isfinite(train).all() and np.isfinite(test).all()


def test_test_rows_change_nothing_in_training() -> None:
    """Whatever their numbers, levels and words are; how many words there are is the network's size."""
    columns = mixed_columns()
    before, _, _ = scale(understood(Columns(text=("words",)), **columns), SPLIT, np.float32)
    columns["number"][45] = 1e6  # type: ignore[index]
    columns["color"][45] = "blue"
    columns["words"][45] = "one unseen more"
    after, _, _ = scale(understood(Columns(text=("words",)), **columns), SPLIT, np.float32)
    assert np.array_equal(before, after)


@pytest.mark.parametrize(
    ("columns", "values", "message"),
    [
        (Columns("z"), {}, "--target: 'tiny.csv' has no column 'z'; choose one of 'a', 'y'"),
        (Columns("9"), {}, "has no column '9'; by position, its columns are 1 to 2, by name 'a', 'y'"),
        (Columns("yy"), {}, "did you mean 'y'?"),
        (Columns(drop=("b",)), {}, "--drop: 'tiny.csv' has no column 'b'"),
        (Columns(), {"label": Y}, "'y' and 'label' could both be the target"),
        (Columns(), {"y": "yes"}, "the target 'y' is 'yes' in every row, and learning needs"),
        (Columns(), {"y": [None, *Y[1:]]}, "the target 'y' is missing in 1 of 60 rows"),
        (Columns(), {"y": list(map(str, range(N)))}, "the target 'y' has 60 classes in 60 rows"),
        (Columns(), {"b": [np.inf, *range(N - 1)]}, "column 'b' is infinite in 1 of 60 rows"),
        (Columns(), {"b": [1e308, *range(N - 1)]}, "column 'b' has 1e+308, too large"),
        (Columns(), {"b": ["1,5", "2,5"] * 30}, "column 'b' has '1,5', which may be a decimal comma"),
        (Columns(), {"b": ["?", *map(str, range(N - 1))]}, "column 'b' has numbers, but '?' in 1 of"),
        (Columns(), {"b": ["-", "--", ".", *map(str, range(N - 3))]}, "but '-' and '--' and '.' in 3 of 60"),
        (Columns(), {"b": [f"{i},{i:03}.5" for i in range(1, N + 1)]}, "has '1,001.5', which is not"),
        (Columns(), {"b": ["0,5", "2.5", "n.a."] * 20}, "'b' has '0,5', which is not in a readable number"),
        (Columns(), {"b": ["20%", "5%"] * 30}, "'b' has '20%', which is not in a readable number"),
        (Columns(), {"b": [f"$ {i % 9}" for i in range(N)]}, "has '$ 0', which is not in a readable number"),
        (Columns(drop=("a",)), {}, "no column is left that tells its rows apart"),
        (Columns(drop=("y",)), {}, "--drop: 'y' is the target; choose another one with --target"),
        (Columns(text=("y",)), {}, "--text: 'y' is the target; choose another one with --target"),
        (Columns(drop=("a",), text=("a",)), {}, "--drop and --text both name 'a'; leave one out"),
        (Columns(text=("a",)), {}, "--text: column 'a' of 'tiny.csv' holds no texts, but values such"),
        (Columns(use=("b",)), {}, "--use: 'tiny.csv' has no column 'b'; choose one of 'a', 'y'"),
        (Columns(use=("y",)), {}, "--use: 'y' is the target; choose another one with --target"),
        (Columns(drop=("a",), use=("a",)), {}, "--drop and --use both name 'a'; leave one out"),
        (Columns(text=("b",), use=("b",)), {"b": Y}, "--text and --use both name 'b'; leave one out"),
    ],
)  # fmt: skip
def test_what_cannot_be_learned_from_is_named(
    columns: Columns, values: dict[str, object], message: str
) -> None:
    """The column, what was found, and a way out."""
    with pytest.raises(RegcmpError) as error:
        understood(columns, **values)
    assert message in str(error.value)
    assert isinstance(error.value, UsageError | DataError) and "\n" not in str(error.value)


def test_a_word_between_decimal_commas_is_named() -> None:
    """And no decimal comma is advised where it was given."""
    frame = pd.DataFrame({"b": ["huge", *(f"{i},5" for i in range(N - 1))], "y": Y})
    with pytest.raises(DataError, match="column 'b' has numbers, but 'huge' in 1 of 60 rows"):
        understand(Table("tiny.csv", frame, "here", is_text=True), Columns(), decimal=",")


def test_a_header_of_numbers_may_be_a_row() -> None:
    """Unless they only count the columns."""
    for names, row in ((("1", "2", "a"), True), (("1", "2", "3"), False)):
        frame = pd.DataFrame({name: range(9) for name in names})
        with pytest.raises(UsageError) as caught:
            understand(Table("tiny.csv", frame, "here", is_text=True), Columns())
        assert ("add --no-header" in str(caught.value)) == row


def test_a_text_without_words_is_named() -> None:
    """Where the training rows have none, whatever other rows have."""
    dataset = understood(Columns(text=("b",)), b=["!!!"] * (N - 1) + ["word"])
    with pytest.raises(DataError, match="no word stands in column 'b' of the 40 training rows"):
        scale(dataset, SPLIT, np.float32)


@pytest.mark.parametrize(
    ("values", "kind", "warning"),
    [
        (np.full(N, 2.0), "constant", "has one value in all rows, which tells nothing"),
        ([None] * N, "empty", "has no values; it is not used"),
        ([f"K{i}" for i in range(N)], "id", "has 60 different texts in 60 rows"),
        ([f"a text of {i}" for i in range(N)], "free text", "holds free text; it is not used"),
        ([f"2024-01-{1 + i % 28:02}" for i in range(N)], "date", "holds dates; it is not used"),
        ([{"yes": "1", "no": "0"}[y] for y in Y], "category", "gives the target 'y' away"),
    ],
)
def test_what_should_be_known_of_a_column_is_warned_of(
    values: object, kind: str, warning: str
) -> None:
    """Once, and by name."""
    dataset = understood(b=values)
    assert next(column.kind for column in dataset.columns if column.name == "b") == kind
    (only,) = dataset.warnings
    assert "column 'b'" in only and warning in only


@pytest.mark.parametrize(
    "name", ["id", "customer_id", "CustomerID", "Unnamed: 0", "unnamed_1", "rownames"]
)
def test_ids_that_are_numbers_are_not_used(name: str) -> None:
    """In whatever order; that is said, with a way out."""
    (said,) = understood(**{name: RNG.permutation(N) + 1000.0}).warnings
    assert said.startswith(f"column {name!r} has a different whole number in every row")
    assert said.endswith(f"if it measures something, --use {quoted(name)} takes it as a number")


@pytest.mark.parametrize(
    ("name", "numbers"),
    [("id", np.arange(N) // 4), ("id", np.arange(N) / 8), ("humid", RNG.permutation(N))],
)
def test_numbers_that_are_no_ids_are_used(name: str, numbers: np.ndarray) -> None:
    """Those that recur, are not whole, or are not called so: without a word, unless they are keys."""
    dataset = understood(**{name: numbers * 1.0})
    recurs = len(set(numbers)) < N
    assert dataset.n_columns == 2 and len(dataset.warnings) == recurs
    assert not recurs or "looks like a key that recurs" in dataset.warnings[0]


@pytest.mark.parametrize("name", ["id", "Unnamed: 0"])
def test_an_id_that_is_asked_for_is_a_number_like_any_other(name: str) -> None:
    """Under the name of an id as under another one, gaps and a count of rows included."""
    shuffled = RNG.permutation(N) * 1.0
    for numbers in (shuffled, np.where(shuffled == 7, np.nan, shuffled), np.arange(N) * 1.0):
        asked = understood(Columns(use=(name,)), **{name: numbers, "color": Y[1:] + Y[:1]})
        named = understood(size=numbers, color=Y[1:] + Y[:1])
        assert [replace(each, name="", warning="") for each in asked.columns] == [
            replace(each, name="", warning="") for each in named.columns
        ]
        assert len(asked.warnings) == len(named.warnings)
        parts = zip(scale(asked, SPLIT, np.float32), scale(named, SPLIT, np.float32), strict=True)
        assert all(np.array_equal(ours, theirs) for ours, theirs in parts)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([None] * N, "has no values; leave it out of --use"),
        (["2024-01-02", "2024-02-01"] * (N // 2), "holds dates; make numbers of them first"),
        (pd.date_range("2024-01-01", periods=N), "holds dates; make numbers of them first"),
        (["so"] * N, "has the same text in every row; leave it out of --use"),
        ([f"K{i}" for i in range(N)], "has no text that stands in 10 rows; leave it out of"),
        ([f"a text of {i}" for i in range(N)], "has no text that stands in 10 rows; --text 'b c'"),
    ],
)
def test_what_cannot_be_used_is_named(values: object, message: str) -> None:
    """Where it is asked for: why, and what to do instead."""
    with pytest.raises(UsageError) as error:
        understood(Columns(use=("b c",)), **{"b c": values})
    assert str(error.value).startswith(f"--use: column 'b c' of 'tiny.csv' {message}")


def test_a_count_of_rows_that_was_asked_for_is_warned_of() -> None:
    """The way out is not another option for the same column, which would be refused."""
    (said,) = understood(Columns(use=("id",)), id=np.arange(N)).warnings
    assert said.endswith(
        "'id' counts the rows, and may give the target away; leave it out of --use"
    )
    (said,) = understood(Columns(use=("t",)), t=np.arange(N)).warnings
    assert said.endswith("--drop t leaves it out")


def test_to_ask_for_what_is_used_changes_nothing() -> None:
    """Whatever the column is: number, category, truth value, one value in all rows."""
    values = mixed_columns() | {"same": [3.0] * N}
    names = ("a", "number", "color", "flag", "same")
    left, right = understood(**values), understood(Columns(use=names), **values)
    assert left.columns == right.columns and left.digest == right.digest


def keys(many: int) -> list[str]:
    """The key 'K0' in a quarter of the rows, and others, each in two of them."""
    return [f"K{0 if i % 4 == 0 else 1 + i // 2}" for i in range(many)]


def test_a_key_that_is_asked_for_is_a_category() -> None:
    """A feature for a key that recurs, and the rare ones pooled; the warning says how to ask."""
    (said,) = understood(b=keys(N)).warnings
    assert said.endswith("unless --text b asks for its words or --use b takes it as a category")
    dataset = understood(Columns(use=("b",)), b=keys(N))
    assert dataset.columns[1].kind == "category" and not dataset.warnings
    train, _, _ = scale(dataset, SPLIT, np.float64)
    often, rare = (dataset.layout.index(("category", "b", level)) for level in ("K0", None))
    assert np.array_equal(train[:, often], np.array(keys(N))[SPLIT.train] == "K0")
    assert np.array_equal(train[:, rare], 1 - train[:, often])
    assert train.any(axis=0).sum() == 3  # with the number 'a'


def test_gaps_between_keys_are_a_level() -> None:
    """Of keys that never recur it is the only one; fewer gaps than rare levels have tell nothing."""
    lacking = [None if i % 3 else f"K{i}" for i in range(N)]
    train, _, _ = scale(understood(Columns(use=("b",)), b=lacking), SPLIT, np.float64)
    kept = [column for column in train[:, 1:].T if column.any()]
    assert {tuple(column) for column in kept} == {
        tuple(float((each is None) == gap) for each in lacking[:40]) for gap in (True, False)
    }
    with pytest.raises(UsageError, match="no text that stands in 10 rows"):
        understood(Columns(use=("b",)), b=[None] * 9 + [f"K{i}" for i in range(N - 9)])


def test_very_many_keys_have_no_feature_each() -> None:
    """Only those that may recur in training rows, and one for the others: whichever rows these are."""
    frame = pd.DataFrame({"key": keys(1000), "y": Y[:2] * 500})
    dataset = understand(Table("many.csv", frame, "a test"), Columns(use=("key",)))
    assert frame["key"].nunique() > 500
    assert dataset.layout == [("category", "key", "K0"), ("category", "key", None)]
    split = Split(np.arange(30), np.arange(30, 1000))  # here K0 is rare, too
    train, test, _ = scale(dataset, split, np.float32)
    assert not train.any() and not test.any()


def test_a_count_of_rows_is_warned_of() -> None:
    """It is still used: it may be a time."""
    dataset = understood(t=np.arange(N) + 1.0)
    assert "'t' counts the rows" in dataset.warnings[0] and dataset.n_columns == 2


def test_a_target_is_found_by_name_and_by_position() -> None:
    """Positions count from 1; a column's name comes first."""
    assert understood().target == "y"
    assert understood(Columns("1"), b=Y).target == "a"


def images(shape: tuple[int, ...]) -> Table:
    """N images of this shape, whose first pixel is always dark."""
    pixels = RNG.integers(0, 256, (N, *shape)).astype(np.uint8)
    pixels.reshape(N, -1)[:, 0] = 0
    return from_arrays("a.npz", "a test", pixels, np.arange(N) % 2)


@pytest.mark.parametrize(
    ("shape", "image"), [((2, 3), (2, 3, 1)), ((2, 3, 3), (2, 3, 3)), ((6,), None)]
)
def test_images_keep_all_their_pixels(
    shape: tuple[int, ...], image: tuple[int, int, int] | None
) -> None:
    """In row-major order, channels last, dark ones included, and without a warning of these."""
    table = images(shape)
    dataset = understand(table, Columns())
    assert dataset.image == image and bool(dataset.warnings) == (image is None)
    assert np.array_equal(dataset.x, table.frame.drop(columns="target"))


@pytest.mark.parametrize(
    "columns", [Columns(drop=("2",)), Columns("3"), Columns("6", drop=("target",))]
)
def test_pixels_that_are_left_out_leave_no_image(columns: Columns) -> None:
    """Nor one with the target between them."""
    assert understand(images((2, 3)), columns).image is None


def test_pixels_with_gaps_are_no_image() -> None:
    """An indicator would stand between them."""
    pixels = RNG.normal(size=(N, 2, 3))
    pixels[0, 0, 0] = np.nan
    table = from_arrays("a.npz", "a test", pixels, np.arange(N) % 2)
    dataset = understand(table, Columns())
    assert dataset.image is None
    assert dataset.warnings[0].startswith("1 pixel is missing in some rows, so that rows are taken")


def test_a_table_is_said_to_be_of_images() -> None:
    """Also against what its source says, and without the columns that are dropped."""
    assert understand(images((12,)), Columns(image="2x3x2")).image == (2, 3, 2)
    assert understand(images((2, 6)), Columns(image="3x4")).image == (3, 4, 1)
    assert understand(images((13,)), Columns(drop=("1",), image="3x4")).image == (3, 4, 1)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ("5x5", "--image: 5x5 are 25 pixels, and 'a.npz' has 12 columns beside its target"),
        (
            "12",
            "--image: expected height x width, and x channels if there are several, as in 28x28",
        ),
        ("3x4x1x1", "got '3x4x1x1'"),
        ("3x-4", "got '3x-4'"),
        ("0x12", "got '0x12'"),
    ],
)
def test_a_size_that_cannot_be_meant_is_refused(image: str, message: str) -> None:
    """With both numbers."""
    with pytest.raises(UsageError) as error:
        understand(images((12,)), Columns(image=image))
    assert message in str(error.value)


def test_a_column_that_is_no_pixel_is_named() -> None:
    """And how to leave it out."""
    with pytest.raises(UsageError, match="'color' is no number; leave it out with --drop color"):
        understood(Columns(image="1x2"), b=np.arange(N) % 5.0, color=["red", "blue"] * (N // 2))


def test_validation_rows_are_encoded_as_test_rows_are() -> None:
    """By what the training rows gave; and where there are none, there is nothing."""
    dataset = understood(Columns(text=("words",)), **mixed_columns())
    _, test, validation = scale(dataset, replace(SPLIT, validation=SPLIT.test), np.float32)
    assert np.array_equal(test, validation)
    assert scale(dataset, SPLIT, np.float32)[2].shape == (0, dataset.n_features)


def test_names_that_join_alike_are_two_features() -> None:
    """Column 'a' with level 'b_c', and column 'a_b' with level 'c'."""
    colors = {"a": ["b_c", "d"] * (N // 2), "a_b": ["c", "d", "d"] * (N // 3)}
    dataset = understood(Columns(), **colors)
    train, _, _ = scale(dataset, SPLIT, np.float64)
    assert train.shape[1] == len(set(dataset.layout)) == 2 * 3
    for name, level in (("a", "b_c"), ("a_b", "c")):
        feature = train[:, dataset.layout.index(("category", name, level))]
        assert np.array_equal(feature, np.array(colors[name])[SPLIT.train] == level)


def test_given_test_rows_do_not_change_the_network() -> None:
    """Neither their levels, nor their gaps, nor their words make it wider."""
    columns = mixed_columns() | {"whole": np.arange(N) % 5.0}
    alone = table(**columns)
    texts = Columns(text=("words",))
    test = alone.frame.iloc[:9].copy()
    split = Split(np.arange(20, N), np.arange(N, N + 9))
    train, _, _ = scale(understand(replace(alone, test=test), texts), split, np.float32)
    other = test.copy()
    other.loc[:4, "color"] = ["mauve", "teal", "ochre", "puce", "taupe"]
    other.loc[:4, "words"] = [f"unseen{i} rare{i}" for i in range(5)]
    other.loc[2, "whole"] = np.nan
    dataset = understand(replace(alone, test=other), texts)
    after, encoded, _ = scale(dataset, split, np.float32)
    assert np.array_equal(train, after) and encoded.shape == (9, train.shape[1])
    # The rare levels of the training rows have a feature of their own, which unknown ones share.
    rare = dataset.layout.index(("category", "color", None))
    assert encoded[:5, rare].tolist() == [1.0] * 5 and np.isfinite(encoded).all()


@pytest.mark.parametrize(
    ("drop", "left"),
    [
        ("weird, id", {"a", "weird"}),
        ("weird,weird,id", {"a"}),
        ("a,weird,id,weird", set()),
        (["weird", "a"], {"weird, id"}),
    ],
)
def test_a_name_with_commas_is_found_whole(drop: str | list[str], left: set[str]) -> None:
    """However others stand around it; the plan that a report holds says the same."""
    plan = make_plan("tiny.csv", ["none"], drop=drop)
    numbers = np.arange(N) % 5.0
    frame = table(**{"weird, id": numbers, "weird": numbers}, kept=numbers)
    dataset = understand(frame, plan.columns)
    assert {column.name for column in dataset.columns} == left | {"kept"}


def test_a_name_with_commas_beside_its_parts_is_refused() -> None:
    """It could be meant, or they could."""
    frame = table(**dict.fromkeys(("weird, id", "weird", "id"), np.arange(N) % 5.0))
    for given in ("weird,id", ["weird", "id"], "a,weird, id"):
        with pytest.raises(UsageError) as error:
            understand(frame, make_plan("tiny.csv", ["none"], drop=given).columns)
        assert str(error.value) == (
            "--drop: 'weird,id' could mean 'weird, id' or 'weird' and 'id' of 'tiny.csv'; rename"
            " one of them"
        )


def test_ids_beyond_what_a_float_holds_are_ids() -> None:
    """As floats they would all be one number."""
    numbers = RNG.permutation(N) * 3 + 10**17
    assert numbers.dtype == np.int64 and len(set(numbers.astype(float))) < N
    (said,) = understood(id=numbers).warnings
    assert said.startswith("column 'id' has a different whole number in every row")


def test_a_name_with_blanks_around_it_is_found() -> None:
    """Unless another column has the name without them."""
    numbers = np.arange(N) % 5.0
    for given, names, left in (
        (" b", (" b", "c "), ["c "]),
        ("b,c", (" b", "c "), []),
        ("b", (" b", "b"), [" b"]),
        ([" b , c"], (" b , c", "b"), ["b"]),
    ):
        frame = table(**dict.fromkeys(names, numbers))
        dataset = understand(frame, make_plan("tiny.csv", ["none"], drop=given).columns)
        assert [column.name for column in dataset.columns] == ["a", *left]


@pytest.mark.parametrize("names", [(" b", "b "), ("b,", " b")])
def test_a_name_that_could_be_either_is_refused(names: tuple[str, str]) -> None:
    """Rather than leave out one of two columns that differ by blanks or commas."""
    frame = table(**dict.fromkeys(names, np.arange(N) % 5.0))
    with pytest.raises(UsageError) as error:
        understand(frame, make_plan("tiny.csv", ["none"], drop="b").columns)
    either = " or ".join(map(repr, names))
    assert str(error.value) == (
        f"--drop: 'b' could mean {either} of 'tiny.csv'; rename one of them"
    )


def test_classes_that_differ_by_blanks_are_warned_of() -> None:
    """They are two all the same: the file says so."""
    dataset = understood(y=["a", " a", "b"] * (N // 3))
    assert dataset.classes == (" a", "a", "b")
    (warning,) = dataset.warnings
    assert "the target 'y' has the classes ' a' and 'a', which differ by blanks alone" in warning
