"""The engine: stacks of networks trained in NumPy, with backpropagation by hand.

It imports nothing else of regcmp.
"""

NUMERICS = 1
"""To be raised whenever a change alters the numbers of any run; stored runs are then trained again."""
