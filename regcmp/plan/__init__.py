"""The plan of a comparison: every option, checked before any work is done."""

from regcmp.plan.options import OPTIONS, Plan, make_plan

__all__ = ["OPTIONS", "Plan", "make_plan"]
