"""What firmware must not do, found in its source without running it.

Each rule takes a module and gives the lines that break it. Why each of them: facts/micropython.md section 6, points
5 (print shares the line with frames), 8 (ticks wrap), 9 (single-precision floats) and 16 (flash writes stop the chip).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

Rule = Callable[[ast.Module], "list[tuple[int, str]]"]

_FLOAT_FORMAT = re.compile(r"%[-+ #0]*\d*(\.\d+)?[eEfFgG]")
_FLOAT_CALLS = ("float", "round")
_FLOAT_MODULES = ("math", "cmath", "decimal", "fractions")
_FILE_CALLS = (
    "open",
    "remove",
    "unlink",
    "rename",
    "replace",
    "mkdir",
    "rmdir",
    "sync",
    "writeblocks",
    "NVS",
)
_FILE_MODULES = ("esp32", "vfs", "flashbdev", "btree")
# What is called so is a tick, whoever passes it.
_TICK_PARAMETERS = ("now_ms", "tick_ms", "at_ms", "start_ms", "end_ms", "seen_ms")
_ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_ARITHMETIC = (ast.Add, ast.Sub)


def floats(module: ast.Module) -> list[tuple[int, str]]:
    """Float literals, true division, float() and round(), formats of floats, modules that work with them."""
    found = []
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            found.append((node.lineno, f"float literal {node.value}"))
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and _FLOAT_FORMAT.search(node.value)
        ):
            found.append((node.lineno, "format of a float"))
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            found.append((node.lineno, "true division; write //"))
        elif isinstance(node, ast.Call) and _name(node.func) in _FLOAT_CALLS:
            found.append((node.lineno, f"{_name(node.func)}()"))
    return found + _imports(module, _FLOAT_MODULES)


def prints(module: ast.Module) -> list[tuple[int, str]]:
    """The name print, called or handed on, and writing to standard output past the line."""
    found = [
        (node.lineno, "print")
        for node in ast.walk(module)
        if isinstance(node, ast.Name) and node.id in ("print", "input")
    ]
    return found + [
        (node.lineno, "sys.stdout.write")
        for node in ast.walk(module)
        if isinstance(node, ast.Attribute) and node.attr == "write" and _dotted(node.value) == "sys.stdout"
    ]


def raw_ticks(module: ast.Module) -> list[tuple[int, str]]:
    """Ticks of the platform taken elsewhere than in a function `ticks_ms`, and ticks compared, added or subtracted."""
    allowed = {
        id(inner)
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef) and node.name == "ticks_ms"
        for inner in ast.walk(node)
    }
    found = [
        (node.lineno, f"{_dotted(node)} outside of ticks_ms()")
        for node in ast.walk(module)
        if isinstance(node, ast.Attribute)
        and _dotted(node.value) in ("time", "utime")
        and (node.attr.startswith("ticks") or node.attr in ("time", "time_ns"))
        and id(node) not in allowed
    ]
    ticks = _tick_names(module)
    for node in ast.walk(module):
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, _ARITHMETIC):
            sides = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.target, node.value)
            found += [
                (node.lineno, f"{_name(side)} added or subtracted; rigwire.ticks does it")
                for side in sides
                if _is_tick(side, ticks)
            ]
        elif isinstance(node, ast.Compare) and any(isinstance(op, _ORDER) for op in node.ops):
            sides_compared = [node.left, *node.comparators]
            if not any(_is_sentinel(side) for side in sides_compared):
                found += [
                    (node.lineno, f"{_name(side)} compared; rigwire.ticks.diff does it")
                    for side in sides_compared
                    if _is_tick(side, ticks)
                ]
        elif isinstance(node, ast.Call) and _name(node.func) in ("max", "min", "abs", "sorted"):
            found += [
                (node.lineno, f"{_name(side)} in {_name(node.func)}()")
                for side in node.args
                if _is_tick(side, ticks)
            ]
    return found


def file_writes(module: ast.Module) -> list[tuple[int, str]]:
    """Files and flash touched anywhere but in the last words of `main`, in its `except`."""
    last_words = {
        id(inner)
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef) and node.name == "main"
        for handler in ast.walk(node)
        if isinstance(handler, ast.ExceptHandler)
        for inner in ast.walk(handler)
    }
    found = [
        (node.lineno, f"{_name(node.func)}()")
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and _touches_files(node.func) and id(node) not in last_words
    ]
    return found + _imports(module, _FILE_MODULES)


def _touches_files(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute) and function.attr == "replace":
        return _dotted(function.value) == "os"  # text has a replace, too
    return _name(function) in _FILE_CALLS


def _tick_names(module: ast.Module) -> set[str]:
    """Names of this module that hold a tick: so called, or given one."""
    names = set(_TICK_PARAMETERS)
    before = -1
    while before != len(names):
        before = len(names)
        for targets, value in _assignments(module):
            if _is_tick(value, names) or _makes_tick(value):
                names |= {_name(target) for target in targets if isinstance(target, ast.Name | ast.Attribute)}
    return names


def _assignments(module: ast.Module) -> Iterator[tuple[list[ast.expr], ast.expr]]:
    for node in ast.walk(module):
        if isinstance(node, ast.Assign):
            yield node.targets, node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield [node.target], node.value


def _makes_tick(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and (
        _dotted(value.func) == "ticks.add" or _name(value.func) in ("ticks_ms", "ticks_us", "ticks_cpu")
    )


def _is_tick(node: ast.expr, names: set[str]) -> bool:
    return (isinstance(node, ast.Name | ast.Attribute) and _name(node) in names) or _makes_tick(node)


def _is_sentinel(node: ast.expr) -> bool:
    """0 or -1, which stand for "never"."""
    return isinstance(node, ast.Constant) or (
        isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant)
    )


def _imports(module: ast.Module, names: tuple[str, ...]) -> list[tuple[int, str]]:
    found = []
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found += [
                (node.lineno, f"import {one.name}") for one in node.names if one.name.split(".")[0] in names
            ]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in names:
            found.append((node.lineno, f"from {node.module} import"))
    return found


def _name(node: ast.expr) -> str:
    """Last part of a name; empty when it is none."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
