"""``regcmp fit`` and ``regcmp predict``, as users run them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commands import Done, read_csv, run, run_here
from test_model_file import PLUGIN, clients

import regcmp
from regcmp.data.tables import text_table
from regcmp.engine.regularizers import REGISTRY
from regcmp.models import fitted, predicting

QUICK = ("--epochs", "4", "--hidden", "6", "--jobs", "1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """clients.csv, a model of it, and new rows."""
    own = tmp_path_factory.mktemp("models")
    frame = clients()
    frame.insert(0, "id", np.arange(len(frame)) + 7)
    frame.to_csv(own / "clients.csv", index=False)
    frame.iloc[:12].drop(columns="churn").to_csv(own / "new.csv", index=False)
    done = fit(own, "--dataset", "clients.csv", "--target", "churn", "--text", "note", "l2=3e-3")
    assert done.code == 0, done.err
    return own


def fit(folder: Path, *words: str, model: str = "model.regcmp") -> Done:
    """What ``regcmp fit`` says."""
    return run_here(["fit", *words, *QUICK, "-o", model], folder)


def predict(folder: Path, *words: str) -> Done:
    """What ``regcmp predict`` says with the model of the clients."""
    return run_here(["predict", "model.regcmp", *words], folder)


def changed(folder: Path, name: str, **columns: Any) -> str:
    """A file of new rows with other cells in some columns."""
    frame = pd.read_csv(folder / "new.csv", dtype=object).assign(**columns)
    frame.to_csv(folder / name, index=False)
    return name


# Fitting


def test_it_says_on_what_rows_it_was_trained(folder: Path, tmp_path: Path) -> None:
    """All of them, and how it scored there; warnings are those of a comparison."""
    words = ("--dataset", str(folder / "clients.csv"), "--target", "churn", "--text", "note")
    done = fit(tmp_path, *words, "l2=3e-3+dropout=0.3")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0].endswith(
        "clients.csv: l2=0.003+dropout=0.3 for 'churn', trained on 120 rows (seed 0)."
    )
    assert lines[1].startswith("On these rows: accuracy ")
    assert len(lines) == 2
    assert done.err.startswith("Warning: column 'id' has a different whole number in every row")
    assert (tmp_path / "model.regcmp").stat().st_size
    quiet = fit(tmp_path, *words, "l2", "-q")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")


def test_rows_are_set_aside_only_where_a_method_needs_them(folder: Path, tmp_path: Path) -> None:
    """And then other rows under each seed."""
    words = ("--dataset", str(folder / "clients.csv"), "--target", "churn", "-q")
    for method, rows in (("ema", (120, 0)), ("earlystop=2", (96, 24))):
        fit(tmp_path, *words, method, "--seeds", "2")
        facts = regcmp.load(tmp_path / "model.regcmp").facts
        assert (facts.rows["train"], facts.rows["validation"]) == rows
    done = fit(tmp_path, *words, "l2", "--validation-size", "0.5")
    assert done.code == 2
    assert "--validation-size: 'l2' selects nothing by validation rows" in done.err


def test_given_test_rows_are_scored_and_not_trained_on(folder: Path, tmp_path: Path) -> None:
    """By name, in the summary and in the model."""
    frame = pd.read_csv(folder / "clients.csv")
    frame.iloc[:90].to_csv(tmp_path / "a.csv", index=False)
    frame.iloc[90:].to_csv(tmp_path / "b.csv", index=False)
    words = ("--dataset", "a.csv", "--test", "b.csv", "--target", "churn", "l2")
    done = fit(tmp_path, *words)
    assert "trained on 90 rows" in done.out
    assert "On 30 test rows, which were not trained on: accuracy " in done.out
    alone = fit(tmp_path, "--dataset", "a.csv", "--target", "churn", "l2", model="alone.regcmp")
    assert alone.code == 0
    both = [regcmp.load(tmp_path / name) for name in ("model.regcmp", "alone.regcmp")]
    first, second = (each.networks[0].network.members[0].theta for each in both)
    assert first.tobytes() == second.tobytes()


@pytest.mark.full
def test_a_model_does_not_depend_on_how_it_was_trained(folder: Path, tmp_path: Path) -> None:
    """The same bytes with one worker or two."""
    words = ("--dataset", str(folder / "clients.csv"), "--target", "churn", "dropout", "-q")
    words = ("fit", *words, "--seeds", "3", "--epochs", "2", "--hidden", "300,300", "--jobs")
    for jobs, name in (("1", "one.regcmp"), ("2", "two.regcmp")):
        done = run([*words, jobs, "-o", name], tmp_path)
        assert done.code == 0, done.err
    assert (tmp_path / "one.regcmp").read_bytes() == (tmp_path / "two.regcmp").read_bytes()


@pytest.mark.parametrize("method", ["dropout", "earlystop=1"])
def test_a_network_of_an_ensemble_is_the_one_of_its_seed(method: str, folder: Path) -> None:
    """With the same bits as alone."""
    words: dict[str, Any] = {"target": "churn", "epochs": 3, "hidden": 6, "jobs": 1}
    file = str(folder / "clients.csv")
    many = regcmp.fit(file, method, seeds=3, **words).networks
    (alone,) = regcmp.fit(file, method, seed=2, **words).networks
    assert [each.seed for each in many] == [0, 1, 2]
    first, second = (each.network.members[0].theta for each in (many[2], alone))
    assert first.tobytes() == second.tobytes()


def report(folder: Path, *words: str) -> dict[str, Any]:
    """The report of a comparison, as report.json."""
    done = run_here(["compare", "-q", "--jobs", "1", *words, "-o", "report.json"], folder)
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return found


def test_a_report_s_winner_is_trained(tmp_path: Path) -> None:
    """With its settings; and what it scored in the comparison is said."""
    found = report(tmp_path, "--dataset", "wine", "--seeds", "5", "--hidden", "6", "--epochs", "30",
                   "--baseline", "l2=30", "none", "dropout=0.1", "earlystop")  # fmt: skip
    assert found["verdict"].startswith("Winner: ")
    winner = found["verdict"].split(": ")[1].split(",")[0]
    done = run_here(["fit", "report.json", "-o", "model.regcmp"], tmp_path)
    assert done.code == 0, done.err
    assert f"wine: {winner} for 'target', trained on 178 rows (seed 0)." in done.out
    assert "In the comparison: test accuracy " in done.out
    facts = regcmp.load(tmp_path / "model.regcmp").facts
    assert (facts.plan["hidden"], facts.plan["epochs"]) == ([6], 30)
    other = run_here(["fit", "report.json", "--method", "l1=0.5", "--seeds", "2", "--seed", "3",
                      "-o", "model.regcmp"], tmp_path)  # fmt: skip
    assert "wine: l1=0.5 for 'target', trained on 178 rows (2 networks, seeds 3 to 4)." in other.out
    assert "In the comparison" not in other.out


def test_a_tuned_row_is_named_in_any_notation(tmp_path: Path) -> None:
    """The strength that most seeds chose is trained; a row that is not there is refused by those that are."""
    found = report(tmp_path, "--dataset", "iris", "--seeds", "3", "--hidden", "4", "--epochs", "2",
                   "none", "tune:l2=1e-1,1e-3")  # fmt: skip
    assert [row["method"] for row in found["summary"]] == ["none", "tune:l2=0.001,0.1"]
    models, said = [], []
    for word in ("tune:l2=0.001,0.1", "tune:l2=1e-1,1e-3", " tune:l2=.1,.001"):
        done = run_here(["fit", "report.json", "--method", word, "-o", "model.regcmp"], tmp_path)
        assert done.code == 0, done.err
        assert "the most chosen candidate is trained: l2=0." in done.err
        assert "In the comparison: test accuracy " in done.out
        models.append((tmp_path / "model.regcmp").read_bytes())
        said.append((done.out, done.err))
    assert len({*models}) == len({*said}) == 1
    done = run_here(["fit", "report.json", "--method", "tune:l2", "-o", "other.regcmp"], tmp_path)
    assert (done.code, done.err) == (
        2,
        "Error: --method 'tune:l2': the report has no such row; choose one that it tuned:"
        " 'tune:l2=0.001,0.1'\n",
    )


def test_a_report_without_a_winner_gives_its_baseline(tmp_path: Path) -> None:
    """And it is said; also in Python."""
    report(tmp_path, "--dataset", "iris", "--seeds", "2", "--hidden", "4", "--epochs", "2", "l2")
    done = run_here(["fit", "report.json", "-o", "model.regcmp"], tmp_path)
    assert done.code == 0
    assert done.err == (
        "Warning: the report's verdict names no winner, so its baseline 'none' is trained; name another"
        " one with --method\n"
    )
    assert "iris: no regularization for 'target', trained on 150 rows" in done.out
    comparison = regcmp.compare("iris", ["none", "l2"], seeds=2, hidden=4, epochs=2, jobs=1)
    with pytest.warns(UserWarning, match="names no winner, so its baseline 'none' is trained"):
        model = comparison.fit("best")
    saved = regcmp.load(tmp_path / "model.regcmp")
    rows = np.zeros((2, 4))
    assert model.predict_proba(rows).tobytes() == saved.predict_proba(rows).tobytes()
    assert comparison.fit("l2", seeds=2).facts.method == "l2=0.001"


def test_other_rows_than_those_of_the_report_are_warned_of(folder: Path, tmp_path: Path) -> None:
    """Where its file has changed, or another one is named."""
    frame = pd.read_csv(folder / "clients.csv")
    frame.to_csv(tmp_path / "rows.csv", index=False)
    report(
        tmp_path,
        "--dataset",
        "rows.csv",
        "--target",
        "churn",
        "--seeds",
        "2",
        "--epochs",
        "1",
        "l2",
    )
    same = run_here(["fit", "report.json", "--method", "l2", "-o", "model.regcmp"], tmp_path)
    assert "other rows" not in same.err
    frame.iloc[3:].to_csv(tmp_path / "less.csv", index=False)
    words = ("fit", "report.json", "--method", "l2", "--dataset", "less.csv", "-o", "model.regcmp")
    done = run_here(words, tmp_path)
    assert "less.csv has other rows than those of the report" in done.err
    assert "trained on 117 rows" in done.out


@pytest.mark.usefixtures("registry_as_before")
def test_a_report_s_plugin_is_run_only_where_it_is_named(tmp_path: Path) -> None:
    """Else it is asked for."""
    (tmp_path / "own.py").write_text(PLUGIN, encoding="utf-8")
    report(tmp_path, "--dataset", "iris", "--plugin", "own.py", "cauchy_of_file", "--seeds", "2",
           "--epochs", "1")  # fmt: skip
    del REGISTRY["cauchy_of_file"]
    words = ("fit", "report.json", "--method", "cauchy_of_file", "-o", "model.regcmp")
    done = run_here(words, tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "the comparison had loaded 'own.py': name it with --plugin" in done.err
    assert run_here([*words, "--plugin", "own.py"], tmp_path).code == 0
    del REGISTRY["cauchy_of_file"]
    rows = ("predict", "model.regcmp", "rows.npy")
    np.save(tmp_path / "rows.npy", np.zeros((2, 4)))
    assert "must be loaded, by --plugin FILE.py" in run_here(rows, tmp_path).err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["l2"], "--dataset is missing: say what 'l2' is to learn from"),
        ([], "expected one method, such as l2=1e-3, or one report"),
        (["--dataset", "iris", "l2", "l1"], "expected one method"),
        (["--dataset", "iris", "l2=1,2"], "expected one method, got 2 in 'l2=1,2'"),
        (["--dataset", "iris", "drpout"], "unknown regularizer 'drpout': did you mean"),
        (["--dataset", "iris", "l2", "--method", "l1"], "--method is for a report"),
        (["none.json"], "'none.json' can't be read"),
        (["--dataset", "irs", "l2"], "unknown dataset 'irs'"),
        (["--dataset", "iris", "l2", "--seeds", "0"], "--seeds: expected a whole number"),
        (["--dataset", "iris", "l2", "--seed", "x"], "--seed"),
    ],
)
def test_a_fit_that_is_not_meant_is_refused(words: list[str], message: str, tmp_path: Path) -> None:
    """In one line, before anything is trained."""
    done = run_here(["fit", *words, "-o", "model.regcmp"], tmp_path)
    assert done.code in (1, 2) and done.out == ""
    assert done.err.startswith("Error: ") and done.err.count("\n") == 1
    assert message in done.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", ["-", "model.pkl", "nowhere/model.regcmp", "-.regcmp"])
def test_a_place_that_holds_no_model_is_refused(place: str, tmp_path: Path) -> None:
    """Before anything is trained."""
    done = run_here(["fit", "--dataset", "iris", "l2", "-o", place], tmp_path)
    assert done.code == 2 and done.err.startswith("Error: -o ")


def test_a_model_is_not_said_to_be_printed(tmp_path: Path) -> None:
    """'-' would be refused, too, and is no way out."""
    done = run_here(["fit", "--dataset", "iris", "l2", "-o", "model.json"], tmp_path)
    assert done.err == "Error: -o 'model.json': expected a name that ends in .regcmp or .onnx\n"


def test_a_network_that_comes_to_nothing_is_an_error(tmp_path: Path) -> None:
    """No file is written."""
    done = fit(tmp_path, "--dataset", "iris", "none", "--lr", "1e30")
    assert done.code == 1
    assert "training under seed 0 was stopped after epoch" in done.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("flag", ["--noise-features", "--label-noise", "--test-size"])
def test_what_a_model_has_no_use_for_is_no_option(flag: str, tmp_path: Path) -> None:
    """A report with noise is refused, too."""
    done = run_here(["fit", "--dataset", "iris", "l2", flag, "1", "-o", "model.regcmp"], tmp_path)
    assert done.code == 2 and f"unknown option {flag!r}" in done.err
    report(tmp_path, "--dataset", "iris", "--seeds", "2", "--epochs", "1", "--noise-features", "3")
    done = run_here(["fit", "report.json", "-o", "model.regcmp"], tmp_path)
    assert done.code == 2 and "--noise-features: a model is trained on rows as they are" in done.err


@pytest.mark.parametrize(
    "name", ["test_size", "train_size", "baseline", "significance_test", "vary"]
)
def test_python_refuses_what_a_model_has_no_use_for(name: str) -> None:
    """As the command does, by its name."""
    value: Any = {"test_size": 0.5, "train_size": 10, "baseline": "none", "vary": ("init",)}.get(
        name, "two-way"
    )
    with pytest.raises(regcmp.UsageError, match=f"^--{name.replace('_', '-')}: all rows train one"):
        regcmp.fit("iris", "l2", **{name: value}, epochs=1, jobs=1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("predictions", True),
        ("scheduler", "local"),
        ("store", "runs.db"),
        ("verify_store", True),
        ("no_store", True),
    ],
)
def test_python_refuses_what_only_runs_of_a_comparison_have(name: str, value: Any) -> None:
    """It would do nothing, neither for a dataset nor for a comparison's method."""
    said = f"^--{name.replace('_', '-')}: a model is trained here[^\n]*leave it out$"
    with pytest.raises(regcmp.UsageError, match=said):
        regcmp.fit("iris", "l2", epochs=1, jobs=1, **{name: value})
    with pytest.raises(regcmp.UsageError, match=said):
        short_comparison().fit("l2", jobs=1, **{name: value})


def test_a_comparison_fits_with_its_own_settings() -> None:
    """Another setting is refused by name, and with a way out."""
    with pytest.raises(regcmp.UsageError, match=r"'epochs': .* its own settings.*regcmp.fit"):
        short_comparison().fit("l2", epochs=3)
    assert short_comparison().fit("l2", jobs=1, max_memory="1GB").facts.plan["epochs"] == 1


@cache
def short_comparison() -> regcmp.Comparison:
    """Of two methods, in an epoch."""
    return regcmp.compare("iris", ["none", "l2"], seeds=2, epochs=1, jobs=1)


# Predicting


def test_predictions_are_those_of_the_model(folder: Path) -> None:
    """With what is kept, in the order of rows; probabilities sum to 1."""
    done = predict(folder, "new.csv", "--keep", "id", "--proba")
    assert (done.code, done.err) == (0, "")
    rows = read_csv(done.out)
    assert list(rows[0]) == ["id", "prediction", "p:no", "p:yes"]
    assert [row["id"] for row in rows] == [str(i + 7) for i in range(12)]
    model = regcmp.load(folder / "model.regcmp")
    frame = clients().iloc[:12]
    assert [row["prediction"] for row in rows] == model.predict(frame).tolist()
    own = model.predict_proba(frame)
    found = np.array([[row["p:no"], row["p:yes"]] for row in rows], own.dtype)
    assert found.tobytes() == own.tobytes()


def test_probabilities_are_called_as_those_of_a_comparison_are(folder: Path) -> None:
    """One script reads both."""
    words = ["--dataset", "clients.csv", "--target", "churn", "none", "--seeds", "1", *QUICK]
    done = run_here(["compare", *words, "--predictions", "-", "-q"], folder)
    compared = [name for name in read_csv(done.out)[0] if name.endswith(("no", "yes"))]
    made = read_csv(predict(folder, "new.csv", "--proba").out)[0]
    assert compared == list(made)[1:] == ["p:no", "p:yes"]


def test_columns_with_commas_in_their_names_are_kept_as_they_are(folder: Path) -> None:
    """Cell by cell as in the file, under the name that they have there, alone and beside others."""
    name = changed(folder, "commas.csv", **{"code, old": [f"{i:03}" for i in range(12)]})
    for words in (["--keep", "code, old,id"], ["--keep", "id", "--keep", "code, old"]):
        rows = read_csv(predict(folder, name, *words, "-q").out)
        assert list(rows[0]) == ["id", "code, old", "prediction"]
        assert [row["code, old"] for row in rows] == [f"{i:03}" for i in range(12)]
    done = predict(folder, name, "--keep", "code,id")
    assert (done.code, done.out) == (2, "")
    assert "--keep: 'commas.csv' has no column 'code'" in done.err and done.err.count("\n") == 1


@pytest.mark.parametrize("own", ["prediction", "p:yes"])
def test_a_kept_column_is_not_called_as_a_prediction_is(own: str, folder: Path) -> None:
    """Which is said before anything is written; without --proba, p:yes is free."""
    name = changed(folder, "clash.csv", **{own: "7"})
    done = predict(folder, name, "--keep", own, "--proba", "-o", "clash_out.csv")
    assert done.code == 2 and not (folder / "clash_out.csv").exists()
    assert f"--keep: {own!r} is what a column of predictions is called; rename it" in done.err
    free = predict(folder, name, "--keep", own, "-q")
    assert free.code == (2 if own == "prediction" else 0)


def test_columns_may_stand_in_any_order(folder: Path) -> None:
    """In another format and with the target, too."""
    expected = predict(folder, "new.csv").out
    frame = pd.read_csv(folder / "clients.csv").iloc[:12]
    frame[frame.columns[::-1]].to_csv(folder / "turned.csv", index=False, sep=";")
    assert predict(folder, "turned.csv").out == expected
    pytest.importorskip("pyarrow")
    frame.to_parquet(folder / "new.parquet")
    assert predict(folder, "new.parquet").out == expected


def test_a_file_is_written_whole(folder: Path) -> None:
    """The same text as standard output gets; nothing is left of one that fails."""
    done = predict(folder, "new.csv", "-o", "out.csv")
    assert (done.out, done.err) == ("", "")
    assert (folder / "out.csv").read_text() == predict(folder, "new.csv").out
    (folder / "out.csv").write_text("old")
    bad = changed(folder, "bad.csv", age="x")
    assert predict(folder, bad, "-o", "out.csv").code == 1
    assert (folder / "out.csv").read_text() == "old"
    assert not list(folder.glob(".regcmp-*"))


def test_the_target_is_scored_where_that_is_asked_for(folder: Path) -> None:
    """As it scored in training; on standard output where a file has the predictions."""
    done = predict(folder, "clients.csv", "--score", "-o", "out.csv")
    score = regcmp.load(folder / "model.regcmp").facts.scores["train"]
    assert done.out.startswith(f"120 rows: accuracy {100 * score['accuracy']:.2f} %")
    done = predict(folder, "clients.csv", "--score")
    assert done.err.startswith("120 rows: accuracy ") and len(done.out.splitlines()) == 121
    lacking = predict(folder, "new.csv", "--score")
    assert lacking.code == 1
    assert "'new.csv' has no column 'churn', which is the target; leave --score out" in lacking.err


@pytest.mark.parametrize("empty", ["", "NA"])
def test_a_row_without_a_target_is_predicted_and_not_scored(empty: str, folder: Path) -> None:
    """With rows to be skipped or not; and what is scored is the same as of the other rows alone."""
    frame = pd.read_csv(folder / "clients.csv", dtype=object).iloc[:20]
    frame.to_csv(folder / "all_targets.csv", index=False)
    frame.iloc[[0, *range(3, 20)]].to_csv(folder / "others.csv", index=False)
    frame.assign(churn=[frame["churn"][0], empty, empty, *frame["churn"][3:]]).to_csv(
        folder / "no_targets.csv", index=False
    )
    whole = predict(folder, "all_targets.csv", "--score")
    others = predict(folder, "others.csv", "--score", "-q")
    for words in ([], ["--on-error", "skip"]):
        done = predict(folder, "no_targets.csv", "--score", *words)
        assert (done.code, done.out) == (0, whole.out)
        assert done.err == "18 of 20" + others.err.removeprefix("18")


def test_a_target_that_the_model_can_t_have_is_an_error_of_scoring(folder: Path) -> None:
    """And with rows to be skipped, a warning: the row is predicted."""
    frame = pd.read_csv(folder / "clients.csv", dtype=object).iloc[:20]
    frame.loc[7, "churn"] = "perhaps"
    frame.to_csv(folder / "perhaps.csv", index=False)
    said = "row 8 (line 9): its target 'churn' is 'perhaps', no class that the model knows"
    done = predict(folder, "perhaps.csv", "--score")
    assert (done.code, done.out) == (1, "") and said in done.err and done.err.count("\n") == 1
    done = predict(folder, "perhaps.csv", "--score", "--on-error", "skip")
    assert said in done.err and "19 of 20 rows: accuracy" in done.err
    assert done.out == predict(folder, "perhaps.csv").out
    assert all(row["prediction"] for row in read_csv(done.out))


@pytest.mark.parametrize("first", ["age", "churn"])
def test_the_first_row_is_named_whatever_is_wrong_with_it(first: str, folder: Path) -> None:
    """A cell or a target."""
    frame = pd.read_csv(folder / "clients.csv", dtype=object).iloc[:20]
    frame.loc[4, first] = "x?"
    frame.loc[9, {"age": "churn", "churn": "age"}[first]] = "x?"
    frame.to_csv(folder / "both.csv", index=False)
    assert (
        f"row 5 (line 6): {'column' if first == 'age' else 'its target'}"
        in predict(folder, "both.csv", "--score").err
    )


def test_values_are_predicted_in_their_unit(tmp_path: Path) -> None:
    """And scored; probabilities there are none."""
    frame = clients().drop(columns=["note", "plan"])
    frame.to_csv(tmp_path / "rows.csv", index=False)
    fit(tmp_path, "--dataset", "rows.csv", "--target", "fee", "none", "--epochs", "200")
    done = run_here(["predict", "model.regcmp", "rows.csv", "--score", "-o", "out.csv"], tmp_path)
    predicted = pd.read_csv(tmp_path / "out.csv")["prediction"]
    r2 = 1 - ((predicted - frame["fee"]) ** 2).mean() / frame["fee"].var(ddof=0)
    assert done.out.startswith(f"120 rows: R² {r2:.4f}, RMSE ")
    refused = run_here(["predict", "model.regcmp", "rows.csv", "--proba"], tmp_path)
    assert refused.code == 2
    assert "--proba: the model is a regression of 'fee'" in refused.err


CELLS: dict[str, tuple[dict[str, Any], str]] = {
    "a word": ({"age": ["40"] * 4 + ["x"] + ["41"] * 7},
               "row 5 (line 6): column 'age' has 'x', and is a number in the training rows"),
    "no number at all": ({"age": "x"}, "row 1 (line 2): column 'age' has 'x', and is a number in the"),
    "a comma": ({"age": "40,5"}, "column 'age' has numbers with a comma, such as '40,5'; add --decimal ,"),
    "thousands": ({"fee": "1,040.5"}, "remove commas between thousands"),
    "infinite": ({"age": ["inf"] + ["1"] * 11}, "row 1 (line 2): column 'age' has inf, which is infinite"),
    "too large": ({"fee": ["1"] * 11 + ["1e200"]}, "row 12 (line 13): column 'fee' has 1e+200, which"),
    "too far": ({"fee": ["1"] * 11 + ["1e100"]}, "row 12 (line 13): column 'fee' has 1e+100, which is too"),
    "no truth": ({"flag": ["True"] * 11 + ["maybe"]}, "column 'flag' has 'maybe', and is True or False"),
    "numbers for levels": ({"plan": "1"}, "column 'plan' has numbers, such as '1', and"),
    "numbers for words": ({"note": "12"}, "column 'note' has numbers, such as '12', and text in"),
    "other levels": ({"plan": "violet"}, "column 'plan' has no level that it has in the training rows"),
}  # fmt: skip


@pytest.mark.parametrize("fault", CELLS)
def test_cells_of_another_kind_are_an_error(fault: str, folder: Path) -> None:
    """That names file, row and column in one line."""
    cells, message = CELLS[fault]
    name = changed(folder, f"{fault.replace(' ', '_')}.csv", **cells)
    done = predict(folder, name)
    assert done.code == 1
    assert message in done.err and repr(name) in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("fault", ["a word", "infinite", "too large", "too far", "no truth"])
def test_rows_that_cannot_be_predicted_are_skipped(fault: str, folder: Path) -> None:
    """Their predictions are empty, and all others are the same."""
    name = changed(folder, f"{fault.replace(' ', '_')}.csv", **CELLS[fault][0])
    done = predict(folder, name, "--on-error", "skip", "--keep", "id", "--proba")
    assert done.code == 0
    assert "1 of 12 rows could not be predicted; first row" in done.err
    rows = read_csv(done.out)
    (empty,) = [i for i, row in enumerate(rows) if not row["prediction"]]
    assert rows[empty] == {"id": str(empty + 7), "prediction": "", "p:no": "", "p:yes": ""}
    changes = CELLS[fault][0]
    column, cells = next(iter(changes.items()))
    good = [each for i, each in enumerate(cells) if i != empty]
    whole = changed(folder, "whole.csv", **{column: [*good[:empty], good[0], *good[empty:]]})
    others = read_csv(predict(folder, whole, "--keep", "id", "--proba").out)
    assert [r for i, r in enumerate(rows) if i != empty] == [
        r for i, r in enumerate(others) if i != empty
    ]


def test_gaps_and_levels_that_are_new_are_warned_of(folder: Path) -> None:
    """Each once for all rows; where training had gaps, nothing is said."""
    name = changed(folder, "odd.csv", fee=["", *["5"] * 11], plan=["FULL", "new"] + ["basic"] * 10)
    done = predict(folder, name)
    assert done.code == 0
    assert "column 'fee' is empty in 1 of 12 rows, and in no training row" in done.err
    assert (
        "column 'plan' has levels in 2 of 12 rows that no training row has, such as 'FULL', which"
    )
    assert "is 'full' in training" in done.err
    empty = changed(folder, "empty.csv", age="", plan="")
    assert predict(folder, empty).err == ""
    more = changed(folder, "more.csv", extra="1")
    assert "column 'extra' is not among those that the model knows" in predict(folder, more).err


def test_markers_of_gaps_are_gaps(folder: Path) -> None:
    """As between the numbers of training rows."""
    marked = changed(folder, "marked.csv", age=["NA"] + ["41"] * 11)
    empty = changed(folder, "blank.csv", age=[""] + ["41"] * 11)
    assert predict(folder, marked).out == predict(folder, empty).out
    said = predict(folder, marked, "--na", "-999")
    assert said.code == 1 and "row 1 (line 2): column 'age' has 'NA', and is a number" in said.err


def test_the_notation_of_the_training_table_is_read(folder: Path, tmp_path: Path) -> None:
    """A decimal comma, unless told otherwise; a point there is none."""
    frame = pd.read_csv(folder / "clients.csv").drop(columns=["note", "id"])
    frame.to_csv(tmp_path / "rows.csv", index=False, sep=";", decimal=",")
    words = ("--dataset", "rows.csv", "--target", "churn", "--decimal", ",", "l2", "-q")
    assert fit(tmp_path, *words).code == 0
    done = run_here(["predict", "model.regcmp", "rows.csv", "--score", "-o", "out.csv"], tmp_path)
    score = regcmp.load(tmp_path / "model.regcmp").facts.scores["train"]["accuracy"]
    assert f"accuracy {100 * score:.2f} %" in done.out
    frame.to_csv(tmp_path / "points.csv", index=False)
    done = run_here(["predict", "model.regcmp", "points.csv"], tmp_path)
    assert done.code == 1 and "--decimal says that the decimal point is a comma" in done.err
    words = ("predict", "model.regcmp", "points.csv", "--decimal", ".", "-o", "points_out.csv")
    assert run_here(words, tmp_path).code == 0
    assert (tmp_path / "points_out.csv").read_text() == (tmp_path / "out.csv").read_text()


def test_missing_columns_are_named(folder: Path) -> None:
    """All of them."""
    frame = pd.read_csv(folder / "new.csv").drop(columns=["age", "plan"])
    frame.to_csv(folder / "lacking.csv", index=False)
    done = predict(folder, "lacking.csv")
    assert done.code == 1
    assert (
        "must have the columns that the model was trained on, but lacks 'age', 'plan'" in done.err
    )


def test_lines_of_other_lengths_are_an_error(folder: Path) -> None:
    """As anywhere in data."""
    text = (folder / "new.csv").read_text().splitlines()
    for name, line in (("short.csv", "7,1"), ("long.csv", text[3] + ",9,9")):
        (folder / name).write_text("\n".join([*text[:3], line, *text[4:]]) + "\n")
        done = predict(folder, name)
        assert done.code == 1 and f"{name!r}: line 4 has" in done.err


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read a few hundred rows at a time."""
    monkeypatch.setattr(text_table, "CHUNK_CELLS", 10)
    monkeypatch.setattr(fitted, "CHUNK", 512)


ODD: dict[str, tuple[dict[str, Any], str, list[int]]] = {
    "a comma": ({"age": ["40"] * 4 + ["40,5"] + ["41"] * 7},
                "row 5 (line 6): column 'age' has numbers with a comma, such as '40,5'; add", [4]),
    "words": ({"age": ["40"] * 4 + ["x"] * 3 + ["41"] * 5},
              "row 5 (line 6): column 'age' has 'x'", [4, 5, 6]),
    "two kinds": ({"age": ["1"] * 6 + ["x"] + ["1"] * 5, "fee": ["1"] * 3 + ["1e100"] + ["1"] * 8},
                  "row 4 (line 5): column 'fee' has 1e+100, which is too far", [3, 6]),
    "other levels": ({"plan": "violet"}, "column 'plan' has no level that it has in the training rows", []),
    "numbers for levels": ({"plan": "1"}, "column 'plan' has numbers, such as '1', and", []),
    "numbers for words": ({"note": [str(i) for i in range(12)]},
                          "column 'note' has numbers, such as '0'", []),
    "warned: other levels at first": ({"plan": ["violet"] * 11 + ["full"]}, "levels in 11 of 12 rows", []),
    "warned: a level spelt otherwise": ({"plan": ["violet"] * 5 + ["FULL"] + ["basic"] * 6},
                                        "such as 'FULL', which is 'full' in training", []),
    "warned: levels that are numbers at first": ({"plan": ["1"] * 5 + ["full"] * 7}, "such as '1'", []),
    "warned: a text of numbers": ({"note": ["12"] * 11 + ["good"], "fee": ["", *["5"] * 11]},
                                  "column 'fee' is empty in 1 of 12 rows", []),
}  # fmt: skip
"""Cells of new rows, what is said of them, and the rows that can't be predicted."""


@pytest.mark.usefixtures("small_parts")
def test_parts_of_a_file_change_no_prediction(folder: Path) -> None:
    """The same bits as of all rows at once; a fault is named by its row in the whole file."""
    frame = pd.concat([clients()] * 9, ignore_index=True).sample(frac=1, random_state=0)
    frame.to_csv(folder / "long_table.csv", index=False)
    done = predict(folder, "long_table.csv", "--proba")
    found = pd.read_csv(folder / "long_table.csv", dtype={"flag": object})
    own = regcmp.load(folder / "model.regcmp").predict_proba(found)
    shown = np.array([[row["p:no"], row["p:yes"]] for row in read_csv(done.out)], own.dtype)
    assert shown.tobytes() == own.tobytes()
    found["age"] = found["age"].astype(object)
    found.loc[1000, "age"] = "x"
    found.to_csv(folder / "late.csv", index=False)
    assert "row 1001 (line 1002): column 'age' has 'x'" in predict(folder, "late.csv").err


@pytest.mark.parametrize("rows", [1, 2, 5, 12])
@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("fault", ODD)
def test_what_is_an_error_does_not_depend_on_parts(
    fault: str, skip: bool, rows: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same words and predictions, however many rows are read at a time."""
    cells, message, empty = ODD[fault]
    name = changed(folder, "odd_part.csv", **cells)
    words = (name, "--on-error", "skip") if skip else (name,)
    whole = predict(folder, *words)
    monkeypatch.setattr(text_table, "CHUNK_CELLS", rows * 8)
    monkeypatch.setattr(predicting, "EVALUATED", 1)
    parts: list[int] = []
    read = predicting.read_in_parts

    def counted(*given: Any) -> Any:
        sep, names, frames = read(*given)

        def each_part() -> Iterator[pd.DataFrame]:
            for each in frames:
                parts.append(len(each))
                yield each

        return sep, names, each_part()

    monkeypatch.setattr(predicting, "read_in_parts", counted)
    by_parts = predict(folder, *words)
    assert parts and max(parts) <= max(1, rows * 8 // 6)
    assert (by_parts.code, by_parts.err) == (whole.code, whole.err)
    assert message in whole.err
    if skip:
        assert by_parts.out == whole.out
        assert [i for i, row in enumerate(read_csv(whole.out)) if not row["prediction"]] == empty
    assert whole.code == int(not skip and not fault.startswith("warned"))


def test_rows_come_from_a_pipe(folder: Path) -> None:
    """Standard input is a file of CSV."""
    import subprocess

    from commands import SCRIPT, environment

    done = subprocess.run(
        [SCRIPT, "predict", "model.regcmp", "-"],
        cwd=folder,
        env=environment(),
        input=(folder / "new.csv").read_bytes(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.decode() == predict(folder, "new.csv").out


def test_arrays_and_images_are_predicted(tmp_path: Path) -> None:
    """With labels or without; an image of another size is refused by both sizes."""
    from sklearn.datasets import load_digits

    images = load_digits().images
    np.savez(tmp_path / "digits.npz", X=images, y=load_digits().target)
    words = ("--dataset", "digits.npz", "none", "-q", "--arch", "conv2x3-gap", "--epochs", "2")
    done = run_here(["fit", *words, "--jobs", "1", "-o", "model.regcmp"], tmp_path)
    assert done.code == 0, done.err
    np.save(tmp_path / "rows.npy", images[:5])
    np.save(tmp_path / "flat.npy", images[:5].reshape(5, 64))
    np.save(tmp_path / "large.npy", np.zeros((3, 9, 9)))
    np.save(tmp_path / "turned.npy", np.zeros((3, 4, 16)))
    rows, flat, large, turned, whole = (
        run_here(["predict", "model.regcmp", *words], tmp_path)
        for words in (["rows.npy"], ["flat.npy"], ["large.npy"], ["turned.npy"],
                      ["digits.npz", "--score", "-o", "out.csv"])
    )  # fmt: skip
    assert rows.out == flat.out and len(rows.out.splitlines()) == 6
    for done, size in ((large, "9x9"), (turned, "4x16")):
        assert done.code == 1
        assert f"has images of {size} pixels, and the model was trained on 8x8" in done.err
    assert whole.out.startswith("1,797 rows: accuracy ")
    np.save(tmp_path / "wide.npy", np.zeros((3, 81)))
    done = run_here(["predict", "model.regcmp", "wide.npy"], tmp_path)
    assert "must have the 64 columns that the model was trained on, matched by position" in done.err


def test_an_array_has_the_columns_of_the_model_in_their_order(tmp_path: Path) -> None:
    """Also where these have names: images of digits, and rows of iris."""
    rng = np.random.default_rng(0)
    images, rows = rng.integers(0, 17, (5, 8, 8)).astype("u1"), rng.normal(3, 1, (5, 4))
    for dataset, given in (("digits", images), ("iris", rows)):
        assert fit(tmp_path, "--dataset", dataset, "none").code == 0
        np.save(tmp_path / "rows.npy", given)
        done = predict(tmp_path, "rows.npy")
        assert (done.code, done.err) == (0, "")
        own = regcmp.load(tmp_path / "model.regcmp").predict(given.reshape(5, -1))
        assert [row["prediction"] for row in read_csv(done.out)] == own.tolist()
    np.save(tmp_path / "rows.npy", rows[:, :3])
    done = predict(tmp_path, "rows.npy")
    assert done.code == 1
    assert (
        "'rows.npy' has 3 columns, and the model learns from 4: 'sepal length (cm)', " in done.err
    )


def test_text_is_safe_to_open_in_a_spreadsheet(tmp_path: Path) -> None:
    """Names of classes and what is kept, and no number."""
    frame = clients().assign(note="=1+1").drop(columns="plan")
    frame["churn"] = frame["churn"].map({"yes": "@yes", "no": "-no"})
    frame.to_csv(tmp_path / "rows.csv", index=False)
    assert fit(tmp_path, "--dataset", "rows.csv", "--target", "churn", "l2", "-q").code == 0
    done = run_here(["predict", "model.regcmp", "rows.csv", "--keep", "note,age"], tmp_path)
    rows = read_csv(done.out)
    assert {row["note"] for row in rows} == {"'=1+1"}
    assert {row["prediction"] for row in rows} <= {"'@yes", "'-no"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["model.regcmp", "none.csv"], "FILE: there is no file 'none.csv'"),
        (["none.regcmp", "new.csv"], "can't read 'none.regcmp'"),
        (["new.csv", "new.csv"], "'new.csv' is not a regcmp model"),
        (
            ["new.csv", "model.regcmp"],
            "the model comes first, and then the rows: regcmp predict model.regcmp new.csv",
        ),
        (
            ["model.regcmp", "new.csv", "--keep", "idd"],
            "--keep: 'new.csv' has no column 'idd'; did you",
        ),
        (["model.regcmp", "new.csv", "-o", "new.csv"], "'new.csv' is read by this command"),
        (["model.regcmp", "new.csv", "-o", "out.json"], "expected a name that ends in .csv"),
        (["model.regcmp", "new.csv", "--sep", "ab"], "--sep: expected one character"),
    ],
)
def test_words_that_are_not_meant_are_refused(words: list[str], message: str, folder: Path) -> None:
    """In one line, and nothing is written."""
    before = (folder / "new.csv").read_bytes()
    done = run_here(["predict", *words], folder)
    assert done.code in (1, 2) and done.out == ""
    assert message in done.err and done.err.count("\n") == 1
    assert (folder / "new.csv").read_bytes() == before


@pytest.mark.full
def test_memory_does_not_grow_with_the_rows(folder: Path) -> None:
    """Beyond a part of a file: three times the rows take about the same."""
    psutil = pytest.importorskip("psutil")
    import subprocess

    from commands import SCRIPT, environment

    peaks = []
    for times in (3000, 9000):
        pd.concat([clients()] * times).to_csv(folder / "many.csv", index=False)
        process = subprocess.Popen(
            [SCRIPT, "predict", "model.regcmp", "many.csv", "-o", "many_out.csv"],
            cwd=folder, env=environment(),
        )  # fmt: skip
        peak = 0
        while process.poll() is None:
            try:
                peak = max(peak, psutil.Process(process.pid).memory_info().rss)
            except psutil.NoSuchProcess:
                break
        assert process.wait() == 0
        peaks.append(peak)
    assert peaks[1] < 1.25 * peaks[0]


def test_values_far_from_zero_are_told_apart(tmp_path: Path) -> None:
    """A mean of 30 million standard deviations, as of times in seconds: float32 would join the values."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3))
    y = 1.7e9 + 57 * (x[:, 0] + 0.1 * rng.normal(size=200))
    pd.DataFrame(x, columns=list("abc")).assign(value=y).to_csv(tmp_path / "far.csv", index=False)
    words = ["fit", "--dataset", "far.csv", "--target", "value", "--epochs", "60", "none"]
    assert run_here([*words, "-o", "m.regcmp"], tmp_path).code == 0
    done = run_here(["predict", "m.regcmp", "far.csv", "--score", "-o", "p.csv"], tmp_path)
    assert done.code == 0 and "log loss" not in done.out + done.err
    found = pd.read_csv(tmp_path / "p.csv")["prediction"]
    assert found.nunique() > 190
    assert 1 - ((y - found) ** 2).mean() / y.var() > 0.95
    model = regcmp.load(tmp_path / "m.regcmp")
    assert model.score(pd.DataFrame(x, columns=list("abc")), y) > 0.95
    assert model.predict(pd.DataFrame(x[:0], columns=list("abc"))).shape == (0,)
    ours = regcmp.MLPRegressor(max_iter=60, random_state=0).fit(x, y)
    assert ours.score(x, y) > 0.95
