"""The verdict: the answer in one line, then what it rests on, and what to do next."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from regcmp.analysis.power import design_of, whole_walks
from regcmp.analysis.statistics import LEVEL, MIN_PAIRS_FOR_P, holm
from regcmp.analysis.wording import CONDITIONS, ROWS, conditions, in_words, joined, test_name
from regcmp.metrics import METRICS
from regcmp.numbers import Style, count, p_text, style_of
from regcmp.plan.grammar import TUNE
from regcmp.plan.protocol import NADEAU_BENGIO
from regcmp.results import CONSTANT

ALPHA = 1 - LEVEL
MOST_WORDS = 12
"""Of the first line."""
ENOUGH_SEEDS = 10
"""What is advised where seeds are too few."""
WAYS_OUT = {
    "diverged": "try a smaller --lr",
    "overdropped": "drop less, or allow it by --max-dropped",
    "dead": "try a smaller strength or --lr, or --max-dead 1",
}
"""What to do about runs that were stopped, by their status."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """What the lines of a verdict are written from."""

    base: Row
    others: Sequence[Row]
    style: Style
    sign: int
    """1 where a higher score is better, else -1."""
    seeds: int
    vary: Collection[str]
    test: str
    drawn: str
    folds: int

    @property
    def given(self) -> str:
        """What claims hold for; '' where seeds redraw all."""
        return conditions(self.vary)

    def gain(self, row: Row) -> float:
        """How much better a method's test score is than the baseline's."""
        return self.sign * float(row["delta_test"])


def verdict(
    summary: pd.DataFrame,
    baseline: str,
    seeds: int,
    vary: Collection[str] = tuple(CONDITIONS),
    test: str = NADEAU_BENGIO,
    drawn: str = ROWS,
    folds: int = 1,
) -> str:
    """Lines: the answer, then overfitting, what both rest on, and what to do next.

    A winner is named only where Holm's p supports one. ``vary`` names what each seed redraws; every
    claim says what it is conditional on. ``test`` is the one that the p-values are of, over seeds and
    what is ``drawn``; seeds come in multiples of ``folds``.
    """
    rows: list[Row] = summary.to_dict("records")
    base = next(row for row in rows if row["method"] == baseline)
    case = Case(
        base=base,
        others=[row for row in rows if row is not base],
        style=style_of(summary),
        sign=1 if METRICS[summary["metric"].iloc[0]].higher_is_better else -1,
        seeds=seeds,
        vary=vary,
        test=test,
        drawn=drawn,
        folds=folds,
    )
    return "\n".join(_lines(case))


def _lines(case: Case) -> Iterator[str]:
    base, others = case.base, case.others
    if not others:
        yield "Only the baseline was trained: name a method to compare it with."
    elif base["n"] == 0:
        yield f"No comparison: every run of the baseline {base['status']}."
        yield f"Next: {WAYS_OUT[base['status']]}."
    elif all(pd.isna(row["p_holm"]) for row in others):
        yield from _no_test(case)
    else:
        yield from _tested(case)


def _tested(case: Case) -> Iterator[str]:
    """The answer where at least one difference was tested."""
    tested = [row for row in case.others if pd.notna(row["p_holm"])]
    better, worse, undecided = _sorted_out(tested, case.sign)
    leading = (better or undecided)[:1]
    yield _winner(case, better[0]) if better else _no_winner(case, leading)
    yield from _always_the_same(case, better or leading)
    if worse:
        yield f"Worse than the baseline{case.given}: {_listed(worse)}."
    yield from _equal_ones(case)
    yield from _gaps(case)
    if better:
        yield _rests_on(case, better[0], len(tested))
        yield _after_winner(better)
    elif undecided:
        yield _rests_on(case, undecided[0], len(undecided))
        yield from _could_have_found(case, undecided[0], len(tested))
    else:
        yield _rests_on(case, worse[0], len(worse))
        yield "Next: try smaller strengths, or other methods."


def _sorted_out(tested: list[Row], sign: int) -> tuple[list[Row], list[Row], list[Row]]:
    """The methods shown to be better, to be worse, and the others; the best of each first."""
    ordered = sorted(tested, key=lambda row: sign * float(row["delta_test"]), reverse=True)
    shown = [row for row in ordered if row["p_holm"] < ALPHA]
    better = [row for row in shown if sign * row["delta_test"] > 0]
    return (
        better,
        [row for row in shown if row not in better],
        [row for row in ordered if row not in shown],
    )


def winner(summary: pd.DataFrame) -> str | None:
    """The method that a verdict on this table names as the winner; None where it names none."""
    tested = summary[summary["p_holm"].notna()].to_dict("records")
    sign = 1 if METRICS[summary["metric"].iloc[0]].higher_is_better else -1
    better, *_ = _sorted_out(tested, sign)
    return str(better[0]["method"]) if better else None


def _winner(case: Case, best: Row) -> str:
    """'Winner: l2=0.01, +2.39 points test accuracy over the baseline', as far as there is room."""
    style, head = case.style, f"Winner{case.given}: {_name(best)}"
    gain = f"{head}, {style.amount(style.difference(best['delta_test']))}"
    metric = f"{gain} test {style.name}"
    return _first_short(f"{metric} over the baseline", metric, gain, head)


def _no_winner(case: Case, nearest: list[Row]) -> str:
    """'No clear winner at 10 seeds; closest is l1=1e-4', as far as there is room."""
    seeds = f"No clear winner{case.given} at {count(case.seeds, 'seed')}"
    short = f"No winner{case.given}"
    names = [_name(row) for row in nearest]
    closest = [f"{text}; closest is {name}" for text in (seeds, short) for name in names]
    return _first_short(*closest, seeds, short)


def _first_short(*texts: str) -> str:
    """The first text that has no more words than a first line may have, or the last."""
    return next((text for text in texts if len(text.split()) <= MOST_WORDS), texts[-1])


def _always_the_same(case: Case, rows: Sequence[Row]) -> Iterator[str]:
    """What is to be said of methods, or a baseline, whose networks look at no feature."""
    constant = [row for row in (*rows, case.base) if row["status"] == CONSTANT]
    if constant:
        names = ["the baseline" if row is case.base else _name(row) for row in constant]
        verb = "answers" if len(names) == 1 else "answer"
        yield f"But {joined(names)} always {verb} the same in most runs, whatever the features are."


def _rests_on(case: Case, row: Row, of: int) -> str:
    """'Rests on 10 paired seeds, two-way test over rows and seeds: l2=0.01 +2.39 points [...] ...'."""
    seeds = count(case.seeds, "paired seed")
    test = test_name(case.test, case.drawn)
    text = f"Rests on {seeds}, {test}: {_name(row)} {_estimate(row, case.style)}"
    return f"{text}; best of {of}, so likely too high." if of > 1 else f"{text}."


def _estimate(row: Row, style: Style) -> str:
    """'+0.31 points [-0.20, +0.82], Holm p = 0.507'."""
    p = p_text(row["p_holm"])
    return (
        f"{style.amount(style.difference(row['delta_test']))}"
        f" {style.interval(row['delta_test_low'], row['delta_test_high'])},"
        f" Holm p {'' if p[0] == '<' else '= '}{p}"
    )


def _equal(row: Row, style: Style) -> str:
    if row["wins"] == row["losses"] == 0:
        return "has the same score under every seed"
    return f"differs by {style.amount(style.difference(row['delta_test']))} under every seed"


def _after_winner(better: list[Row]) -> str:
    best, rest = better[0], better[1:]
    if not rest and best["method"].startswith(TUNE):
        return f"Next: confirm {_name(best)} on new rows."
    if not rest:
        return (
            f"Next: confirm {_name(best)} on new rows; strengths near it may do better, and tune:METHOD"
            " finds one."
        )
    verb = "beats" if len(rest) == 1 else "beat"
    return (
        f"Next: {_listed(rest)} also {verb} the baseline; compare the winners with each other by"
        f" --baseline {best['method']}, and confirm the best on new rows."
    )


def _could_have_found(case: Case, row: Row, tests: int) -> Iterator[str]:
    """What this design finds four times of five, and what more seeds or rows would find.

    A held split says nothing about what more rows would do.
    """
    design = design_of(row, tests)
    if design is None:
        return
    designs = [design, design.at(2 * case.seeds), design.at(case.seeds, rows=2)]
    now, seeds, rows = (case.style.size(each.detectable) for each in designs)
    text = (
        f"Next: a difference of {case.style.amount(now)} would be found with 80 % power{case.given};"
        f" of about {seeds} at {2 * case.seeds} seeds"
    )
    yield f"{text}, of about {rows} with twice the rows." if "split" in case.vary else f"{text}."


def _no_test(case: Case) -> Iterator[str]:
    """Why nothing was tested: runs were lost, seeds are too few, or all differences are equal."""
    base, others = case.base, case.others
    lost = [row for row in others if row["n_failed"]]
    pairs = max(map(_pairs, others))
    if all(row["n"] == 0 for row in others):
        yield "No test: no other method finished a run."
    elif pairs < MIN_PAIRS_FOR_P:
        few = case.seeds < MIN_PAIRS_FOR_P
        seeds = count(case.seeds, "seed") if few else count(pairs, "complete pair")
        least, enough = (whole_walks(n, case.folds) for n in (MIN_PAIRS_FOR_P, ENOUGH_SEEDS))
        yield f"No winner from {seeds}: use at least {least}, preferably {enough}."
        if few:
            yield f"Next: --seeds {enough}."
    elif base["n_failed"] or lost:
        yield "No test: a stopped run leaves a pair incomplete."
    else:
        yield "No test: the seeds show no spread."
    yield from _equal_ones(case)
    if base["n_failed"] or lost:
        yield f"{_losses(([base] if base['n_failed'] else []) + lost, case)}."
    yield from _gaps(case)


def _equal_ones(case: Case) -> Iterator[str]:
    """The methods whose differences have no spread, so no test."""
    whole = [row for row in case.others if _pairs(row) == case.seeds and _is_equal(row)]
    if whole:
        yield f"{'; '.join(f'{_name(row)} {_equal(row, case.style)}' for row in whole)}."


def _is_equal(row: Row) -> bool:
    return pd.isna(row["delta_test_low"]) and _pairs(row) >= MIN_PAIRS_FOR_P


def _losses(rows: list[Row], case: Case) -> str:
    """'Stopped: l1=1 lost 3 of 10 runs (diverged), l2=1 lost all 10 runs (dead); try ...'."""
    parts = []
    for row in rows:
        drawn = row["n"] + row["n_failed"]
        of = f"{row['n_failed']} of {drawn} runs" if row["n"] else f"all {count(drawn, 'run')}"
        name = "the baseline" if row is case.base else _name(row)
        parts.append(f"{name} lost {'its run' if drawn == 1 else of} ({row['status']})")
    ways_out = dict.fromkeys(WAYS_OUT[row["status"]] for row in rows)
    return f"Stopped: {', '.join(parts)}; {', or '.join(ways_out)}"


def _pairs(row: Row) -> int:
    """How many seeds both the method and the baseline finished."""
    return 0 if pd.isna(row["wins"]) else int(row["wins"] + row["ties"] + row["losses"])


def adjusted_gaps(others: Sequence[Row]) -> list[float | None]:
    """Holm's p of each method's difference in gap; None where it has none."""
    return holm([row["p_gap"] if pd.notna(row["p_gap"]) else None for row in others])


def _gaps(case: Case) -> Iterator[str]:
    """Whose gap is smaller, by Holm's p over all gaps; an underfit network has no gap to boast of."""
    adjusted = adjusted_gaps(case.others)
    tested = sum(p is not None for p in adjusted)
    if not tested:
        return
    smaller = [
        row
        for row, p in zip(case.others, adjusted, strict=True)
        if p is not None and p < ALPHA and row["delta_gap"] < 0
    ]
    closed = [row for row in smaller if row["status"] == "ok"]
    marks = dict.fromkeys(row["status"] for row in smaller if row["status"] != "ok")
    words = [f"Holm over {tested} gaps"] if tested > 1 else []
    words += [
        f"left out as {mark}: {_listed([row for row in smaller if row['status'] == mark])}"
        for mark in marks
    ]
    after = f" ({'; '.join(words)})" if words else ""
    head = f"Less overfitting{case.given}: "
    if not closed:
        yield f"{head}not shown for any method{after}."
        return
    each = ", ".join(f"{_name(row)} by {case.style.size(row['delta_gap'])}" for row in closed)
    yield f"{head}{case.style.amount(each)}{after}."


def _listed(rows: list[Row]) -> str:
    return joined([_name(row) for row in rows])


def _name(row: Row) -> str:
    return in_words(row["method"])
