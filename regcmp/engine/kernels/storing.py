"""Where machine code is kept from one command to the next: the user's folder for caches.

A file is taken only if it is the user's own and whole: its first bytes are the digest of the rest. Its
name hashes all that it was made of, so a file is never wrong, only unused.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np

DIGEST = sha256().digest_size


def folder() -> Path:
    """Regcmp's own folder in that of the user's caches, wherever this system has it."""
    if sys.platform == "win32":
        given = os.environ.get("LOCALAPPDATA")
        base = Path(given) if given else Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        given = os.environ.get("XDG_CACHE_HOME", "")
        base = Path(given) if os.path.isabs(given) else Path.home() / ".cache"
    return base / "regcmp"


@cache
def file_of(dtype: np.dtype[Any]) -> Path:
    """The file for code of this dtype, this processor, these kernels and these versions.

    Raises RuntimeError where the system has no folder of the user's.
    """
    import llvmlite.binding as llvm

    sources = sorted(Path(__file__).parent.glob("*.py"))
    parts = [
        *(version(package) for package in ("numba", "llvmlite")),
        llvm.get_default_triple(),
        llvm.get_host_cpu_name(),
        llvm.get_host_cpu_features().flatten(),
        *(source.read_text(encoding="utf-8") for source in sources),
    ]
    key = sha256("\0".join(parts).encode()).hexdigest()[:16]
    return folder() / f"kernels-{dtype.name}-{key}.bin"


def read(file: Path) -> bytes | None:
    """What ``write`` wrote; None where there is no such file, or it is not whole or not the user's."""
    try:
        if hasattr(os, "getuid") and file.stat().st_uid != os.getuid():
            return None
        found = file.read_bytes()
    except OSError:
        return None
    digest, code = found[:DIGEST], found[DIGEST:]
    return code if sha256(code).digest() == digest else None


def write(file: Path, code: bytes) -> None:
    """Keep it; do nothing where the folder can't be written to."""
    with suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=file.parent, delete=False) as beside:
            pass
        own = Path(beside.name)
        try:
            own.write_bytes(sha256(code).digest() + code)
            own.replace(file)
        finally:
            own.unlink(missing_ok=True)
