"""Gates as they end a command: exit codes, what comes first, and GitHub Actions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NoReturn

import pytest
from commands import TINY, run
from handmade import report

from regcmp.cli.compare import compare
from regcmp.errors import UsageError
from regcmp.report.json_text import to_json

BAD, GOOD = "n(*) > 0", "n_failed(*) > 0"
DIVERGING = ("--optimizer", "sgd", "--lr", "1e6", *TINY)


@pytest.mark.full
def test_a_failed_gate_exits_with_3_when_all_is_written(tmp_path: Path) -> None:
    """The table on standard output, the gates on standard error, both files whole."""
    asked = ("--fail-if", BAD, "--fail-if", GOOD, "--warn-if", BAD)
    done = run(
        ("compare", *TINY, "none", "l2", *asked, "-o", "s.csv", "-o", "g.xml"),
        tmp_path,
    )
    assert done.code == 3
    assert done.out.startswith("iris: ")
    heads = [line.split(":")[0] for line in done.err.splitlines()]
    assert heads == ["Gate failed", "Gate passed", "Warning"]
    assert done.file("s.csv").startswith(b"dataset,")
    assert b'failures="1"' in done.file("g.xml")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--warn-if", BAD), 0),
        (("--fail-if", GOOD), 0),
        (("--fail-if", "p_value(l2) > 2"), 2),
        (("--fail-if", "p_value(l2) > 0.5"), 3),
        (("-o", "g.xml"), 2),
        (("--fail-if", "gap_men(l2) > 0"), 2),
    ],
)
def test_how_gates_end_a_command(words: tuple[str, ...], code: int, tmp_path: Path) -> None:
    """With two seeds there is no p-value: a gate on it is inconclusive, which fails."""
    done = run(("compare", *TINY, "none", "l2", "-q", *words), tmp_path)
    assert done.code == code
    assert done.err.count("\n") == (code != 0)


@pytest.mark.parametrize("flag", ["--fail-if", "--warn-if"])
@pytest.mark.parametrize(
    "gate",
    [
        *("", "x", "gap_mean(l2)", "gap_mean(l2) >", "gap_mean(l2) > 5 %", "gap_mean(l2) > inf"),
        *("gap_mean(l3) > 0", "gap_mean() > 0", "gap_men(l2) > 0", "note(l2) > 0"),
        *("gap_mean(l2) => 0", "delta_gap(none) > 0", "gap_mean(l2) > 0 or n(l2) > 1"),
        "().__class__(l2) > 0",
    ],
)
def test_nothing_is_read_or_trained_where_a_gate_is_malformed(
    gate: str, flag: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is wrong with it; the flag and the text are named."""

    def run_nothing(*_: object) -> NoReturn:
        raise AssertionError

    monkeypatch.setattr("regcmp.api.run", run_nothing)
    words = ["--dataset", "iris", "none", "l2", flag, gate]
    with pytest.raises(UsageError, match=re.escape(f"{flag} {gate!r}: ")):
        compare.main(words, standalone_mode=False)
    with pytest.raises(AssertionError):
        compare.main([*words[:-1], BAD], standalone_mode=False)


@pytest.mark.full
def test_a_gate_comes_before_strict(tmp_path: Path) -> None:
    """Alone, --strict makes a stopped run exit code 1."""
    words = ("compare", *DIVERGING, "none", "--strict", "-q")
    assert run(words, tmp_path).code == 1
    assert run((*words, "--fail-if", GOOD), tmp_path).code == 3


@pytest.mark.full
def test_in_github_actions_the_table_is_appended_and_gates_annotated(tmp_path: Path) -> None:
    """What is in the summary stays; standard output has data alone."""
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    actions = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    words = ("compare", *TINY, "none", "l2", "-q", "-o", "-", "--fail-if", BAD, "--warn-if", BAD)
    done = run(words, tmp_path, actions)
    assert done.code == 3
    assert done.out.startswith("dataset,") and "::" not in done.out
    commands = [line for line in done.err.splitlines() if line.startswith("::")]
    assert [each.split(" ")[0] for each in commands] == ["::error", "::warning"]
    text = summary.read_text("utf-8")
    assert text.startswith("before\n") and "| l2=0.001 |" in text.replace("\\", "")
    assert "- **Gate failed" in text
    off = run((*words, "--no-github"), tmp_path, actions)
    assert "::" not in off.err
    assert summary.read_text("utf-8") == text


@pytest.mark.full
def test_a_saved_report_is_judged_like_the_comparison_itself(tmp_path: Path) -> None:
    """The same findings, the same JUnit file, the same exit code; a bare '-o g.xml' has no gate."""
    asked = ("--fail-if", BAD, "--warn-if", GOOD)
    first = run(
        ("compare", *TINY, "none", "l2", *asked, "-o", "a.json", "-o", "a.xml"),
        tmp_path,
    )
    again = run(("report", "a.json", *asked, "-o", "b.xml"), tmp_path)
    assert again.code == first.code == 3
    assert again.err == first.err and again.err.startswith("Gate failed")
    assert again.file("b.xml") == first.file("a.xml")
    table = run(("report", "a.json", "--fail-if", GOOD), tmp_path)
    assert (table.code, table.out) == (0, first.out)
    assert run(("report", "a.json", "-o", "c.xml"), tmp_path).code == 2
    wrong = run(("report", "a.json", "--fail-if", "n(l1) > 0"), tmp_path)
    assert wrong.code == 2 and "unknown method 'l1'" in wrong.err and wrong.out == ""


@pytest.mark.full
def test_no_name_is_a_command_to_the_runner_of_github_actions(tmp_path: Path) -> None:
    """On whatever line it stands, however it is folded; elsewhere it is shown as it is."""
    evil = "::error title=x::pwned ##[error]y"
    rows = f"'{evil}',b,y\n".replace("'", '"') + "".join(
        f"{i},{i % 7},{'ab'[i % 2]}\n" for i in range(40)
    )
    (tmp_path / "d.csv").write_text(rows, "utf-8")
    saved = to_json(report()).replace("l2=0.01", evil)
    (tmp_path / "r.json").write_text(saved, "utf-8")
    gate = ("--fail-if", f"n({evil}) > 0")
    for words in (
        ("datasets", "d.csv"),
        ("report", "r.json", "--plot", "gap", *gate),
        ("report", "r.json", "--fail-if", f"{evil} > 0"),
    ):
        shown, broken = (
            run(words, tmp_path, {"GITHUB_ACTIONS": value, "COLUMNS": "80"})
            for value in ("false", "true")
        )
        assert "::error" in shown.out + shown.err
        own = [
            line
            for line in broken.err.splitlines()
            if not line.startswith("::error title=regcmp%3A")
        ]
        said = broken.out + "\n".join(own)
        assert "::" not in said and "##[" not in said and "pwned" in said
