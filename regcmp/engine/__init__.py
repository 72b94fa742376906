"""The engine: stacks of networks trained in NumPy, with backpropagation by hand.

It imports nothing else of regcmp.
"""
