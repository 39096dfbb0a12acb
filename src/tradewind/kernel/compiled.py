"""How kernel functions become machine code, and how stale machine code is kept from ever running.

Numba's cache on disk looks only at the file a function is written in. A caller in another file would go on
running the old code of what it calls. So the cache lives in a folder named after a hash of every source that
can end up in the loop: change one character and the folder is another. The same text runs uncompiled under
`NUMBA_DISABLE_JIT=1`, and tests demand the same bytes of both.
"""

import ctypes
import hashlib
import os
from pathlib import Path

import numba
import numpy as np
from numba import njit, types
from numba.core import cgutils, config
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NativeLowering
from numba.extending import intrinsic

JIT = not config.DISABLE_JIT


def sources_digest():
    """Return a hex digest of every source file that may end up inside compiled kernel code."""
    package = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256(f"numba {numba.__version__} numpy {np.__version__}".encode())
    for folder in ("kernel", "indicators", "rules"):
        for path in sorted((package / folder).glob("*.py")):
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:20]


def cache_folder():
    """Return the folder that holds compiled code of exactly these sources."""
    root = os.environ.get("TRADEWIND_CACHE") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "tradewind" / "compiled" / sources_digest()


CACHE_FOLDER = cache_folder()


def compiled(signature=None, *, folder=None, inline=False, inner=False, free=False):
    """Return a decorator after which the function is compiled once per source text and cached in `folder`.

    Without a signature it is compiled when first called, for the types it is called with. `inline` asks LLVM to put
    it into its callers: for the small pieces that run on every event, where a call costs more than the work. `inner`
    says that only compiled code calls it: then nothing is made that Python would need, which halves its compilation.
    `free` lets other Python threads run while it does: for what runs long and touches only memory of its own.
    """
    if signature is not None and not isinstance(signature, numba.core.typing.Signature):
        return compiled()(signature)

    def decorate(function):
        if not JIT:
            return function
        options = {"cache": True, "forceinline": inline, "error_model": "numpy", "nogil": free}
        if inner:
            options |= {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "pipeline_class": InnerCompiler}
        previous = config.CACHE_DIR
        config.CACHE_DIR = str(folder or CACHE_FOLDER)
        try:
            made = njit(**options)(function) if signature is None else njit(signature, **options)(function)
        finally:
            config.CACHE_DIR = previous
        return Inner(function, made) if inner else made

    return decorate


def inner(function):
    """Return the function compiled for the use of other compiled functions only."""
    return compiled(inner=True)(function)


class Inner:
    """A function compiled for compiled callers; where Python calls it after all, it is compiled again for that."""

    def __init__(self, function, dispatcher):
        """Compiled callers see `dispatcher`: Numba asks for the type under this name."""
        self.py_func = function
        self._dispatcher = dispatcher  # Numba's type of it holds no reference
        self._numba_type_ = types.Dispatcher(dispatcher)
        self._public = None

    @property
    def public(self):
        """The function as Python may call it."""
        if self._public is None:
            # In a folder of its own: under the same name lies the code that has no entry for Python.
            self._public = compiled(folder=CACHE_FOLDER / "public")(self.py_func)
        return self._public

    def __call__(self, *arguments):
        """Return what the function returns."""
        return self.public(*arguments)


if JIT:

    @register_pass(mutates_CFG=True, analysis_only=False)
    class InnerLowering(NativeLowering):
        """Lowering that stops at LLVM's code: the callers link it, so no machine code of its own is ever run."""

        _name = "inner_lowering"

        def run_pass(self, state):
            """The function is lowered; what Python would call is a stand-in that refuses."""
            context = state.targetctx
            # Numba files the function under the object that Python would call, so that must be one of its own.
            context.get_executable = lambda _library, _description, _environment: {}.__getitem__
            try:
                return super().run_pass(state)
            finally:
                del context.get_executable

    class InnerCompiler(CompilerBase):
        """Numba's usual passes with `InnerLowering` as the last."""

        def define_pipelines(self):
            """Return the one list of passes."""
            passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
            passes.passes = [
                (InnerLowering, text) if step is NativeLowering else (step, text) for step, text in passes.passes
            ]
            passes.finalize()
            return [passes]


if JIT:

    @intrinsic
    def record_at(_context, address, dtype):
        """Return the record of `dtype` that lies at `address`: no copy, no reference count."""
        record = dtype.dtype

        def generate(context, builder, signature, arguments):
            return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

        return record(address, dtype), generate

    @intrinsic
    def call_handler(_context, pointer, state, shown, strategy, index, memory, parameters):
        """The handler at `pointer` (see `handler_pointer`) has run; what it raised is raised on."""
        arguments = (state, types.int64, types.int64, types.int64, types.int64, types.int64)

        def generate(context, builder, signature, values):
            convention = context.call_conv
            kind = convention.get_function_type(types.none, arguments)
            function = builder.inttoptr(values[0], kind.as_pointer())
            status, _ = convention.call_function(builder, function, types.none, arguments, values[1:])
            with cgutils.if_unlikely(builder, status.is_error):
                convention.return_status_propagate(builder, status)
            return context.get_dummy_value()

        return types.none(pointer, *arguments), generate

    @intrinsic
    def call_drive(_context, pointer, address, handler):
        """What the loop at `pointer` (see `handler_pointer`) returned for an engine; what it raised is raised on."""
        arguments = (types.int64, types.int64)

        def generate(context, builder, signature, values):
            convention = context.call_conv
            kind = convention.get_function_type(types.int64, arguments)
            function = builder.inttoptr(values[0], kind.as_pointer())
            status, result = convention.call_function(builder, function, types.int64, arguments, values[1:])
            with cgutils.if_unlikely(builder, status.is_error):
                convention.return_status_propagate(builder, status)
            return result

        return types.int64(pointer, address, handler), generate

    def handler_pointer(function):
        """Return the address of the machine code of `function`, compiled for the signature HANDLER."""
        (overload,) = function.overloads.values()
        return overload.library.get_pointer_to_function(overload.fndesc.llvm_func_name)

    @intrinsic
    def copy_record(_context, target, source):
        """`target` holds the same bytes as `source`, a record of the same dtype."""
        if target != source:
            raise numba.core.errors.TypingError(f"cannot copy a record of {source} into one of {target}")

        def generate(context, builder, signature, arguments):
            # One memcpy. Assigning record to record would move the bytes one by one.
            length = context.get_constant(types.intp, target.size)
            cgutils.raw_memcpy(builder, arguments[0], arguments[1], length, 1)
            return context.get_dummy_value()

        return types.none(target, source), generate

else:

    def call_handler(pointer, state, shown, strategy, index, memory, parameters):
        """The handler `pointer` (here the function itself) has run."""
        pointer(state, shown, strategy, index, memory, parameters)

    def call_drive(pointer, address, handler):
        """What the loop `pointer` (here the function itself) returned."""
        return pointer(address, handler)

    def handler_pointer(function):
        """Return `function` itself: there is no machine code to point at."""
        return function

    def record_at(address, dtype):
        """Return the record of `dtype` that lies at `address`: no copy."""
        return np.frombuffer((ctypes.c_char * dtype.itemsize).from_address(int(address)), dtype)[0]

    def copy_record(target, source):
        """`target` holds the same bytes as `source`, a record of the same dtype."""
        for name in target.dtype.names:
            target[name] = source[name]
