"""What is added to regcmp touches few files: each act is done to a copy of the package, and used there.

With its test and a line in CHANGELOG.md, an option, a metric, a layer or a regularizer is at most four files.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from commands import environment

import regcmp

PACKAGE = Path(regcmp.__file__).parent
TINY = ["--dataset", "iris", "--seeds", "2", "--epochs", "2", "--hidden", "4", "--jobs", "1"]


@dataclass(frozen=True)
class Edit:
    """Text that is put before a text of a file; all of a new file, where there is none."""

    file: str
    text: str
    before: str = ""


class Copy:
    """A copy of the package with edits."""

    def __init__(self, folder: Path, *edits: Edit) -> None:
        self.folder = folder
        shutil.copytree(PACKAGE, folder / "regcmp", ignore=shutil.ignore_patterns("__pycache__"))
        for edit in edits:
            path = folder / "regcmp" / edit.file
            if edit.before:
                text = path.read_text("utf-8")
                assert text.count(edit.before) == 1, edit
                path.write_text(text.replace(edit.before, edit.text + edit.before), "utf-8")
            else:
                path.write_text(edit.text, "utf-8")

    def run(self, *words: str, code: int = 0, **variables: str) -> str:
        """What the command prints, on both streams."""
        script = "import sys; sys.argv[0] = 'regcmp'; from regcmp.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-P", "-c", script, *words],
            cwd=self.folder,
            env=environment(PYTHONPATH=str(self.folder), **variables),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    def python(self, code: str) -> str:
        """What a script prints."""
        done = subprocess.run(
            [sys.executable, "-P", "-c", code],
            cwd=self.folder,
            env=environment(PYTHONPATH=str(self.folder)),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def report(self, name: str = "r.json") -> dict[str, object]:
        """A report that was written."""
        document: dict[str, object] = json.loads((self.folder / name).read_text("utf-8"))
        return document


OPTION = Edit(
    "plan/protocol.py",
    """    patience: int = option(
        "whole", 7, "Epochs of patience.", group="Training", high=99, metavar="EPOCHS", before=3,
        since="0.9",
    )
""",
    '    class_weight: str = option(\n        "choice",',
)


@pytest.mark.full
def test_an_option_is_one_declaration(tmp_path: Path) -> None:
    """Flag, help, environment, config, Python, report, schema, the page's command, older reports."""
    copy = Copy(tmp_path, OPTION)
    shown = " ".join(copy.run("compare", "--help-all").split())
    assert "--patience EPOCHS Epochs of patience. [since 0.9] [default: 7]" in shown
    assert "expected a whole number from 0 to 99, got '100'" in copy.run(
        "compare", *TINY, "--patience", "100", code=2
    )
    copy.run("compare", *TINY, "none", "-o", "old.json", "-q")
    copy.run(
        "compare", *TINY, "none", "-o", "r.json", "-o", "r.html", "--save-config", "c.toml",
        REGCMP_COMPARE_PATIENCE="5",
    )  # fmt: skip
    assert copy.report()["plan"]["patience"] == 5  # type: ignore[index]
    assert "--patience 5" in (tmp_path / "r.html").read_text("utf-8")
    assert "patience = 5" in (tmp_path / "c.toml").read_text("utf-8")
    copy.run("compare", "--config", "c.toml", "-o", "again.json", "-q")
    assert copy.report("again.json")["plan"] == copy.report()["plan"]
    assert "patience 7 -> 5" in copy.run("diff", "old.json", "r.json")
    older = copy.report()
    del older["plan"]["patience"]  # type: ignore[attr-defined]
    (tmp_path / "older.json").write_text(json.dumps(older), "utf-8")
    assert "patience 3 -> 5" in copy.run("diff", "older.json", "r.json")
    told = copy.python(
        "import inspect, regcmp; print(inspect.signature(regcmp.compare).parameters['patience'])\n"
        "from regcmp.report.document import report_schema\n"
        "print(report_schema()['$defs']['plan']['properties']['patience'])"
    )
    assert "patience=7" in told and "'description': 'Epochs of patience.'" in told


METRIC = Edit(
    "metrics.py",
    """        Metric(
            "error", CLASSIFICATION, "error", lambda rows: 1 - float(rows.right.mean()), "error",
            "Share of rows that are classified wrong.", higher_is_better=False,
            low=0, high=1, factor=100, decimals=1, unit="points", column_unit=" %", aliases="err",
        ),
""",
    '        Metric(\n            "r2",',
)


def test_a_metric_is_one_line_of_the_table(tmp_path: Path) -> None:
    """Option, columns, schema, table, curves and the suggestion follow from it."""
    copy = Copy(tmp_path, METRIC)
    words = ["compare", *TINY, "none", "l2", "--metric", "error"]
    out = copy.run(*words, "-o", "r.json", "--plot", "curves", "--runs", "runs.csv")
    assert "Score: error in %, lower is better. Gap: test - train" in out
    row = copy.report()["runs"][0]  # type: ignore[index]
    assert row["test_error"] == pytest.approx(1 - row["test_accuracy"])
    assert row["error_gap"] == pytest.approx(row["test_error"] - row["train_error"])
    assert "validation_error" in copy.report()["history"][0]  # type: ignore[index]
    assert "test_error" in (tmp_path / "runs.csv").read_text("utf-8").splitlines()[0]
    assert "did you mean 'error'?" in copy.run(*words[:-1], "err", code=2)


FORMAT = (
    Edit(
        "report/shout.py",
        '"""A table, loud."""\n\n\ndef to_shout(table):\n    return chr(10).join(table.verdict).upper()\n',
    ),
    Edit(
        "report/formats.py",
        '        Format(".loud", TABLE, "shout:to_shout"),\n',
        '        Format(".xml",',
    ),
)


@pytest.mark.full
def test_a_format_is_a_function_and_a_line(tmp_path: Path) -> None:
    """It is offered, and takes what the table of formats says."""
    copy = Copy(tmp_path, *FORMAT)
    copy.run("compare", *TINY, "none", "-o", "r.loud", "-o", "r.json", "-q")
    verdict = copy.report()["verdict"]
    assert (tmp_path / "r.loud").read_text("utf-8") == str(verdict).upper()
    assert ".parquet, .loud, .xml," in copy.run("compare", *TINY, "-o", "r.xyz", code=2)


LAYER = (
    Edit(
        "engine/doubling.py",
        '''"""A layer that doubles."""

from regcmp.engine.layers import Layer


class Double(Layer):
    """y = 2 x."""

    def __init__(self, shape):
        self.shape_in = self.shape_out = shape

    def forward(self, params, x, memory):
        return 2 * x

    def backward(self, params, grads, dy, memory, need_dx):
        return 2 * dy
''',
    ),
    Edit(
        "engine/architecture.py",
        '    if given["double"]:\n        return _made(Double(shape))\n',
        "    if len(shape) != 3:\n",
    ),
    Edit(
        "engine/architecture.py",
        '    r"(?P<double>double)|"\n',
        '    r"(?:conv(?P<filters>',
    ),
    Edit(
        "engine/architecture.py",
        "from regcmp.engine.doubling import Double\n",
        "from regcmp.engine.layers import ACTIVATIONS",
    ),
)


@pytest.mark.full
def test_a_layer_is_a_class_and_a_word(tmp_path: Path) -> None:
    """It trains in a network for images."""
    copy = Copy(tmp_path, *LAYER)
    words = ["--dataset", "digits", "--seeds", "2", "--epochs", "1", "--jobs", "1"]
    out = copy.run("compare", *words, "--arch", "conv2x3-double-gap", "none")
    assert "network 8x8x1-conv2x3-double-gap-10 relu" in out


REGULARIZER = (
    Edit(
        "engine/regularizers/pulling.py",
        '''"""A pull on the weights."""

from regcmp.engine.regularizers.base import Number, Regularizer


class Pull(Regularizer):
    """Add a third of λ w to the gradient."""

    name = "pull"
    strength_is = Number(0.01, 0, 10, "pull λ")
    grid = (0.01, 0.1)
    formula = "loss + λ/6 Σw²"
    paper = "none"

    def penalize(self, grad, context):
        return grad + self.strength[:, :, 0] * context.theta / 3
''',
    ),
    Edit(
        "engine/regularizers/__init__.py",
        "from regcmp.engine.regularizers.pulling import Pull\n",
        "from regcmp.engine.regularizers.rows",
    ),
    Edit("engine/regularizers/__init__.py", "        Pull,\n", "        *(Clip, GradNoise),"),
)


def test_a_regularizer_is_a_class_and_its_place_in_the_registry(tmp_path: Path) -> None:
    """Methods, help and the table know it."""
    copy = Copy(tmp_path, *REGULARIZER)
    assert "loss + λ/6 Σw²" in copy.run("methods", "pull")
    out = copy.run("compare", *TINY, "none", "pull=0.1+l2", "-o", "r.json")
    assert "\nl2=0.001+pull=0.1 " in out
    parts = copy.report()["methods"][1]["parts"]  # type: ignore[index]
    assert [each["name"] for each in parts] == ["l2", "pull"]


@pytest.mark.parametrize(
    "edits", [(OPTION,), (METRIC,), FORMAT, LAYER, REGULARIZER], ids=lambda _: ""
)
def test_no_act_touches_more_than_two_files_of_the_package(edits: tuple[Edit, ...]) -> None:
    """A test and the changelog make four."""
    assert len({edit.file for edit in edits}) <= 2
