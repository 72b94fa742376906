"""Text from data and names: what could drive a terminal, or reorder a line, is taken out of it."""

from __future__ import annotations

import re
from unicodedata import bidirectional, category

UNSEEN = ("Cc", "Cs", "Zl", "Zp")
"""Control characters, halves of characters, line and paragraph separators."""
TURNING = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
"""What turns the direction of writing, so that a line seems to say something else."""
FOLDS = re.compile(r"(?<=,)|(?<=[+:])(?=[^\W\d])")
"""Where a method's name may be folded: not within a number such as 1e+20."""


def clean(text: str) -> str:
    """One line of text that can be shown anywhere: such characters become spaces."""
    return "".join(" " if category(c) in UNSEEN or bidirectional(c) in TURNING else c for c in text)
