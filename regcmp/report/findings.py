"""How gates ended: a line each for people, a list for Markdown, JUnit XML for a build server."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from regcmp.analysis.gates import CONTRARY, Finding, Reading
from regcmp.report.markdown import escape
from regcmp.report.text import clean

HEADS = {"passed": "Gate passed", "failed": "Gate failed", "inconclusive": "Gate inconclusive"}
MOST = 8
"""How many readings are named: sixty methods would hide the line that matters."""


def line(finding: Finding) -> str:
    """One line: the gate, what was found and n; what was expected, where it did not pass."""
    head = HEADS[finding.outcome]
    if finding.outcome == "passed":
        return clean(f"{head}: {finding.gate.text} does not hold: found {_all_found(finding)}")
    head += ", which fails it" if finding.fails and finding.outcome == "inconclusive" else ""
    head = head if finding.gate.fatal else f"Warning: {head[0].lower()}{head[1:]}"
    return clean(f"{head}: {finding.gate.text}: {reason(finding)}")


def reason(finding: Finding) -> str:
    """'expected <= 0.05, found 0.0612 (dropout=0.5, n = 10)'."""
    expected = f"{CONTRARY[finding.gate.operator]} {finding.gate.limit:.15g}"
    return clean(f"expected {expected}, found {_all_found(finding)}")


def _all_found(finding: Finding) -> str:
    readings = finding.readings
    found = ", ".join(_found(each, finding.gate.limit) for each in readings[:MOST])
    return f"{found} and {len(readings) - MOST} more" if len(readings) > MOST else found


def _found(reading: Reading, limit: float) -> str:
    number = [] if reading.value is None else [_number(reading.value, limit)]
    what = " ".join([*number, reading.problem]).strip()
    return f"{what} ({reading.method}, n = {reading.n})" if reading.method else what


def _number(value: float, limit: float) -> str:
    """Six digits, or all of them where six would put the value on the other side of the limit."""
    number = float(value)
    short = f"{number:.6g}"
    same = (float(short) > limit, float(short) < limit) == (number > limit, number < limit)
    return short if same else repr(number)


def to_markdown_list(findings: Sequence[Finding]) -> str:
    """A list of the gates, failed ones in bold; nothing without any."""
    lines = []
    for each in findings:
        text = escape(line(each))
        lines.append(f"- **{text}**" if each.fails else f"- {text}")
    return "\n".join(["", *lines, ""]) if lines else ""


def to_junit(findings: Sequence[Finding], dataset: str) -> str:
    """Gates as test cases. What only warns is no failure: its line stands in the case's output."""
    failures = sum(each.fails for each in findings)
    counts = {"tests": str(len(findings)), "failures": str(failures), "errors": "0"}
    suites = ElementTree.Element("testsuites", {"name": "regcmp", **counts})
    suite = ElementTree.SubElement(suites, "testsuite", {"name": "gates", **counts})
    for each in findings:
        names = {"classname": f"regcmp.{_legal(dataset)}", "name": _legal(each.gate.text)}
        case = ElementTree.SubElement(suite, "testcase", names)
        if each.fails:
            about = {"type": each.outcome, "message": _legal(reason(each))}
            ElementTree.SubElement(case, "failure", about).text = _legal(line(each))
        else:
            ElementTree.SubElement(case, "system-out").text = _legal(line(each))
    ElementTree.indent(suites)
    text = ElementTree.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _legal(text: str) -> str:
    """Only characters that XML 1.0 allows."""
    return "".join(c for c in clean(text) if c not in "\ufffe\uffff")


def annotation(finding: Finding, more: int = 0) -> str:
    """A workflow command of GitHub Actions that marks the run; ``more`` is how many are not shown."""
    command = "error" if finding.fails else "warning"
    title = f"regcmp: gate {finding.outcome}"
    text = f"{finding.gate.text}: {reason(finding)}" + (f"; and {more} more gates" if more else "")
    return f"::{command} title={_property(title)}::{_data(clean(text))}"


def _data(text: str) -> str:
    """As actions/toolkit escapes the text of a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """As actions/toolkit escapes a property of a command."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
