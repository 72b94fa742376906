"""The commit of the folder that a command runs in, for whoever asks later what a report was made of."""

from __future__ import annotations

import subprocess
from typing import Any

SECONDS = 5.0
"""After which no more is waited for."""
SAFE = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "--no-optional-locks")
CODE = r"^(filter\..*|include.*|submodule.*)$"
"""Settings of a repository by which git, asked for changes, may start other programs."""


def revision() -> dict[str, Any] | None:
    """The commit, and whether tracked files are as it has them; None outside a repository, or without git.

    Nothing of the repository is run: where its settings name programs, 'clean' is None, which is unknown.
    """
    commit = _git("rev-parse", "--verify", "--quiet", "HEAD")
    if not commit:
        return None
    return {"commit": commit, "clean": None if _names_programs() else _is_clean()}


def _is_clean() -> bool | None:
    changes = _git("status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all")
    return None if changes is None else not changes


def _names_programs() -> bool:
    return bool(_git("config", "--local", "--name-only", "--get-regexp", CODE))


def _git(*words: str) -> str | None:
    """What git prints; None where it fails, or is not there."""
    try:
        done = subprocess.run(
            ["git", *SAFE, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
