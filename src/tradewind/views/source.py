"""A strategy's file read as text: thesis, parameters, gates, handlers. Nothing in it is executed."""

import ast
from functools import lru_cache
from pathlib import Path
from typing import Any

KINDS = {"int": "whole number", "float": "number", "bool": "yes or no"}
LARGEST = 1_048_576
PACKAGE = Path(__file__).resolve().parents[2]


def read_source(path: Path) -> dict[str, Any] | None:
    """Return what a strategy's file declares; None where there is no such file, or it cannot be read."""
    try:
        found = path.stat()
    except OSError:
        return None
    return _read(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=256)
def _read(path: Path, _changed: int, size: int) -> dict[str, Any] | None:
    if size > LARGEST:
        return None
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {
        "thesis": (ast.get_docstring(tree) or "").strip(),
        "parameters": _parameters(tree),
        "gates": _gates(tree),
        "handlers": [name for name in functions if name.startswith("on_")],
    }


def _parameters(tree: ast.Module) -> list[dict[str, Any]]:
    """Return the fields of the class Params, in their order."""
    found: list[dict[str, Any]] = []
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Params"]
    for node in classes[0].body if classes else []:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            kind = ast.unparse(node.annotation)
            found.append({
                "name": node.target.id, "type": kind, "kind": KINDS.get(kind, kind),
                "default": _value(node.value), "meaning": "",
            })  # fmt: skip
        elif found and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found[-1]["meaning"] = " ".join(str(node.value.value).split())
    return found


def _value(node: ast.expr | None) -> Any:
    """Return a literal; what has to be calculated is shown as it is written."""
    if node is None:
        return None
    try:
        return ast.literal_eval(node)
    except ValueError:
        return ast.unparse(node)


def _gates(tree: ast.Module) -> list[str]:
    """Return the names of GATES, as far as they are written out."""
    call = _assigned(tree, "GATES")
    if not isinstance(call, ast.Call):
        return []
    found: list[str] = []
    for one in call.args:
        if isinstance(one, ast.Constant):
            found.append(str(one.value))
        elif isinstance(one, ast.Starred) and isinstance(one.value, ast.Name):
            found += _listed(tree, one.value.id)
    return found


def _assigned(tree: ast.Module, name: str) -> ast.expr | None:
    """Return what a module assigns to a name."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(one, ast.Name) and one.id == name for one in node.targets):
            return node.value
    return None


def _listed(tree: ast.Module, name: str) -> list[str]:
    """Return the words of a tuple that the module writes out, or takes from a module of ours."""
    value = _assigned(tree, name)
    for node in tree.body if value is None else []:
        if isinstance(node, ast.ImportFrom) and any(one.name == name for one in node.names):
            path = PACKAGE.joinpath(*(node.module or "").split("."), "").with_suffix(".py")
            if (node.module or "").startswith("tradewind.") and path.is_file():
                value = _assigned(ast.parse(path.read_bytes()), name)
    words = _value(value)
    return [str(one) for one in words] if isinstance(words, tuple | list) else []
