"""Conditions on parameters, such as `fast < slow and stop * 2 <= target`: arithmetic and comparisons, nothing else.

The text is parsed, never executed: names are parameters, and what is no number, comparison, and/or/not or + - * / // %
is refused when the condition is read.
"""

import ast
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tradewind.errors import TradewindError, UnknownName

Value = int | float | bool

OPERATIONS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip
SIGNS: dict[type[ast.AST], Callable[[Any], Any]] = {
    ast.Not: operator.not_, ast.USub: operator.neg, ast.UAdd: operator.pos,
}  # fmt: skip


class Condition:
    """A condition that was found to be one."""

    def __init__(self, text: str, names: Iterable[str]) -> None:
        """It is about parameters of these names; raise TradewindError where the text is no condition on them."""
        self.text = text
        try:
            self._tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError):
            raise _refused(text) from None
        known = list(names)
        for node in ast.walk(self._tree):
            _check(node, text, known)

    def __call__(self, values: Mapping[str, Value]) -> bool:
        """Return whether it holds for these values; what cannot be calculated (a division by 0) does not hold."""
        try:
            return bool(_value(self._tree, values))
        except ArithmeticError:
            return False


def _refused(text: str) -> TradewindError:
    return TradewindError(
        f"--where {text!r} is no condition.", 'Compare parameters and numbers: --where "fast < slow and stop > 1.5".'
    )


def _check(node: ast.AST, text: str, known: list[str]) -> None:
    """The node is one of the few kinds there are."""
    plain = (ast.Compare, ast.BoolOp, ast.And, ast.Or, ast.BinOp, ast.UnaryOp, ast.Load)
    if isinstance(node, ast.Name):
        if node.id not in known:
            raise UnknownName("parameter", node.id, known)
    elif isinstance(node, ast.Constant):
        if not isinstance(node.value, int | float):
            raise _refused(text)
    elif not isinstance(node, plain) and type(node) not in OPERATIONS and type(node) not in SIGNS:
        raise _refused(text)


def _value(node: ast.AST, values: Mapping[str, Value]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return values[node.id]
    if isinstance(node, ast.UnaryOp):
        return SIGNS[type(node.op)](_value(node.operand, values))
    if isinstance(node, ast.BinOp):
        return OPERATIONS[type(node.op)](_value(node.left, values), _value(node.right, values))
    if isinstance(node, ast.BoolOp):
        whole = all if isinstance(node.op, ast.And) else any
        return whole(_value(one, values) for one in node.values)
    assert isinstance(node, ast.Compare)  # noqa: S101  nothing else passes `_check`
    left = _value(node.left, values)
    for sign, comparator in zip(node.ops, node.comparators, strict=True):
        right = _value(comparator, values)
        if not OPERATIONS[type(sign)](left, right):
            return False
        left = right
    return True
