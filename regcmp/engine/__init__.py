"""The engine: stacks of networks trained in NumPy, with backpropagation by hand.

It imports nothing else of regcmp.
"""

NUMERICS = 1
"""Raised where the numbers of any run change; what was trained before is then trained again."""
