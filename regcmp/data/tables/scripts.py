"""Scripts that are written without blanks between words, so that words can't be told apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

RUN = re.compile(
    "["
    "\u0e00-\u0eff"  # Thai, Lao
    "\u0f00-\u0fff"  # Tibetan
    "\u1000-\u109f"  # Burmese
    "\u1780-\u17ff"  # Khmer
    "\u3040-\u30ff"  # Hiragana, Katakana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Chinese characters
    "]+"
)
LOOKED_AT = 1000
"""How many texts are looked at."""
LONG = 4
"""Words in these scripts have about two letters: runs that are longer hold several."""


def without_blanks(texts: pd.Series) -> list[str]:
    """A warning where most letters of the texts stand in long runs of such a script."""
    looked = [str(each) for each in texts.dropna().iloc[:LOOKED_AT]]
    runs = [run for text in looked for run in RUN.findall(text)]
    letters = sum(map(len, runs))
    others = sum(each.isalpha() for text in looked for each in RUN.sub("", text))
    if not runs or letters <= others or letters < LONG * len(runs):
        return []
    return [
        f"column {str(texts.name)!r} is written without blanks between words, such as {runs[0][:20]!r}:"
        " what stands between blanks or signs counts as one word; put blanks between words first"
    ]
