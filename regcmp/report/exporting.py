"""What a report, a frame or a diff gives to the writers of formats."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from regcmp.analysis.comparing import Diff
from regcmp.analysis.gates import Finding
from regcmp.report.diff_table import diff_document, make_diff_table
from regcmp.report.formats import (
    DOCUMENT,
    FINDINGS,
    FORMATS,
    FRAME,
    PAGE,
    PICTURE,
    TABLE,
    Subject,
)
from regcmp.report.json_text import document_of
from regcmp.report.layout import make_table
from regcmp.results import Report

Content = str | bytes


def report_as(
    suffix: str, report: Report, findings: Sequence[Finding] = (), plot: str = "gap"
) -> Content:
    """A report in the format of this suffix; ``plot`` is the figure that a picture shows."""
    subject: Subject = {
        FRAME: lambda: (report.summary,),
        TABLE: lambda: (make_table(report),),
        DOCUMENT: lambda: (document_of(report),),
        PAGE: lambda: (report,),
        FINDINGS: lambda: (findings, report.plan["dataset"]),
        PICTURE: lambda: (report, plot),
    }
    return FORMATS[suffix].write(subject)


def frame_as(suffix: str, frame: pd.DataFrame) -> Content:
    """A frame, such as the runs, in the format of this suffix."""
    return FORMATS[suffix].write({FRAME: lambda: (frame,)})


def diff_as(suffix: str, diff: Diff, findings: Sequence[Finding] = ()) -> Content:
    """A diff of two reports in the format of this suffix."""
    subject: Subject = {
        FRAME: lambda: (diff.table,),
        TABLE: lambda: (make_diff_table(diff),),
        DOCUMENT: lambda: (diff_document(diff),),
        FINDINGS: lambda: (findings, diff.new.plan["dataset"]),
    }
    return FORMATS[suffix].write(subject)
