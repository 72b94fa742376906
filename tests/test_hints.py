"""What is suggested for a word that is not there: only what means the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from commands import run_here

from regcmp.analysis.gates import grounds_of, parse_gate
from regcmp.cli.compare import compare
from regcmp.engine.regularizers import REGISTRY
from regcmp.errors import UsageError, unknown
from regcmp.hints import ELSEWHERE, meant, plain, slips
from regcmp.plan import OPTIONS as DECLARED
from regcmp.plan.tuning import parse_methods
from regcmp.report.places import PLOTS
from regcmp.results import DIFF_COLUMNS, SUMMARY_COLUMNS
from regcmp.synonyms import COLUMNS, METHODS_AS_OPTIONS, OPTIONS, OTHERS, WORDS

CHOICES = {name: each.choices for name, each in DECLARED.items() if each.choices}
NAMES = [each for param in compare.params for each in param.opts]


def suggested(message: str) -> str:
    """What stands between 'did you mean' and the question mark; or ''."""
    found = re.search(r"did you mean (.*)\?", message)
    return found[1] if found else ""


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("--seedz", "'--seeds'"),
        ("--epcohs", "'--epochs'"),
        ("--hiden", "'--hidden'"),
        ("--batch_size", "'--batch-size'"),
        ("--Target", "'--target'"),
        ("--run", "'--runs'"),
        ("--max-iter", "'--epochs'"),
        ("--n-epochs", "'--epochs'"),
        ("--num-epochs", "'--epochs'"),
        ("--learning-rate", "'--lr'"),
        ("--learning_rate_init", "'--lr'"),
        ("--eta", "'--lr'"),
        ("--random-state", "'--seed'"),
        ("--random-seed", "'--seed'"),
        ("--n-seeds", "'--seeds'"),
        ("--hidden-layer-sizes", "'--hidden'"),
        ("--scoring", "'--metric'"),
        ("--solver", "'--optimizer'"),
        ("--n-jobs", "'--jobs'"),
        ("--export-json", "'-o FILE.json'"),
        ("--csv", "'-o FILE.csv'"),
        ("--test-split", "'--test-size'"),
        ("--label", "'--target'"),
        ("--y", "'--target'"),
        ("--delimiter", "'--sep'"),
        ("-d", "'--sep'"),
        ("--na-values", "'--na'"),
        ("--val-split", "'--validation-size'"),
        ("--dropout", "the method 'dropout=0.5'"),
        ("--weight-decay", "the method 'l2=0.01'"),
        ("--alpha", "the method 'l2=0.01'"),
        ("--group", "'--groups'"),
        ("--sample-weight", "'--weight'"),
        ("--cv", "'--folds'"),
        ("--n-splits", "'--folds'"),
        ("--time-column", "'--order'"),
        ("--dedup", "'--drop-duplicates'"),
        ("--predict", ""),
        *((each, "") for each in ("--loss", "--model", "--gpu", "--xyz", "-y", "-z", "--momentum")),
    ],
)
def test_an_option_of_elsewhere_is_named_as_it_is_here(
    given: str, expected: str, tmp_path: Path
) -> None:
    """And of what means another thing nothing is named, but where options are listed."""
    done = run_here(("compare", "--dataset", "iris", given, "3"), tmp_path)
    assert done.code == 2 and done.err.count("\n") == 1
    assert done.err.startswith(f"Error: unknown option '{given}'")
    assert suggested(done.err) == expected
    assert ("'regcmp compare --help' lists those there are" in done.err) == (not expected)


def test_a_key_and_an_argument_are_suggested_as_options_are(tmp_path: Path) -> None:
    """Without dashes, as they are written there."""
    (tmp_path / "c.toml").write_text("random_state = 1\n")
    done = run_here(("compare", "--config", "c.toml"), tmp_path)
    assert suggested(done.err) == "'seed'"
    with pytest.raises(UsageError, match="did you mean 'batch_size'"):
        raise unknown("option", "batch", ["seeds", "batch_size", "epochs"])


def test_other_commands_are_offered_what_they_have(tmp_path: Path) -> None:
    """A report has no epochs."""
    assert suggested(run_here(("report", "x.json", "--dropout"), tmp_path).err) == ""
    assert suggested(run_here(("report", "x.json", "--outfile"), tmp_path).err) == "'-o FILE.json'"
    assert suggested(run_here(("datasets", "--delimiter"), tmp_path).err) == "'--sep'"
    assert suggested(run_here(("shwo",), tmp_path).err) == ""
    assert suggested(run_here(("comapre",), tmp_path).err) == "'compare'"


PLAN = {"methods": ["none", "l2=0.01"], "metric": "accuracy", "baseline": "none"}


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("gap", "'gap_mean'"),
        ("test", "'test_mean'"),
        ("train", "'train_mean'"),
        ("p", "'p_holm'"),
        ("accuracy", "'test_mean'"),
        ("gap_std", "'gap_sd'"),
        ("delta", "'delta_test'"),
        ("gapmean", "'gap_mean'"),
        ("gap_men", "'gap_mean'"),
        ("f1", ""),
        ("loss", ""),
        ("log_loss", ""),
        ("time", ""),
    ],
)
def test_a_gate_s_column_is_the_mean_unless_it_says_so(column: str, expected: str) -> None:
    """A score is that of the table, or nothing."""
    with pytest.raises(UsageError) as caught:
        parse_gate(f"{column}(l2) > 0", grounds_of(PLAN))
    assert suggested(str(caught.value)) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("weight_decay=0.01", "'l2' or 'decay'"),
        ("L2", "'l2'"),
        ("ridge", "'l2'"),
        ("lasso", "'l1'"),
        ("early_stopping", "'earlystop'"),
        ("batch_norm", "'batchnorm'"),
        ("BatchNormalization", "'batchnorm'"),
        ("label_smoothing", "'smooth'"),
        ("max_norm=3", "'maxnorm'"),
        ("input_dropout", "'dropout:input=0.2'"),
        ("drop", "'dropout'"),
        ("dropuot", "'dropout'"),
        ("swag", ""),
        ("weightnorm", ""),
        ("l3", ""),
        ("cutoff", ""),
    ],
)
def test_a_regularizer_of_elsewhere_is_named_as_it_is_here(word: str, expected: str) -> None:
    """And what only looks alike is not."""
    with pytest.raises(UsageError) as caught:
        parse_methods([word])
    assert suggested(str(caught.value)) == expected


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("metric", "mse", ""),
        ("metric", "f1", ""),
        ("metric", "acc", "'accuracy'"),
        ("metric", "cross_entropy", "'log_loss'"),
        ("activation", "gelu", ""),
        ("activation", "elu", ""),
        ("activation", "logistic", "'sigmoid'"),
        ("optimizer", "adamw", "'adam' with the method 'decay'"),
        ("optimizer", "nadam", ""),
        ("init", "xavier", "'glorot'"),
        ("dtype", "double", "'float64'"),
        ("dtype", "float16", ""),
        ("task", "classify", "'classification'"),
    ],
)
def test_a_value_is_suggested_for_what_means_the_same(kind: str, given: str, expected: str) -> None:
    """From the names that the option takes."""
    message = str(unknown(kind, given, CHOICES[kind]))
    assert suggested(message) == expected
    assert ("choose one of" in message) == (not expected)


def test_what_is_suggested_is_there() -> None:
    """Every entry of the tables leads to a name, and none of their words is one itself."""
    options = {plain(each) for each in NAMES}
    assert {plain(each) for each in OPTIONS.values() if not each.startswith("-")} <= options
    assert not options & {*OPTIONS, *METHODS_AS_OPTIONS} - {"test", "output"}
    parse_methods(METHODS_AS_OPTIONS.values())
    parse_methods(WORDS["regularizer"].values())
    assert not {*ELSEWHERE} & {*REGISTRY}
    columns = {*SUMMARY_COLUMNS, *DIFF_COLUMNS}
    assert {each for names in COLUMNS.values() for each in names} <= columns
    choices = {**CHOICES, "plot": PLOTS}
    for kind, words in WORDS.items():
        if kind in choices:
            assert {each.split("'")[0] for each in words.values()} <= {*choices[kind]}
    assert all(word == plain(word) for word in (*OTHERS, *OPTIONS, *ELSEWHERE, *COLUMNS))


@pytest.mark.parametrize(
    ("word", "name", "expected"),
    [
        ("", "ab", 2),
        ("ab", "ab", 0),
        ("ab", "ba", 1),
        ("abc", "ac", 1),
        ("abc", "axc", 1),
        ("kitten", "sitting", 3),
        ("ca", "abc", 3),
        ("seedz", "seeds", 1),
        ("group", "drop", 2),
    ],
)
def test_slips_are_counted(word: str, name: str, expected: int) -> None:
    """Optimal string alignment; values from the literature and by hand."""
    assert slips(word, name) == slips(name, word) == expected


def test_of_two_names_alike_none_is_suggested() -> None:
    """Unless one has the same length, or more in common from the beginning."""
    assert meant("name", "abcdx", ["abcdy", "abcdz"]) == ""
    assert meant("name", "abcdx", ["abcdy", "abcd"]) == "'abcdy'"
    assert meant("name", "abcxe", ["abcde", "xbcxe"]) == "'abcde'"
    assert meant("name", "ab", ["abc"]) == ""
