"""What may have been meant by a word that is none: a name of another library, a comma for a point."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

ELSEWHERE = {
    "adversarial": "fgsm",
    "averaging": "ema' or 'swa",
    "dropblock2d": "dropblock",
    "dropout2d": "spatialdropout",
    "earlystopping": "earlystop",
    "entropypenalty": "confidence",
    "gaussiandropout": "gaussdropout",
    "gaussiannoise": "noise",
    "gradclip": "clip",
    "gradientclipping": "clip",
    "gradientnoise": "gradnoise",
    "groupnorm": "layernorm' or 'batchnorm",
    "inputnoise": "noise",
    "l1l2": "elasticnet",
    "labelsmoothing": "smooth",
    "lasso": "l1",
    "randomerasing": "cutout",
    "residual": "skip",
    "ridge": "l2",
    "spectralnorm": "spectral",
    "stochasticdepth": "droppath",
    "stochasticweightaveraging": "swa",
    "tikhonov": "l2",
    "weightdecay": "l2' or 'decay",
}
"""What other libraries and papers call a regularizer, in small letters and digits alone."""

DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+(?:e[-+]?\d+)?")


def regularizer_meant(name: str, known: Collection[str]) -> str:
    """The names here of what others call so; empty where nobody does."""
    plain = re.sub(r"[\W_]", "", name.lower())
    return plain if plain in known else ELSEWHERE.get(plain, "")


def with_point(text: Any) -> str:
    """'; with a decimal point it is 0.01' where a number has a decimal comma; else nothing."""
    if not isinstance(text, str) or not DECIMAL_COMMA.fullmatch(text):
        return ""
    return f"; with a decimal point it is {text.replace(',', '.')}"


def is_number(text: str) -> bool:
    """Whether a word is a number alone, in the figures that a table's are read in."""
    try:
        float(text)
    except ValueError:
        return False
    return text.isascii() and "_" not in text


def split_names(text: str) -> list[str]:
    """What stands between commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def brief(value: Any, most: int = 60) -> str:
    """The value as Python writes it, cut where it is long; also a number that Python refuses to write."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        return "a number too long to be shown" if isinstance(value, int) else "what can't be shown"
    return text if len(text) <= most else f"{text[:most]}... ({len(text)} characters)"
