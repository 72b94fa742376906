"""What a study gives to the writers of formats."""

from __future__ import annotations

from collections.abc import Sequence

from regcmp.analysis.gates import Finding
from regcmp.analysis.studies import Study
from regcmp.report.formats import DOCUMENT, FINDINGS, FORMATS, FRAME, Subject
from regcmp.report.html.study_page import to_study_html
from regcmp.report.layout import make_table
from regcmp.report.markdown import escape, to_markdown
from regcmp.report.study_json import study_document
from regcmp.report.study_table import study_tables


def study_as(suffix: str, study: Study, findings: Sequence[Finding] = ()) -> str | bytes:
    """A study in the format of this suffix."""
    if suffix == ".html":
        return to_study_html(study)
    if suffix == ".md":
        return study_markdown(study)
    subject: Subject = {
        FRAME: lambda: (study.frame("summary"),),
        DOCUMENT: lambda: (study_document(study),),
        FINDINGS: lambda: (findings, study.parts[0].label),
    }
    return FORMATS[suffix].write(subject)


def study_markdown(study: Study) -> str:
    """The tables of all conditions together, then each condition under a heading."""
    parts = [to_markdown(each) for each in study_tables(study)]
    for part, report in study.done:
        parts.append(f"## {escape(part.label)}\n\n{to_markdown(make_table(report))}")
    return "\n".join(parts)
