"""One report written by hand, and two variants of it: what exports are held to, without training.

The numbers are invented, but they are such as training gives: a baseline; a method like it; a better
one; an underfit one; one whose runs diverged in part, and one where all did; one with a long name.
"""

from __future__ import annotations

from typing import Any

from scipy.stats import t

from regcmp.analysis.verdict import verdict
from regcmp.plan.grammar import parts_of
from regcmp.results import HISTORY_COLUMNS, RUN_COLUMNS, SUMMARY_COLUMNS, Report, frame

LONG = "l1=1e-05+l2=0.00012345678901234567+dropout=0.5:input=0.2"
METHODS = ("none", "l1=0.0001", "l2=0.01", "dropout=0.95", "dropout=0.5", LONG, "l2=1000")
EQUAL = "all 10 differences in test score are 0: no interval, no p-value"
UNDERFIT = "underfit: its training score is worse than the baseline's test score"

PLAN: dict[str, Any] = {
    "dataset": "digits",
    "methods": list(METHODS),
    "baseline": "none",
    "seeds": 10,
    "seed": 0,
    "vary": ["split", "init", "order"],
    "test_size": 0.2,
    "train_size": None,
    "validation_size": None,
    "arch": "mlp",
    "hidden": [96, 48],
    "activation": "relu",
    "init": "he",
    "optimizer": "momentum",
    "lr": 0.0125,
    "schedule": "cosine",
    "batch_size": 50,
    "epochs": 12,
    "dtype": "float32",
    "metric": "accuracy",
    "plugins": [],
    "max_dropped": 0.95,
    "max_dead": 0.99,
    "class_weight": "none",
    "significance_test": "auto",
    "trials": None,
    "tune": [],
    "select_by": "auto",
    "refit": True,
    "row_scores": False,
    "sort": "typed",
    "reference": ["none"],
    "folds": None,
    "label_noise": 0.0,
    "noise_features": 0,
    "sep": None,
    "decimal": ".",
    "encoding": "utf-8",
    "header": None,
    "na": None,
    "quoting": "standard",
    "format": None,
    "sample": None,
    "test": None,
    "target": None,
    "drop": [],
    "text": [],
    "use": [],
    "task": "auto",
    "classes_as_text": False,
    "groups": None,
    "drop_duplicates": False,
    "order": None,
    "weight": None,
    "image": None,
    "data": {
        "name": "digits",
        "rows": 1797,
        "columns": 64,
        "features": 64,
        "target": None,
        "warnings": [],
        "classes": ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
        "task": "classification",
        "given_test": 0,
        "image": None,
        "groups": None,
        "weights": None,
        "dropped": 0,
        "sha256": "00" * 32,
        "n_train": 1438,
        "n_test": 359,
        "n_validation": 0,
        "sizes": None,
        "n_selection": 0,
    },
    "correction_ratio": 0.24965229485396384,
    "tested_by": "nadeau-bengio",
    "effective_rows": None,
    "other_networks": [],
}
ENVIRONMENT: dict[str, Any] = {
    "regcmp": "0.1.0",
    "python": "3.12.1",
    "packages": {"numpy": "2.1.0", "scikit-learn": "1.5.0"},
    "system": "Linux",
    "machine": "x86_64",
    "cpus": 2,
    "blas": [{"internal_api": "openblas", "version": None, "architecture": "Haswell"}],
    "workers": [],
    "git": {"commit": "1a2b3c4d5e6f", "clean": True},
}
TIMING: dict[str, Any] = {
    "seconds": 12.5,
    "jobs": 2,
    "training_seconds": {"none": 1.5, "l2=0.01": 1.75},
}

LEVELS: tuple[dict[str, Any], ...] = (
    {
        "method": "none",
        "n": 10,
        "n_failed": 0,
        "train_mean": 0.9990959666203061,
        "train_sd": 0.0004812,
        "test_mean": 0.9724233983286908,
        "test_sd": 0.008123,
        "gap_mean": 0.0266725682916153,
        "gap_sd": 0.00816,
        "status": "ok",
        "note": "baseline",
    },
    {
        "method": "l1=0.0001",
        "n": 10,
        "n_failed": 0,
        "train_mean": 0.9989,
        "train_sd": 0.0005,
        "test_mean": 0.9727019498607242,
        "test_sd": 0.0079,
        "gap_mean": 0.0261980501392758,
        "gap_sd": 0.0081,
        "delta_test": 0.0002785515320334,
        "delta_test_low": -0.002,
        "delta_test_high": 0.0025571030640668,
        "delta_gap": -0.0004745181523395,
        "delta_gap_low": -0.0031,
        "delta_gap_high": 0.0021509636953210,
        "wins": 3,
        "ties": 4,
        "losses": 3,
        "p_value": 0.7886,
        "p_holm": 0.7886,
        "status": "ok",
        "note": "",
    },
    {
        "method": "l2=0.01",
        "n": 10,
        "n_failed": 0,
        "train_mean": 0.9995,
        "train_sd": 0.0,
        "test_mean": 0.984958217270195,
        "test_sd": 0.0051,
        "gap_mean": 0.014541782729805,
        "gap_sd": 0.0050,
        "delta_test": 0.0125348189415042,
        "delta_test_low": 0.0049,
        "delta_test_high": 0.0201696378830084,
        "delta_gap": -0.0121307855618103,
        "delta_gap_low": -0.0197,
        "delta_gap_high": -0.0045615711236206,
        "wins": 9,
        "ties": 1,
        "losses": 0,
        "p_value": 0.0058,
        "p_holm": 0.0116,
        "status": "ok",
        "note": "",
    },
    {
        "method": "dropout=0.95",
        "n": 10,
        "n_failed": 0,
        "train_mean": 0.6123,
        "train_sd": 0.1031,
        "test_mean": 0.6089,
        "test_sd": 0.1044,
        "gap_mean": 0.0034,
        "gap_sd": 0.0121,
        "delta_test": -0.3635233983286908,
        "delta_test_low": -0.4512,
        "delta_test_high": -0.2758467966573816,
        "delta_gap": -0.0232725682916153,
        "delta_gap_low": -0.0335,
        "delta_gap_high": -0.0130451365832306,
        "wins": 0,
        "ties": 0,
        "losses": 10,
        "p_value": 3.25e-06,
        "p_holm": 9.75e-06,
        "status": "underfit",
        "note": UNDERFIT,
    },
    {
        "method": "dropout=0.5",
        "n": 7,
        "n_failed": 3,
        "train_mean": 0.9975,
        "train_sd": 0.0011,
        "test_mean": 0.9791,
        "test_sd": 0.0068,
        "gap_mean": 0.0184,
        "gap_sd": 0.0067,
        "delta_test": 0.0059,
        "delta_test_low": -0.0019,
        "delta_test_high": 0.0137,
        "delta_gap": -0.0072,
        "delta_gap_low": -0.0151,
        "delta_gap_high": 0.0007,
        "wins": 5,
        "ties": 1,
        "losses": 1,
        "status": "diverged",
        "note": "3 of 10 runs diverged; 3 of 10 pairs lost: no p-value",
    },
    {
        "method": LONG,
        "n": 10,
        "n_failed": 0,
        "train_mean": 0.9990959666203061,
        "train_sd": 0.0004812,
        "test_mean": 0.9724233983286908,
        "test_sd": 0.008123,
        "gap_mean": 0.0266725682916153,
        "gap_sd": 0.00816,
        "delta_test": 0.0,
        "delta_gap": 1e-17,
        "delta_gap_low": -1.25e-16,
        "delta_gap_high": 1.45e-16,
        "wins": 0,
        "ties": 10,
        "losses": 0,
        "status": "ok",
        "note": EQUAL,
    },
    {
        "method": "l2=1000",
        "n": 0,
        "n_failed": 10,
        "wins": 0,
        "ties": 0,
        "losses": 0,
        "status": "diverged",
        "note": "10 of 10 runs diverged; 10 of 10 pairs lost: no p-value",
    },
)

RUNS: tuple[dict[str, Any], ...] = (
    {
        "method": "none",
        "seed": 0,
        "status": "ok",
        "epochs": 12,
        "train_accuracy": 0.1 + 0.2,
        "test_accuracy": 1 / 3,
        "accuracy_gap": 0.1 + 0.2 - 1 / 3,
        "train_loss": 5e-324,
        "test_loss": 1.7976931348623157e308,
        "loss_gap": 1e22,
        "nonzero_fraction": 1.0,
        "train_balanced_accuracy": -0.0,
        "test_balanced_accuracy": 1e-07,
        "balanced_accuracy_gap": -1e-07,
    },
    {"method": "dropout=0.5", "seed": 0, "status": "diverged", "epochs": 12},
    {
        "method": "dropout=0.5",
        "seed": 9223372036854775807,
        "status": "ok",
        "epochs": 12,
        "train_accuracy": 0.9975,
        "test_accuracy": 0.9791,
        "accuracy_gap": 0.0184,
        "train_loss": 0.0125,
        "test_loss": float("inf"),
        "loss_gap": float("inf"),
        "nonzero_fraction": 0.5,
    },
    {"method": LONG, "seed": 1, "status": "ok", "epochs": 12, "train_accuracy": float("nan")},
)

HISTORY: tuple[dict[str, Any], ...] = (
    {
        "method": "none",
        "seed": 0,
        "epoch": 0,
        "train_accuracy": 0.1,
        "test_accuracy": 0.125,
        "train_loss": 2.302585092994046,
        "test_loss": 2.25,
    },
    {
        "method": "none",
        "seed": 0,
        "epoch": 12,
        "train_accuracy": 0.1 + 0.2,
        "test_accuracy": 1 / 3,
        "train_loss": 5e-324,
        "test_loss": 1.5,
    },
    {
        "method": "dropout=0.5",
        "seed": 0,
        "epoch": 12,
        "train_accuracy": 0.0625,
        "test_accuracy": 0.0,
        "train_loss": float("nan"),
        "test_loss": float("-inf"),
    },
)


def report() -> Report:
    """All kinds of rows, ten seeds, in accuracy."""
    return _report(PLAN, LEVELS)


def single_pair() -> Report:
    """One seed: values only, no spread, no interval, no p."""
    kept = ("method", "train_mean", "test_mean", "gap_mean", "delta_test", "delta_gap", "status")
    rows = [
        {key: row[key] for key in kept if key in row} | {"n": 1, "n_failed": 0} for row in LEVELS
    ]
    rows[0] |= {"note": "baseline"}
    for row in rows[1:]:
        row |= {"wins": 1, "ties": 0, "losses": 0, "note": "1 pair: no estimate of uncertainty"}
    return _report(PLAN | {"seeds": 1, "methods": list(METHODS[:3])}, rows[:3])


def log_loss() -> Report:
    """Smaller is better; the split is always the same one; and the baseline has a long name."""
    names = {"none": LONG, LONG: "none"}
    rows = []
    for row in LEVELS:
        own = row | {"method": names.get(row["method"], row["method"])}
        for key in ("train_mean", "test_mean"):
            if key in row:
                own[key] = 1 - row[key]
        for key, other in DELTAS.items():
            if key in row:
                own[key] = -row[other]
        rows.append(own)
    words = {
        "metric": "log_loss",
        "vary": ["init", "order"],
        "baseline": LONG,
        "correction_ratio": 0.0,
        "tested_by": "paired-t",
    }
    return _report(PLAN | words, rows)


DELTAS = {
    "delta_test": "delta_test",
    "delta_test_low": "delta_test_high",
    "delta_test_high": "delta_test_low",
}
"""What becomes of a difference when its sign is turned."""

VARIANTS = {"report": report, "single_pair": single_pair, "log_loss": log_loss}


def _report(plan: dict[str, Any], levels: Any) -> Report:
    shared = {"dataset": "digits", "metric": plan["metric"]}
    rows = [shared | _spread(row, plan["correction_ratio"]) | row for row in levels]
    summary = frame(rows, SUMMARY_COLUMNS)
    return Report(
        plan=plan,
        environment=ENVIRONMENT,
        timing=TIMING,
        summary=summary,
        runs=frame([shared | row for row in RUNS], RUN_COLUMNS),
        history=frame([shared | row for row in HISTORY], HISTORY_COLUMNS),
        verdict=verdict(summary, plan["baseline"], plan["seeds"], plan["vary"], plan["tested_by"]),
        methods={name: parts_of(name) for name in plan["methods"]},
    )


def _spread(row: dict[str, Any], ratio: float) -> dict[str, Any]:
    """What follows from the intervals of a row: by Student's t with n - 1 degrees of freedom."""
    if row.get("delta_test_low") is None or row.get("p_value") is None:
        return {}
    df = row["n"] - 1
    error = (row["delta_test_high"] - row["delta_test"]) / t.ppf(0.975, df)
    gap = (row["delta_gap_high"] - row["delta_gap"]) / t.ppf(0.975, df)
    return {
        "error": error,
        "error_floor": error * (ratio / (1 / row["n"] + ratio)) ** 0.5,
        "df": df,
        "p_gap": 2 * t.sf(abs(row["delta_gap"]) / gap, df),
    }
