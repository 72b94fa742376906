"""Numbers for people: rounded, accuracies in percent, and '-' for what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10

import pandas as pd

from regcmp.metrics import METRICS, Metric

MISSING = "-"


@dataclass(frozen=True)
class Style:
    """How the scores of one metric are written, with the decimals that suit them."""

    metric: Metric
    decimals: int

    @property
    def name(self) -> str:
        """The metric's name in sentences."""
        return self.metric.title

    @property
    def factor(self) -> float:
        """What a score is multiplied by: 100 for percent."""
        return self.metric.factor

    @property
    def column_unit(self) -> str:
        """Of a score, in a column's header."""
        return self.metric.column_unit

    def level(self, mean: float, sd: float | None = None) -> str:
        """A mean, with its standard deviation where there is one: '97.4 ± 0.9'."""
        if pd.isna(mean):
            return MISSING
        text = _unsigned_zero(f"{mean * self.factor:.{self.decimals}f}")
        return (
            text if sd is None or pd.isna(sd) else f"{text} ± {sd * self.factor:.{self.decimals}f}"
        )

    def difference(self, value: float) -> str:
        """A signed difference with one more decimal than a level, '+0.31'; zero has no sign."""
        if pd.isna(value):
            return MISSING
        return _unsigned_zero(f"{value * self.factor:+.{self.decimals + 1}f}")

    def size(self, value: float) -> str:
        """How large a difference is, '0.31'."""
        return f"{abs(value) * self.factor:.{self.decimals + 1}f}"

    def interval(self, low: float, high: float) -> str:
        """'[-0.20, +0.82]', or nothing where there is no interval."""
        return "" if pd.isna(low) else f"[{self.difference(low)}, {self.difference(high)}]"

    @property
    def score_in(self) -> str:
        """The score with its unit: 'accuracy in %', 'R²'."""
        unit = self.column_unit.strip() or self.metric.unit
        return f"{self.name} in {unit}" if unit else self.name

    @property
    def in_unit(self) -> str:
        """What differences are counted in: ', in points'; '' where they have no unit."""
        return f", in {self.metric.unit}" if self.metric.unit else ""

    def amount(self, text: str) -> str:
        """A difference that is written already, with its unit: '+0.31 points'."""
        return f"{text} {self.metric.unit}".rstrip()

    def estimate(self, value: float, low: float, high: float) -> str:
        """A difference and its interval, '+0.31 [-0.20, +0.82]'."""
        return f"{self.difference(value)} {self.interval(low, high)}".rstrip()


def style_of(summary: pd.DataFrame) -> Style:
    """The style of a summary's metric. Errors in a target's own unit show three digits or more."""
    metric, largest = METRICS[summary["metric"].iloc[0]], summary["test_mean"].max()
    if metric.in_unit_of_target and largest > 0:
        return Style(metric, max(0, 2 - floor(log10(largest))))
    return Style(metric, metric.decimals)


def _unsigned_zero(text: str) -> str:
    return text.lstrip("+-") if float(text) == 0 else text


def p_text(p: float) -> str:
    """A p-value in three decimals; very small ones as a bound."""
    if pd.isna(p):
        return MISSING
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def count(number: int, noun: str) -> str:
    """'1 run', '1,797 rows'."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
