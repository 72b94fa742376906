"""From loops to machine code, by Numba, which the extra 'fast' brings; and back into a process.

    python -m regcmp.engine.kernels.compiling float32 > code.o

Numba makes LLVM's code of a loop, and LLVM optimizes all of them and makes machine code for this
processor. Nothing may be reordered or contracted: no fastmath. What comes out is one object file per
dtype, which llvmlite alone loads, in a tenth of the time that importing Numba takes.
"""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys
from importlib import import_module
from typing import Any

import numpy as np

from regcmp.engine.kernels import KERNELS
from regcmp.engine.kernels.kernel import NUMBERS, Compiled, Kernel

WORDS = {"B": "uint8", "W": "uint16", "U": "uint64", "S": "uint64", "n": "int64"}
"""Numba's types of a loop's parameters; the others are the kernel's dtype."""

LEVEL = 3
"""LLVM's optimization level."""

OUTSIDE = {"memcpy", "memset", "memmove", "sqrt", "sqrtf"}
"""Functions of C's library that every process has. A loop may call no other loop."""

SECONDS = 120
"""After which compiling is given up."""


class Code:
    """Machine code in this process; it lives as long as this object."""

    def __init__(self, object_code: bytes, dtype: np.dtype[Any]) -> None:
        import llvmlite.binding as llvm

        self.engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine())
        self.engine.add_object_file(llvm.ObjectFileRef.from_data(object_code))
        self.engine.finalize_object()
        self.functions = {name: self._function(each, dtype) for name, each in loops().items()}

    def _function(self, each: Kernel, dtype: np.dtype[Any]) -> Compiled:
        number = ctypes.c_float if dtype == np.float32 else ctypes.c_double
        whole: dict[str, Any] = {"n": ctypes.c_int64, "f": number}
        types = [whole.get(letter, ctypes.c_void_p) for letter in each.parameters]
        return ctypes.CFUNCTYPE(None, *types)(self.engine.get_function_address(symbol(each)))


def loops() -> dict[str, Kernel]:
    """The kernels that have a loop."""
    return {name: each for name, each in KERNELS.items() if each.parameters}


def symbol(each: Kernel) -> str:
    """The name of a kernel's loop in the object file."""
    return f"regcmp_{each.name}"


def machine() -> Any:
    """This processor, as LLVM's target."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    cpu, features = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(cpu=cpu, features=features, opt=LEVEL, jit=True)


def compiled(dtype: np.dtype[Any]) -> bytes:
    """The object code of all loops for floats of this dtype. It takes some seconds.

    A process of its own compiles: what Numba imports and how it is set stays there.
    """
    own = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA_")}
    # LLVM optimizes once, when it knows that no two operands overlap.
    own |= {"NUMBA_OPT": "0", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "regcmp.engine.kernels.compiling", dtype.name],
        env=own,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        check=True,
    )
    return done.stdout


def object_code(dtype: np.dtype[Any]) -> bytes:
    """The same, compiled in this process. Raises RuntimeError for a loop that calls what it must not."""
    import llvmlite.binding as llvm

    target, whole = machine(), llvm.parse_assembly("")
    for each in loops().values():
        whole.link_in(llvm.parse_assembly(_assembly(each, dtype)))
    known = {symbol(each) for each in loops().values()}
    for function in whole.functions:
        if not function.is_declaration and function.name not in known:
            function.linkage = "internal"
    passes = llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options(LEVEL))
    passes.getModulePassManager().run(whole, passes)
    names = {each.name for each in whole.functions if each.is_declaration}
    strange = {name for name in names if not name.startswith("llvm.")} - OUTSIDE
    if strange:
        raise RuntimeError(f"loops call {', '.join(sorted(strange))}")
    code: bytes = target.emit_object(whole)
    return code


def _assembly(each: Kernel, dtype: np.dtype[Any]) -> str:
    """LLVM's code of one kernel's loop, as text."""
    numba: Any = import_module("numba")

    def numba_type(letter: str) -> Any:
        kind = getattr(numba.types, WORDS.get(letter, dtype.name))
        return kind if letter in NUMBERS else numba.types.CPointer(kind)

    signature = numba.void(*map(numba_type, each.parameters))
    made = numba.cfunc(signature, nopython=True, error_model="numpy", forceinline=True)(each.loop)
    text = made.inspect_llvm().replace(made.native_name, symbol(each))
    return re.sub(
        r"^define i32 .*$",
        lambda line: line[0].replace("ptr %arg.", "ptr noalias %arg."),
        text,
        flags=re.MULTILINE,
    )


if __name__ == "__main__":
    sys.stdout.buffer.write(object_code(np.dtype(sys.argv[1])))
