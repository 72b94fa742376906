"""What may have been meant by a word that is none: a name of another library, a comma for a point."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

ELSEWHERE = {
    "adamw": "decay",
    "adversarial": "fgsm",
    "averaging": "ema' or 'swa",
    "batchnorm1d": "batchnorm",
    "batchnormalization": "batchnorm",
    "bn": "batchnorm",
    "clipgradnorm": "clip",
    "clipnorm": "clip",
    "drop": "dropout",
    "dropblock2d": "dropblock",
    "dropout2d": "spatialdropout",
    "earlystopping": "earlystop",
    "elastic": "elasticnet",
    "entropypenalty": "confidence",
    "gaussiandropout": "gaussdropout",
    "gaussiannoise": "noise",
    "gradclip": "clip",
    "gradientclip": "clip",
    "gradientclipping": "clip",
    "gradientnoise": "gradnoise",
    "groupnorm": "layernorm' or 'batchnorm",
    "inputnoise": "noise",
    "l1l2": "elasticnet",
    "l1penalty": "l1",
    "l1reg": "l1",
    "l1regularization": "l1",
    "l2norm": "l2",
    "l2penalty": "l2",
    "l2reg": "l2",
    "l2regularization": "l2",
    "labelsmooth": "smooth",
    "labelsmoothing": "smooth",
    "lasso": "l1",
    "layernormalization": "layernorm",
    "maxnormconstraint": "maxnorm",
    "patience": "earlystop",
    "randomerasing": "cutout",
    "residual": "skip",
    "ridge": "l2",
    "spectralnorm": "spectral",
    "stochasticdepth": "droppath",
    "stochasticweightaveraging": "swa",
    "tikhonov": "l2",
    "weightdecay": "l2' or 'decay",
    "weightdrop": "dropconnect",
}
"""What other libraries and papers call a regularizer, in small letters and digits alone."""

ON_COMMAND_LINE = ("option", "key")
"""Kinds of words that are options, however they are written."""
LONGEST = 1000
HUGE = rf"\S{{{LONGEST},}}|'[^']{{{LONGEST},}}'"
"""A cell or a name that no line has room for."""

DECIMAL_COMMA = r"[-+]?\d+,\d+(?:e[-+]?\d+)?"


def regularizer_meant(name: str, known: Collection[str]) -> str:
    """The names here of what others call so; empty where nobody does."""
    letters = plain(name)
    return letters if letters in known else ELSEWHERE.get(letters, "")


def plain(word: str) -> str:
    """Small letters and digits alone: 'Weight-Decay' and 'weight_decay' are one word."""
    return re.sub(r"[\W_]", "", word.lower())


def meant(kind: str, given: str, names: Iterable[str]) -> str:
    """What may be meant by a word that is none of these names, in quotes; empty where nothing clearly is.

    The same in other letters, what others call so, or the nearest by far.
    """
    from regcmp import synonyms  # the tables are needed where something went wrong alone

    by_letters = {plain(name): name for name in names}
    word = plain(given)
    if word in by_letters:
        return repr(by_letters[word])
    if kind in ON_COMMAND_LINE:
        name = synonyms.OPTIONS.get(word, "")
        if name.startswith("-") and "output" in by_letters:
            return repr(name)
        if plain(name) in by_letters:
            return repr(by_letters[plain(name)])
        if word in synonyms.METHODS_AS_OPTIONS and "epochs" in by_letters:
            return f"the method {synonyms.METHODS_AS_OPTIONS[word]!r}"
    elif kind == "column":
        for name in synonyms.COLUMNS.get(word, ()):
            if plain(name) in by_letters:
                return repr(name)
    elif word in synonyms.WORDS.get(kind, {}):
        return f"'{synonyms.WORDS[kind][word]}'"
    near = "" if word in synonyms.OTHERS else _nearest(word, by_letters)
    return repr(by_letters[near]) if near else ""


def _nearest(word: str, known: Iterable[str]) -> str:
    """The one name that is at most a slip or two away; of those at one distance, one of the same length."""
    most = 0 if len(word) < 3 else 1 if len(word) < 6 else 2
    ranked = sorted(
        (distance, len(name) != len(word), -_in_common(word, name), name)
        for name in known
        if abs(len(name) - len(word)) <= most and (distance := slips(word, name)) <= most
    )
    if not ranked or (len(ranked) > 1 and ranked[0][:3] == ranked[1][:3]):
        return ""
    return ranked[0][-1]


def _in_common(word: str, name: str) -> int:
    """How many letters both begin with."""
    pairs = zip(word, name, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(word), len(name)))


def slips(word: str, name: str) -> int:
    """Letters left out, added, exchanged or swapped with the next, to get from one to the other."""
    before: list[int] = []
    row = list(range(len(name) + 1))
    for i, a in enumerate(word, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(name, 1):
            steps = [before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b)]
            if i > 1 and j > 1 and a == name[j - 2] and word[i - 2] == b:
                steps.append(older[j - 2] + 1)
            row.append(min(steps))
    return row[-1]


def with_point(text: Any) -> str:
    """'; with a decimal point it is 0.01' where a number has a decimal comma; else nothing."""
    if not isinstance(text, str) or not re.fullmatch(DECIMAL_COMMA, text):
        return ""
    return f"; with a decimal point it is {text.replace(',', '.')}"


def is_number(text: str) -> bool:
    """Whether a word is a number alone, in the figures that a table's are read in."""
    try:
        float(text)
    except ValueError:
        return False
    # Python also strips what separates records in ASCII, and no reader of tables does.
    return text.isascii() and "_" not in text and text.strip() == text.strip(" \t\n\r\v\f")


def split_names(text: str) -> list[str]:
    """What stands between commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def shortened(text: str) -> str:
    """The text, with the middle of a very long cell or name left out: that would hide all else."""
    return re.sub(HUGE, lambda each: _cut(each[0]), text)


def shortened_cell(text: str) -> str:
    """The same of a cell that stands alone, in a table."""
    return _cut(text) if len(text) > LONGEST else text


def _cut(text: str) -> str:
    return f"{text[:60]}... ({len(text):,} characters)"


def brief(value: Any, most: int = 60) -> str:
    """The value as Python writes it, cut where it is long; also a number that Python refuses to write."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        return "a number too long to be shown" if isinstance(value, int) else "what can't be shown"
    return text if len(text) <= most else f"{text[:most]}... ({len(text)} characters)"
