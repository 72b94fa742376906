"""The engine: trains stacks of networks in NumPy, with backpropagation by hand. It imports nothing else of regcmp."""
