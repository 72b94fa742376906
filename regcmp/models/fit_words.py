"""The words of ``regcmp fit``, checked before anything heavy is imported."""

from __future__ import annotations

from typing import Any

from regcmp.errors import UsageError
from regcmp.plan import OPTIONS, Plan, make_plan
from regcmp.plan.execution import EXECUTION, Execution, make_execution
from regcmp.plan.grammar import Method
from regcmp.plan.kinds import SOURCES
from regcmp.plan.tuning import selects

BEST = "best"
"""The method that a verdict names."""
SUFFIX, ONNX = ".regcmp", ".onnx"
FORMATS = (SUFFIX, ONNX)
"""What a model is written as."""
UNUSED = frozenset({"test_size", "train_size", "folds", "label_noise", "noise_features"})
"""Options of a comparison that a model has no use for: all rows train, and as they are."""

OF_BOTH = frozenset({"seeds", "seed"})
"""What says how a comparison is made, and a model, too."""
OF_MACHINE = ("jobs", "max_memory")
"""What a machine decides of a model; the rest of ``Execution`` is for the runs of a comparison."""


def make_fit_execution(words: dict[str, Any]) -> Execution:
    """Take how a model is trained out of ``words``, and check it. Raises UsageError, naming an option."""
    given = {name: words.pop(name) for name in EXECUTION if name in words}
    for name, value in given.items():
        if name not in OF_MACHINE and value not in (None, False):
            raise UsageError(
                f"{EXECUTION[name].flag}: a model is trained here, and nothing is kept of it but the model;"
                " it is for comparisons, so leave it out",
                name,
            )
    return make_execution(**given)


def make_fit_plan(dataset: str, method: str, *, as_needed: bool = False, **words: Any) -> Plan:
    """The plan of a model, from the options of a comparison. Raises UsageError, naming one.

    Rows are set aside only where the method selects by them; else all seeds share one split. That a
    ``validation_size`` is of no use is no error where it is to be used ``as_needed``.
    """
    for name in ("noise_features", "label_noise"):
        if words.pop(name, 0):
            flag = name.replace("_", "-")
            raise UsageError(
                f"--{flag}: a model is trained on rows as they are; it is for comparisons, so leave it"
                " out, or fit by --dataset and the method",
                name,
            )
    if not as_needed:
        _check_used(words)
    words = {key: value for key, value in words.items() if key not in UNUSED}
    try:
        plan = make_plan(dataset, [method], baseline=method, **words)
    except UsageError as error:
        text = str(error).removeprefix("--baseline: ")
        raise type(error)(text, *error.options) from None
    if selects([fitted_method(plan)]):
        return plan
    if words.get("validation_size") is not None and not as_needed:
        raise UsageError(
            f"--validation-size: {method!r} selects nothing by validation rows, so that all rows train;"
            " leave the option out",
            "validation_size",
        )
    vary = tuple(each for each in SOURCES if each != "split")
    return plan.with_values(vary=vary, validation_size=None)


def _check_used(words: dict[str, Any]) -> None:
    """Raise UsageError for an option that a comparison has, and a model no use for."""
    for name, value in words.items():
        of_comparisons = name in OPTIONS and OPTIONS[name].group == "Protocol"
        if value is not None and (name in UNUSED or of_comparisons) and name not in OF_BOTH:
            raise UsageError(
                f"{OPTIONS[name].flag}: all rows train one method; it is for comparisons, so leave it out",
                name,
            )


def fitted_method(plan: Plan) -> Method:
    """The one method of a model's plan. Raises UsageError for one whose strength is still to be chosen."""
    (method,) = plan.methods
    if not isinstance(method, Method):
        raise UsageError(
            f"method {str(method)!r}: a model has one strength; name it, as in l2=0.01, or fit a report in"
            " which it was tuned",
            "methods",
        )
    return method
