"""The command line, run as its users run it: exit codes, streams, errors, colours, help, signals."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import click
import jsonschema
import pytest
from commands import (
    SCRIPT,
    TINY,
    Ahead,
    Done,
    case,
    environment,
    read_csv,
    read_table,
    run,
    squeezed,
    strict,
)

from regcmp.cli.compare import compare
from regcmp.cli.methods import page
from regcmp.data.sources.bundled import BUNDLED
from regcmp.data.sources.openml import ALIASES
from regcmp.data.sources.synthetic import SYNTHETIC
from regcmp.engine.regularizers import REGISTRY
from regcmp.report.document import report_schema
from regcmp.results import HISTORY_COLUMNS, RUN_COLUMNS, SUMMARY_COLUMNS

ESCAPE = "\x1b"
FORCED = ("FORCE_COLOR", "always ascii")
COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-7]m")
DIVERGING = ("--optimizer", "sgd", "--lr", "1e6", *TINY, "--seeds", "5")
ENDLESS = ("--dataset", "digits", "--epochs", "1000000", "--seeds", "4", "none", "l2", "dropout")


def sixty() -> tuple[str, ...]:
    """Sixty methods of three parts, in a few words."""
    inputs = ("0.05", "0.1", "0.2", "0.3", "0.35")
    return tuple(f"l1=1e-05,0.0012345+l2=1e-4,1e-3,1e-2+dropout=0.1,0.25:input={i}" for i in inputs)


def without(flag: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """These words but for an option and its values."""
    pairs = zip(words[::2], words[1::2], strict=True)
    return tuple(word for pair in pairs if pair[0] != flag for word in pair)


# What is run, and how it is read. A command is run once, whichever tests look at it.

TRAINED = {
    "everything": case(
        *("compare", *TINY, "none", "l2=1e-3", "dropout=0.5", "-o", "s.csv", "-o", "r.json"),
        *("-o", "m.md", "--runs", "runs.csv", "--history", "history.csv"),
    ),
    "diverging": case(
        *("compare", *DIVERGING, "none", "l2", "-o", "s.csv", "-o", "r.json"),
        *("--runs", "runs.csv", "--history", "history.csv"),
    ),
    "sixty": case("compare", *TINY, *sixty(), "-o", "s.csv", COLUMNS="40"),
    "csv to stdout": case("compare", *TINY, "l2=0.1,1e-1", "l2=0.1", "-o", "-"),
    "NO_COLOR, JSON": case(
        *("compare", *TINY, "none", "l2", "-o", "-.json"), NO_COLOR="1", FORCE_COLOR="1"
    ),
    "FORCE_COLOR": case("compare", *TINY, "none", "l2", FORCE_COLOR="1"),
    "always ascii": case(
        *("compare", *TINY, "none", "l2", "--color", "always"),
        NO_COLOR="1",
        TERM="dumb",
        PYTHONIOENCODING="ascii",
    ),
    "never latin-1": case(
        *("compare", *TINY, "none", "l2", "--color", "never"),
        FORCE_COLOR="1",
        PYTHONIOENCODING="latin-1",
    ),
    "quiet": case(
        *("compare", *without("--seeds", DIVERGING), "none", "-q", "-o", "-"),
        REGCMP_COMPARE_SEEDS="3",
    ),
    "seeds by both": case(
        *("compare", *TINY, "none", "-q", "--runs", "-"),
        REGCMP_COMPARE_SEEDS="x",
        REGCMP_COMPARE_OUTPUT=os.pathsep.join(("s.csv", "r.json")),
        REGCMP_COMPARE_HISTORY="history.csv",
    ),
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ahead]:
    """Commands of TRAINED by name."""
    commands = Ahead(TRAINED, tmp_path_factory.mktemp("trained"))
    yield commands
    commands.close()


def assert_silent(done: Done) -> None:
    assert done.code == 0
    assert done.err == ""


# A comparison


def test_a_comparison_prints_its_table_and_nothing_else(trained: Ahead) -> None:
    """Exit 0; the table on standard output; no progress and no message where nobody watches."""
    done = trained("everything")
    assert_silent(done)
    read = read_table(done.out, ["none", "l2=0.001", "dropout=0.5"])
    assert list(read.cells)[:4] == ["n", "Train %", "Test %", "Gap"]
    assert read.cells["n"] == ["2", "2", "2"]


def test_piped_output_is_as_wide_as_it_needs(trained: Ahead) -> None:
    """Nothing is cropped, folded or broken at 80 columns; there is one block and no colour."""
    done = trained("everything")
    read = read_table(done.out, ["none", "l2=0.001", "dropout=0.5"])
    assert read.n_blocks == 1
    assert max(map(len, done.out.split("\n"))) > 80
    assert ESCAPE not in done.out
    assert "…" not in done.out


def test_exports_hold_what_was_printed(trained: Ahead) -> None:
    """A row per method, per run, and per run and recorded epoch; nothing else is left behind."""
    done = trained("everything")
    names = {"s.csv", "r.json", "m.md", "runs.csv", "history.csv"}
    assert {path.name for path in done.folder.iterdir()} == names
    summary = read_csv(done.file("s.csv").decode())
    assert tuple(summary[0]) == SUMMARY_COLUMNS
    assert [row["method"] for row in summary] == ["none", "l2=0.001", "dropout=0.5"]
    printed = read_table(done.out, [row["method"] for row in summary])
    for row, train, test in zip(
        summary, printed.cells["Train %"], printed.cells["Test %"], strict=True
    ):
        for side, cell in (("train", train), ("test", test)):
            mean, sd = (100 * float(row[f"{side}_{name}"]) for name in ("mean", "sd"))
            assert cell == f"{mean:.1f} ± {sd:.1f}"
    runs = read_csv(done.file("runs.csv").decode())
    assert tuple(runs[0]) == RUN_COLUMNS
    assert [(row["method"], row["seed"]) for row in runs] == [
        (row["method"], seed) for row in summary for seed in "01"
    ]
    history = read_csv(done.file("history.csv").decode())
    assert tuple(history[0]) == HISTORY_COLUMNS
    assert len(history) == 2 * len(runs)
    document = strict(done.file("r.json"))
    schema = report_schema()
    jsonschema.validate(document, schema, jsonschema.Draft202012Validator)
    assert printed.verdict.rstrip() == document["verdict"]
    assert done.file("m.md").decode().count("\n| ") == 2 + len(summary) + 1, "and a reference"


@pytest.mark.full
def test_sixty_methods_at_forty_columns_keep_every_number(trained: Ahead) -> None:
    """Names are folded, lines fit, and the numbers are those of the CSV."""
    done = trained("sixty")
    assert_silent(done)
    rows = read_csv(done.file("s.csv").decode())
    assert len(rows) == 61
    assert max(map(len, done.out.split("\n"))) <= 40
    read = read_table(done.out, [row["method"] for row in rows])
    assert read.cells["Test %"] == [
        f"{100 * float(row['test_mean']):.1f} ± {100 * float(row['test_sd']):.1f}" for row in rows
    ]
    expected = [f"{row['wins']}/{row['ties']}/{row['losses']}" for row in rows[1:]]
    assert read.cells["W/T/L"] == ["", *expected]


# Runs that diverge


def test_runs_that_diverge_keep_their_rows_without_numbers(trained: Ahead) -> None:
    """Exit 0, a status, and empty cells: no NaN, no 0."""
    done = trained("diverging")
    assert done.code == 0
    for row in read_csv(done.file("s.csv").decode()):
        assert (row["n"], row["n_failed"], row["status"]) == ("0", "5", "diverged")
        assert "5 of 5 runs diverged" in row["note"]
        for name, cell in row.items():
            if name.endswith(("_mean", "_sd", "_low", "_high", "p_value", "p_holm")):
                assert cell == ""
    runs = read_csv(done.file("runs.csv").decode())
    assert len(runs) == 10
    for row in runs:
        assert row["status"] == "diverged"
        assert row["epochs"] == "1"
        assert {row[name] for name in RUN_COLUMNS[5:]} == {""}
    for name in ("s.csv", "runs.csv", "history.csv", "r.json"):
        assert not re.search(rb"(?i)\bnan\b|\binf(inity)?\b", done.file(name))
    strict(done.file("r.json"))


def test_runs_that_diverge_are_warned_of_and_no_winner_is_named(trained: Ahead) -> None:
    """One line on standard error, by method; the verdict says that there is no comparison."""
    done = trained("diverging")
    assert re.fullmatch(r"Warning: .*none \(5 of 5 runs\), l2=\S+ \(5 of 5 runs\).*\n", done.err)
    assert "--lr" in done.err
    names = [row["method"] for row in read_csv(done.file("s.csv").decode())]
    read = read_table(done.out, names)
    assert read.cells["n"] == ["0/5", "0/5"]
    assert read.cells["Test %"] == ["-", "-"]
    assert "No comparison" in read.verdict
    assert "Winner" not in read.verdict


@pytest.mark.full
def test_quiet_prints_nothing_on_standard_error(trained: Ahead) -> None:
    """No warning, and no table where standard output carries an export."""
    done = trained("quiet")
    assert_silent(done)
    assert [row["method"] for row in read_csv(done.out)] == ["none"]


# Standard output as a file


def test_csv_on_standard_output_is_clean_and_the_table_is_on_standard_error(trained: Ahead) -> None:
    """So that it can be piped while the table is read. A method given twice is one row."""
    done = trained("csv to stdout")
    assert done.code == 0
    rows = read_csv(done.out)
    assert tuple(rows[0]) == SUMMARY_COLUMNS
    assert {len(row) for row in rows} == {len(SUMMARY_COLUMNS)}
    assert [row["method"] for row in rows] == ["none", "l2=0.1"]
    read_table(done.err, ["none", "l2=0.1"])


@pytest.mark.full
def test_json_on_standard_output_is_one_strict_document(trained: Ahead) -> None:
    """And nothing beside it."""
    document = strict(trained("NO_COLOR, JSON").stdout)
    assert document["schema"] == "regcmp.report/1"


# The environment


@pytest.mark.full
def test_an_option_can_be_set_by_the_environment(trained: Ahead) -> None:
    """REGCMP_COMPARE_SEEDS."""
    done = trained("quiet")
    assert [row["n_failed"] for row in read_csv(done.out)] == ["3"]


@pytest.mark.full
def test_a_flag_beats_the_environment_and_every_option_has_the_name_of_its_flag(
    trained: Ahead,
) -> None:
    """Even a value that can't be meant is not looked at; -o is REGCMP_COMPARE_OUTPUT."""
    done = trained("seeds by both")
    assert_silent(done)
    assert [row["seed"] for row in read_csv(done.out)] == ["0", "1"]
    names = {path.name for path in done.folder.iterdir()}
    assert names == {"s.csv", "r.json", "history.csv"}


# Colours: --color beats NO_COLOR and FORCE_COLOR, which beat the lack of a terminal.


@pytest.mark.parametrize(
    ("name", "styled"),
    [
        ("NO_COLOR, JSON", True),
        ("FORCE_COLOR", True),
        ("always ascii", True),
        ("never latin-1", False),
    ],
)
def test_colours_follow_flag_and_environment(name: str, styled: bool, trained: Ahead) -> None:
    """NO_COLOR leaves bold and dim, as rich has it; of rows that do not differ, the notes are yellow."""
    done = trained(name)
    assert done.code == 0
    out = (done.stderr if "JSON" in name else done.stdout).decode("latin-1")
    assert (ESCAPE in out) == styled
    assert {*COLOUR.findall(out)} == ({"\x1b[33m"} if name in FORCED else set())
    assert ESCAPE not in re.sub(r"\x1b\[[0-9;]*m", "", out)


@pytest.mark.parametrize("name", ["always ascii", "never latin-1", "FORCE_COLOR"])
def test_an_encoding_that_lacks_characters_is_no_obstacle(name: str, trained: Ahead) -> None:
    """± becomes +- where it must, never a question mark, and columns stay in line."""
    done = trained(name)
    assert_silent(done)
    encoding = name.split()[-1] if " " in name else "utf-8"
    text = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout.decode(encoding))
    assert "?" not in text
    sign = "+-" if encoding == "ascii" else "±"
    read = read_table(text, re.findall(r"^(none|l2=\S+)", text, re.M)[:2])
    for cell in read.cells["Test %"]:
        assert re.fullmatch(rf"[\d.]+ {re.escape(sign)} [\d.]+", cell)


# Errors: one line on standard error, nothing on standard output, exit code 2.

FIRST = ("compare", "--dataset", "iris", "--epochs", "1", "--jobs", "1")
NEAREST = {
    "dataset": (("compare", "--dataset", "diggits"), "dataset 'diggits'", "'digits'"),
    "command": (("compre",), "command 'compre'", "'compare'"),
    "option": ((*FIRST, "--epochss", "3"), "'--epochss'", "'--epochs'"),
    "regularizer": ((*FIRST, "drpout=0.5"), "'drpout'", "'dropout'"),
    "second part": ((*FIRST, "l2+drpout=0.5"), "'drpout'", "'dropout'"),
    "option of a method": ((*FIRST, "dropout=0.5:inptu=0.2"), "'inptu'", "'input'"),
    "metric": ((*FIRST, "--metric", "acuracy"), "'acuracy'", "'accuracy'"),
    "activation": ((*FIRST, "--activation", "rellu"), "'rellu'", "'relu'"),
    "init": ((*FIRST, "--init", "glorott"), "'glorott'", "'glorot'"),
    "optimizer": ((*FIRST, "--optimizer", "adm"), "'adm'", "'adam'"),
    "schedule": ((*FIRST, "--schedule", "cosin"), "'cosin'", "'cosine'"),
    "dtype": ((*FIRST, "--dtype", "flot32"), "'flot32'", "'float32'"),
    "vary": ((*FIRST, "--vary", "splt"), "'splt'", "'split'"),
    "baseline": ((*FIRST, "--baseline", "nine"), "'nine'", "'none'"),
    "regularizer to show": (("methods", "drpout"), "'drpout'", "'dropout'"),
    "dataset to show": (("datasets", "irs"), "'irs'", "'iris'"),
}
"""Words that are not there: the command, what the message quotes, and what it suggests."""

NOT_MEANT = {
    **{f"--seeds {x}": ("--seeds", x) for x in ("0", "ten", "")},
    **{f"--seed {x}": ("--seed", x) for x in ("-1",)},
    **{f"--epochs {x}": ("--epochs", x) for x in ("0",)},
    **{f"--batch-size {x}": ("--batch-size", x) for x in ("0", "1.5")},
    **{f"--hidden {x}": ("--hidden", x) for x in ("0", "8,,8")},
    **{f"--jobs {x}": ("--jobs", x) for x in ("0", "all")},
    **{f"--lr {x}": ("--lr", x) for x in ("0", "fast", "nan")},
    **{f"--test-size {x}": ("--test-size", x) for x in ("0", "1.5")},
    **{f"--train-size {x}": ("--train-size", x) for x in ("-1", "all")},
    "--vary nothing": ("--vary", ""),
    "--color": ("--color", "sometimes"),
}
"""Values that no option takes."""

METHODS_NOT_MEANT = (
    *("dropout=0.96", "dropout=-0.1", "dropout=0.5:input=1", "dropout=nan", "l2=inf"),
    *("dropout=", "l2=1,", "l2=x", "dropout:input=", "l2:input=0.2"),
    *("", "+", "l2=1+dropout+l2=2", "none+l2", "l2 l1"),
)
"""Strengths out of range, not finite, missing or given twice; and words that are no method."""

ERRORS = {
    **{f"nearest {name}": case(*words) for name, (words, _, _) in NEAREST.items()},
    **{name: case(*FIRST, flag, value) for name, (flag, value) in NOT_MEANT.items()},
    **{f"method {word}": case(*FIRST, word) for word in METHODS_NOT_MEANT},
    "no dataset": case("compare"),
    "two baselines": case(*FIRST, "--baseline", "l2=1,2"),
    "train rows for each class": case(*FIRST, "--train-size", "2"),
    "more rows than there are": case(*FIRST, "--train-size", "140", "--test-size", "20"),
    "unknown format": case(*FIRST, "-o", "report.xlsx"),
    "missing folder": case(*FIRST, "-o", "nowhere/report.csv"),
    "folder": case(*FIRST, "--runs", "../0.csv/"),
    "same place": case(*FIRST, "-o", "a.csv", "--runs", "./a.csv"),
    "standard output twice": case(*FIRST, "-o", "-", "--history", "-"),
    "environment": case(*FIRST, REGCMP_COMPARE_EPOCHS="0", REGCMP_COMPARE_SEEDS="many"),
    "option without value": case("compare", "--dataset"),
    "superfluous word": case("info", "x"),
    "many lines": case(*FIRST, "l2\nl1"),
}


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ahead]:
    """Commands of ERRORS by name."""
    commands = Ahead(ERRORS, tmp_path_factory.mktemp("refused"), ahead=6)
    yield commands
    commands.close()


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_is_one_line_on_standard_error(name: str, refused: Ahead) -> None:
    """Exit 2, nothing on standard output, no traceback, and nothing written."""
    done = refused(name)
    assert done.code == 2
    assert done.stdout == b""
    assert re.fullmatch(r"Error: \S[^\n]*\n", done.err)
    assert "Traceback" not in done.err
    assert "bug" not in done.err
    assert not list(done.folder.iterdir())


@pytest.mark.parametrize("name", NEAREST)
def test_a_word_that_is_not_there_is_quoted_and_the_nearest_is_named(
    name: str, refused: Ahead
) -> None:
    """Did you mean it?"""
    _, quoted, nearest = NEAREST[name]
    message = refused(f"nearest {name}").err
    assert quoted in message
    assert re.search(rf"(?i)did you mean {nearest}\?", message)


@pytest.mark.parametrize("name", NOT_MEANT)
def test_a_value_that_is_not_meant_is_named_with_its_option(name: str, refused: Ahead) -> None:
    """And quoted, as it was given."""
    flag, value = NOT_MEANT[name]
    message = refused(name).err
    assert flag in message
    assert f"'{value}'" in message


@pytest.mark.parametrize("word", METHODS_NOT_MEANT)
def test_a_method_that_is_not_meant_is_quoted(word: str, refused: Ahead) -> None:
    """Whole, or the part that is not known."""
    message = refused(f"method {word}").err
    assert f"'{word}'" in message or "unknown regularizer" in message


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("no dataset", ("--dataset", *BUNDLED)),
        ("two baselines", ("--baseline", "'l2=1,2'", "one method")),
        ("train rows for each class", ("--train-size", "'iris'", "3 classes")),
        ("more rows than there are", ("--train-size", "--test-size", "140", "20", "150")),
        ("unknown format", ("-o", "'report.xlsx'", ".csv", ".json", ".md")),
        ("missing folder", ("-o", "'nowhere/report.csv'", "'nowhere'", "create it")),
        ("folder", ("--runs", "directory")),
        ("same place", ("'a.csv'", "its own file")),
        ("standard output twice", ("standard output", "its own file")),
        ("option without value", ("--dataset",)),
        ("method dropout=0.96", ("dropout", "0.95", "'0.96'")),
        ("method l2:input=0.2", ("'l2'", "choose one of schedule")),
        ("--seeds 0", ("whole number", "1")),
        ("--hidden 8,,8", ("commas", "'8,,8'")),
    ],
)
def test_an_error_says_what_was_expected(name: str, parts: tuple[str, ...], refused: Ahead) -> None:
    """And what to do."""
    for part in parts:
        assert part in refused(name).err


def test_debug_shows_where_an_error_came_from(tmp_path: Path) -> None:
    """A traceback, on request only."""
    done = subprocess.run(
        [SCRIPT, *FIRST, "drpout", "--debug"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "Traceback" in done.stderr
    assert "UnknownRegularizerError: unknown regularizer 'drpout'" in done.stderr


# Help, lists, completion

SHOWN = {
    "nothing": case(),
    "--help": case("--help"),
    "compare --help-all": case("compare", "--help-all"),
    "fit --help-all": case("fit", "--help-all"),
    **{
        f"{name} --help": case(name, "--help")
        for name in (
            "compare",
            "fit",
            "report",
            "diff",
            "power",
            "methods",
            "datasets",
            "guide",
            "info",
        )
    },
    "narrow help": case("compare", "-h", COLUMNS="60"),
    "--version": case("--version"),
    "info": case("info"),
    "info --json": case("info", "--json"),
    "methods": case("methods"),
    **{f"methods {name}": case("methods", name) for name in ("none", "l2", "dropout")},
    "methods latin-1": case("methods", PYTHONIOENCODING="latin-1"),
    "datasets": case("datasets"),
    "guide": case("guide"),
    "guide in ASCII": case("guide", "methods", PYTHONIOENCODING="ascii"),
    "datasets wine": case("datasets", "wine"),
}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ahead]:
    """Commands of SHOWN by name."""
    commands = Ahead(SHOWN, tmp_path_factory.mktemp("shown"), ahead=6)
    yield commands
    commands.close()


def test_without_a_command_the_help_is_shown(shown: Ahead) -> None:
    """On standard error and with exit code 2, since nothing was asked for that could go on."""
    done = shown("nothing")
    assert (done.code, done.out) == (2, "")
    assert done.err == shown("--help").out


@pytest.mark.full
@pytest.mark.parametrize("name", [name for name in SHOWN if name != "nothing"])
def test_what_is_asked_for_is_shown_on_standard_output(name: str, shown: Ahead) -> None:
    """Exit 0, and no message."""
    done = shown(name)
    assert_silent(done)
    assert done.stdout.strip()


def test_the_help_names_every_command_and_an_example(shown: Ahead) -> None:
    """In the order of use."""
    text = shown("--help").out
    places = [
        text.index(f"\n  {name} ")
        for name in ("compare", "report", "diff", "power", "methods", "datasets", "guide", "info")
    ]
    assert places == sorted(places)
    assert "regcmp compare --dataset" in text
    assert "REGCMP_COMPARE_SEEDS" in text


@pytest.mark.parametrize("name", ["compare", "methods", "datasets"])
def test_the_help_of_a_command_has_examples(name: str, shown: Ahead) -> None:
    """Each on a line of its own."""
    text = shown(f"{name} --help").out
    assert re.search(rf"Examples:\n    regcmp {name}", text)


def test_the_help_of_compare_lists_every_option_in_its_group(shown: Ahead) -> None:
    """Once, under headings that follow the work: data first, the rest last."""
    text = shown("compare --help-all").out
    groups = ["Data", "Protocol", "Network", "Training", "Output", "Gates", "Other"]
    assert re.findall(r"^(\w+):$", text, re.M) == groups
    for param in compare.params:
        if isinstance(param, click.Option):
            section = text.split(f"\n{param.group}:\n")[1].split("\n\n")[0]  # type: ignore[attr-defined]
            assert re.search(rf"^  (-\w, )?{param.opts[-1]}\b", section, re.M), param.opts
    assert set(groups[:-1]) < {getattr(param, "group", "") for param in compare.params}


@pytest.mark.parametrize("name", ["compare", "fit"])
def test_the_short_help_explains_what_is_needed_first(name: str, shown: Ahead) -> None:
    """On a screen or two; every other option is named, and no name is broken."""
    text, whole = shown(f"{name} --help").out, shown(f"{name} --help-all").out
    assert len(text.splitlines()) < 65 < len(whole.splitlines())
    assert max(map(len, text.splitlines())) <= 80
    first = text.split("\nFirst options:\n")[1].split("\n\n")[0]
    assert len(re.findall(r"^  (?:-\w, )?--", first, re.M)) == 5
    flags = set(re.findall(r"(?<![\w-])--[a-z-]+", whole.split("Data:\n")[1]))
    named = set(re.findall(r"(?<![\w-])--[a-z-]+", text))
    assert {each for each in flags if not each.startswith("--no-")} <= named


def test_the_help_says_every_default(shown: Ahead) -> None:
    """Of each option that has one, as the plan has it."""
    text = " ".join(shown("compare --help-all").out.split())
    defaults = [p for p in compare.params if isinstance(p, click.Option) and p.default is not None]
    for param in defaults:
        if not param.is_flag and not param.multiple and isinstance(param.default, str):
            assert f"[default: {param.default}]" in text, param.opts


def test_the_version_is_that_of_the_package(shown: Ahead) -> None:
    """'regcmp 0.1.0'."""
    assert shown("--version").out == f"regcmp {version('regcmp')}\n"


def test_info_has_all_that_a_bug_report_needs(shown: Ahead) -> None:
    """As JSON of the same schema as a report's environment, and as lines of the same names."""
    found = strict(shown("info --json").stdout)
    schema = report_schema()
    jsonschema.validate(
        found, schema | {"$ref": "#/$defs/environment", "properties": {}, "required": []}
    )
    lines = shown("info").out.splitlines()
    assert [line.split()[0] for line in lines if line[0] != " "] == list(found)
    assert f"numpy {version('numpy')}" in shown("info").out


def test_methods_lists_every_regularizer_with_its_default(shown: Ahead) -> None:
    """And the conventions that its numbers follow."""
    text = shown("methods").out
    for name, regularizer in REGISTRY.items():
        default = f"{regularizer.strength_is.default:g}"
        assert re.search(rf"^  {name} +{re.escape(default)} ", text, re.M)
    assert re.search(r"^  none ", text, re.M)
    assert "probability to drop" in text
    assert "mean loss of a batch" in text


@pytest.mark.parametrize("name", REGISTRY)
def test_a_regularizer_is_shown_with_formula_ranges_and_source(name: str) -> None:
    """Also of its options."""
    text = page(REGISTRY[name])
    regularizer = REGISTRY[name]
    assert text.startswith(f"{name}\n")
    assert regularizer.formula in text
    assert regularizer.paper in text
    assert f"{name}=NUMBER" in text
    for option in regularizer.options_are:
        assert f":{option}=NUMBER" in text


def test_one_regularizer_is_shown_by_its_name(shown: Ahead) -> None:
    """All that there is to know of it."""
    for name in ("l2", "dropout"):
        assert squeezed(shown(f"methods {name}").out) == squeezed(page(REGISTRY[name]))


def test_a_list_is_shown_in_any_encoding(shown: Ahead) -> None:
    """Latin-1 has no λ."""
    text = shown("methods latin-1").stdout.decode("latin-1")
    assert "lambda" in text
    assert "?" not in text


@pytest.mark.full
def test_datasets_are_listed_and_shown(shown: Ahead) -> None:
    """Rows, features and classes; of one, the rows of each class."""
    listing = shown("datasets").out
    for name, known in BUNDLED.items():
        assert re.search(
            rf"^{name} +{known.rows} +{known.features} +{known.classes or '-'} ", listing, re.M
        )
    wine = shown("datasets wine").out
    assert [int(n) for n in re.findall(r"class_\d +(\d+) rows", wine)] == [59, 71, 48]


COMPLETED = {
    "": (
        "compare",
        "fit",
        "predict",
        "report",
        "diff",
        "power",
        "store",
        "methods",
        "datasets",
        "guide",
        "info",
    ),
    "co": ("compare",),
    "compare --da": ("--dataset",),
    "compare --dataset ": (*BUNDLED, *SYNTHETIC, *ALIASES),
    "compare --dataset wi": ("wine",),
    "compare --metric b": ("balanced_accuracy",),
    "compare --dataset iris dropo": ("dropout",),
    "compare --dataset iris ": ("none", *REGISTRY),
    "compare l2=1e-4+dropo": ("l2=1e-4+dropout",),
    "compare l2=1e-4+": tuple(f"l2=1e-4+{name}" for name in REGISTRY),
    "compare --baseline dropo": ("dropout",),
    "methods l": tuple(name for name in REGISTRY if name.startswith("l")),
    "datasets d": ("digits", "diabetes"),
    "guide g": ("gates",),
}
"""What has been typed after 'regcmp ', and the words that it may become."""


def typed(text: str, shell: str) -> dict[str, str]:
    """The environment that a shell's completion function sets."""
    words = ["regcmp", *text.split()] + ([""] if not text or text.endswith(" ") else [])
    own = {"COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    return own | {"_REGCMP_COMPLETE": f"{shell}_complete"}


IN_ZSH = ("co", "compare --dataset wi", "compare l2=1e-4+dropo")
COMPLETIONS = (
    {f"bash: {text}": case(**typed(text, "bash")) for text in COMPLETED}
    | {f"zsh: {text}": case(**typed(text, "zsh")) for text in IN_ZSH}
    | {f"{shell} source": case(_REGCMP_COMPLETE=f"{shell}_source") for shell in ("bash", "zsh")}
)


@pytest.fixture(scope="module")
def completed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ahead]:
    """Commands of COMPLETIONS by name."""
    commands = Ahead(COMPLETIONS, tmp_path_factory.mktemp("completed"), ahead=6)
    yield commands
    commands.close()


@pytest.mark.full
@pytest.mark.parametrize("text", COMPLETED)
def test_a_shell_completes_commands_options_names_and_methods(text: str, completed: Ahead) -> None:
    """Of methods the last part, after '+'."""
    done = completed(f"bash: {text}")
    assert_silent(done)
    assert tuple(done.out.split()) == tuple(f"plain,{word}" for word in COMPLETED[text])


def test_a_shell_completes_paths_where_no_name_begins_like_this(tmp_path: Path) -> None:
    """By its own means."""
    done = run(["compare"], tmp_path, typed("compare --dataset ./cli", "bash"))
    assert done.out == "file,./cli\n"


@pytest.mark.parametrize("text", IN_ZSH)
def test_zsh_is_answered_in_its_own_way(text: str, completed: Ahead) -> None:
    """Three lines for each word: its kind, itself, and its meaning."""
    done = completed(f"zsh: {text}")
    assert_silent(done)
    assert tuple(done.out.split("\n")[1::3]) == COMPLETED[text]


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_shell_gets_its_completion_function(shell: str, completed: Ahead) -> None:
    """To be sourced."""
    done = completed(f"{shell} source")
    assert_silent(done)
    assert "_REGCMP_COMPLETE" in done.out


# Pipes and files that fail


@pytest.mark.skipif(os.name == "nt", reason="pipes of a shell")
@pytest.mark.parametrize("words", [("--runs", "-"), ("-o", "s.csv")])
def test_a_pipe_that_is_closed_is_silent(words: tuple[str, ...], tmp_path: Path) -> None:
    """As after '| head -1': exit 0, no message, and files are written all the same."""
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [SCRIPT, "compare", *TINY, "none", *words, "--history", "h.csv"],
        cwd=tmp_path,
        env=environment(),
        stdout=writer,
        stderr=subprocess.PIPE,
    )
    os.close(writer)
    os.close(reader)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"Error" not in err and b"Exception" not in err and b"Traceback" not in err
    assert (tmp_path / "h.csv").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("words", [("methods",), ("--help",)])
def test_a_full_disk_is_an_error_of_one_line(words: tuple[str, ...], tmp_path: Path) -> None:
    """Exit 1: nothing is wrong with the words, and it is no bug."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [SCRIPT, *words],
            cwd=tmp_path,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert re.fullmatch(r"Error: [^\n]*No space left on device[^\n]*\n", done.stderr)
    assert "bug" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="redirections of a shell")
@pytest.mark.parametrize(("closed", "code"), [(">&-", 0), ("2>&-", 2)])
def test_streams_that_are_closed_from_the_start_do_no_harm(
    closed: str, code: int, tmp_path: Path
) -> None:
    """There is nothing to write to, and nothing is said of it."""
    words = "methods" if code == 0 else "methods nothing"
    done = subprocess.run(
        ["sh", "-c", f"'{SCRIPT}' {words} {closed}"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (code, b"", b"")


# Signals


INTERRUPTED_IMPORT = """
import os, signal, time
try:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(5)
except KeyboardInterrupt:
    raise {}
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
@pytest.mark.parametrize(
    ("module", "what"),
    [("click", ""), ("pandas", ""), ("pandas", "ImportError('initialization failed') from None")],
)
def test_ctrl_c_during_an_import_is_not_a_failed_import(
    module: str, what: str, tmp_path: Path
) -> None:
    """Of click, before anything is set up; of an extension module, which makes an ImportError of it."""
    (tmp_path / f"{module}.py").write_text(INTERRUPTED_IMPORT.format(what))
    done = subprocess.run(
        [SCRIPT, "compare", *TINY],
        cwd=tmp_path,
        env=environment(
            PYTHONPATH=os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", "")))
        ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert done.returncode == 130
    assert (done.stdout, done.stderr.strip()) == ("", "")


# A terminal

pexpect = pytest.importorskip("pexpect")
needs_terminal = pytest.mark.skipif(sys.platform == "win32", reason="pexpect needs a pty")
REMAINING = r"\d+/\d+\S* runs \S*\d:\d\d:\d\d"
STACKS = ("--dataset", "digits", "--epochs", "3", "--seeds", "2", "--jobs", "1")


def on_terminal(words: tuple[str, ...], columns: int = 80, **extra: str) -> tuple[int, str]:
    """Run a command where its user sits at a terminal; its exit code, and all that was shown."""
    own = environment(**({"TERM": "xterm-256color"} | extra))
    child = pexpect.spawn(
        SCRIPT, list(words), env=own, dimensions=(24, columns), timeout=60, encoding="utf-8"
    )
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus, child.before.replace("\r\n", "\n")


@needs_terminal
def test_on_a_terminal_there_is_a_bar_with_the_remaining_time_that_goes_away() -> None:
    """Then the table, in colour, no wider than the terminal."""
    code, shown = on_terminal(("compare", *STACKS, "none", "l1", "l2", "dropout"), columns=70)
    assert code == 0
    assert re.search(r"0/8", shown)
    assert re.search(REMAINING, shown)
    assert "\x1b[?25h" in shown
    table = shown[shown.rindex("\x1b[2K") :].removeprefix("\x1b[2K")
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", table).lstrip("\r\n")
    assert plain.startswith("digits: ")
    assert max(map(len, plain.split("\n"))) <= 70
    names = [
        "none",
        *(re.search(rf"^{name}=\S+", plain, re.M)[0] for name in ("l1", "l2", "dropout")),
    ]  # type: ignore[index]
    assert read_table(plain, names).n_blocks > 1
    assert "\x1b[1m" in table


@needs_terminal
@pytest.mark.full
def test_a_dumb_terminal_gets_the_table_alone() -> None:
    """No bar, no escape sequence, no empty line."""
    code, shown = on_terminal(("compare", *TINY, "none"), TERM="dumb")
    assert code == 0
    assert ESCAPE not in shown
    assert shown.startswith("iris: ")
    read_table(shown, ["none"])


@needs_terminal
def test_ctrl_c_at_a_terminal_takes_the_bar_away_and_shows_the_cursor() -> None:
    """Exit 130, and no traceback."""
    child = pexpect.spawn(
        SCRIPT,
        ["compare", *ENDLESS, "--jobs", "2"],
        env=environment(TERM="xterm"),
        timeout=60,
        encoding="utf-8",
    )
    child.expect("0/12")
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    assert "Traceback" not in child.before
    assert child.before.rindex("\x1b[?25h") > child.before.rfind("\x1b[?25l")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--epoch", "3"), "unknown option '--epoch': did you mean '--epochs'?"),
        (("l2", "wine"), "Missing option '--dataset'"),
        (("l2=0.5",), "Give a file, or one of digits,"),
    ],
)
def test_one_way_out_is_named(words: tuple[str, ...], message: str, tmp_path: Path) -> None:
    """The nearest flag; what may stand for a dataset."""
    assert message in run(("compare", *words), tmp_path).err


def test_pages_say_what_a_command_allows(tmp_path: Path) -> None:
    """The bound that --max-dropped sets, in plain text within 80 columns."""
    page = run(("methods", "dropout"), tmp_path, {"COLUMNS": "80"}).out
    assert "0 to 0.95 (--max-dropped" in page and "`" not in page
    info = run(("info",), tmp_path, {"COLUMNS": "80"}).out
    assert max(map(len, info.splitlines())) <= 80
