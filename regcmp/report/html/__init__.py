"""The report as one HTML page that needs nothing else: no request, no script for reading."""

from regcmp.report.html.page import to_html

__all__ = ["to_html"]
