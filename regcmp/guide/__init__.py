"""The guide: one topic per Markdown file of this folder, shown by ``regcmp guide``."""

from importlib.resources import files

TOPICS = (
    *("table", "methods", "tuning", "data", "images", "protocol", "study", "store", "cluster"),
    *("options", "gates", "reports", "diff", "plots", "config"),
    *("models", "python", "examples", "limits", "contributing"),
)
"""The names of the files, in reading order."""


def read(topic: str) -> str:
    """The Markdown of a topic."""
    return (files(__name__) / f"{topic}.md").read_text(encoding="utf-8")


def summary(topic: str) -> str:
    """What a topic is about: the sentence below its title."""
    return " ".join(read(topic).split("\n\n")[1].split())
