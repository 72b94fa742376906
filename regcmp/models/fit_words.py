"""Words of ``regcmp fit`` that its help needs, and that cost nothing to import."""

BEST = "best"
"""The method that a verdict names."""
SUFFIX, ONNX = ".regcmp", ".onnx"
FORMATS = (SUFFIX, ONNX)
"""What a model is written as."""
UNUSED = frozenset({"test_size", "train_size", "label_noise", "noise_features"})
"""Options of a comparison that a model has no use for: all rows train, and as they are."""
