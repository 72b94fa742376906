"""Which function writes which format: a new one is a line here and in ``files.FORMATS``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from regcmp.analysis.gates import Finding
from regcmp.report.csv_text import to_csv
from regcmp.report.findings import to_junit
from regcmp.report.html import to_html
from regcmp.report.json_text import to_json
from regcmp.report.latex import to_latex
from regcmp.report.layout import make_table
from regcmp.report.markdown import to_markdown
from regcmp.report.parquet import to_parquet
from regcmp.report.picture import to_picture
from regcmp.results import Report

Content = str | bytes

FRAME_WRITERS: dict[str, Callable[[pd.DataFrame], Content]] = {
    ".csv": to_csv,
    ".parquet": to_parquet,
}
"""Of one frame."""

REPORT_WRITERS: dict[str, Callable[[Report, Sequence[Finding]], Content]] = {
    ".csv": lambda report, _: to_csv(report.summary),
    ".json": lambda report, _: to_json(report),
    ".md": lambda report, _: to_markdown(make_table(report)),
    ".html": lambda report, _: to_html(report),
    ".tex": lambda report, _: to_latex(make_table(report)),
    ".parquet": lambda report, _: to_parquet(report.summary),
    ".xml": lambda report, findings: to_junit(findings, report.plan["dataset"]),
}
"""Of a report, and of how its gates ended."""

PICTURE_WRITERS: dict[str, Callable[[Report, str], Content]] = {
    ".png": lambda report, plot: to_picture(report, plot, ".png"),
    ".svg": lambda report, plot: to_picture(report, plot, ".svg"),
    ".pdf": lambda report, plot: to_picture(report, plot, ".pdf"),
}
"""Of a figure of a report."""
