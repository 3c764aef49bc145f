"""Reading expressions: operators by their rank, and all that can stand between them.

AWS documents no ranks; these are SQL's usual ones (our choice).

Source: the AWS IoT developer guide, iot-sql-operators, iot-sql-literals, iot-sql-case.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from lab_utils.local_aws.rules.sql import nodes
from lab_utils.local_aws.rules.sql.nodes import Node
from lab_utils.local_aws.rules.sql.signatures import check_call
from lab_utils.local_aws.rules.sql.tokens import Tokens
from lab_utils.local_aws.rules.sql.values import NUMBERS, whole

MAX_NESTING: Final = 50
"""How deep parentheses, literals, calls and CASEs may nest (our choice; AWS names no limit)."""
RESERVED: Final = frozenset(
    [
        "SELECT",
        "FROM",
        "WHERE",
        "AS",
        "AND",
        "OR",
        "NOT",
        "IN",
        "CASE",
        "WHEN",
        "THEN",
        "ELSE",
        "END",
        "TRUE",
        "FALSE",
        "NULL",
    ]
)
_NOT: Final = 3
_RANKS: Final = {
    "OR": 1,
    "AND": 2,
    **dict.fromkeys(("=", "<>", "<", "<=", ">", ">=", "IN"), 4),
    **dict.fromkeys(("+", "-"), 5),
    **dict.fromkeys(("*", "/", "%"), 6),
}
_SIGN: Final = 7
CAST_TYPES: Final = frozenset(
    ["string", "nvarchar", "text", "ntext", "varchar", "int", "integer", "double"]
)
CAST_TYPES_2016: Final = frozenset(("decimal", "bool", "boolean"))
_FOREIGN: Final = {
    "LIKE": "regexp_matches, startswith or endswith",
    "BETWEEN": "x >= low AND x <= high",
    "IS": "isNull() or isUndefined()",
}


class ExpressionReader:
    """Reads expressions from a text; `reader.TemplateReader` adds SELECT."""

    def __init__(self, source: str, version: str, start: int = 0) -> None:
        """Stand before the first word, from an index on."""
        self.tokens = Tokens(source, start)
        self.version = version
        self.is_2016 = version != "2015-10-08"
        self._depth = 0
        self._variables: dict[str, Node] = {}

    # -- words ----------------------------------------------------------------------------

    def at(self, *keys: str) -> bool:
        """Return whether one of some words or symbols stands here."""
        return self.tokens.token.key in keys and bool(self.tokens.token.key)

    def take(self, key: str) -> bool:
        """Go past a word or symbol if it stands here."""
        if self.at(key):
            self.tokens.advance()
            return True
        return False

    def expect(self, key: str, why: str) -> None:
        """Go past a word or symbol, or fail."""
        if not self.take(key):
            self.tokens.fail(f"Expected {key} {why}, not {self.found()}.")

    def found(self) -> str:
        """Return what stands here, as an error says it."""
        token = self.tokens.token
        return "the end" if token.kind == "end" else f"'{token.text[:40]}'"

    def require_2016(self, what: str, at: int) -> None:
        """Fail if the rule has the first SQL version."""
        if not self.is_2016:
            self.tokens.fail(
                f"{what} needs SQL version 2016-03-23, and this rule has {self.version}.", at
            )

    def name(self, what: str) -> str:
        """Go past a name of any letters and return it."""
        if self.tokens.token.kind != "word" or self.at("FROM", "WHERE", "AS"):
            self.tokens.fail(f"Expected {what}, not {self.found()}.")
        return self.tokens.advance().text

    # -- operators ------------------------------------------------------------------------

    def expression(self, rank: int = 1) -> Node:
        """Read an expression whose operators are of a rank or higher."""
        self._depth += 1
        if self._depth > MAX_NESTING:
            self.tokens.fail(f"The statement nests deeper than {MAX_NESTING} levels.")
        node = self._operand()
        while (found := _RANKS.get(self.tokens.token.key, 0)) >= rank:
            rest = []
            while _RANKS.get(self.tokens.token.key) == found:
                operator = self.tokens.advance().key
                rest.append((operator, self._right(operator, found + 1)))
            node = nodes.Chain(node, tuple(rest))
        self._refuse_foreign()
        self._depth -= 1
        return node

    def _refuse_foreign(self) -> None:
        key = self.tokens.token.key
        if key in _FOREIGN and self.tokens.peek().kind != "end":
            self.tokens.fail(f"AWS IoT SQL has no {key}; use {_FOREIGN[key]}.")
        if key == "NOT":
            self.tokens.fail("NOT stands before the expression: NOT x IN arr.")

    def _right(self, operator: str, rank: int) -> Node:
        """Read what stands right of an operator; after IN it may be a list in parentheses."""
        if operator != "IN" or not self.at("(") or self.tokens.peek().key == "SELECT":
            return self.expression(rank)
        self.tokens.advance()
        return nodes.ArrayLiteral(self._list_until(")"))

    def _operand(self) -> Node:
        if self.at("NOT"):
            self.tokens.advance()
            return nodes.Unary("NOT", self.expression(_NOT))
        if self.at("-"):
            self.tokens.advance()
            operand = self.expression(_SIGN)
            if isinstance(operand, nodes.Literal) and type(operand.value) in (int, Decimal):
                return nodes.Literal(-operand.value)
            return nodes.Unary("-", operand)
        node = self._primary()
        names = self._names_after_points()
        return nodes.Member(node, names) if names else node

    def _names_after_points(self) -> tuple[str, ...]:
        names = []
        while self.take("."):
            names.append(self.name("a name after the point"))
        return tuple(names)

    # -- what stands between operators ----------------------------------------------------

    def _primary(self) -> Node:
        token = self.tokens.token
        if token.kind == "number":
            return nodes.Literal(self._number())
        if token.kind == "text":
            return nodes.Literal(self.tokens.advance().text)
        if token.kind == "variable":
            return self.variable()
        if token.kind == "word":
            return self._word()
        if self.take("("):
            return self._parenthesis(token.start)
        if self.take("*"):
            return nodes.Star()
        if self.take("["):
            self.require_2016("An array literal", token.start)
            return nodes.ArrayLiteral(self._list_until("]"))
        if not self.take("{"):
            self.tokens.fail(f"Expected an expression, not {self.found()}.")
        self.require_2016("An object literal", token.start)
        return nodes.ObjectLiteral(self._members())

    def variable(self) -> Node:
        """Read a variable that the SET clause has given a value."""
        return nodes.Variable(self.tokens.advance().text[1:])

    def subquery(self) -> nodes.Subquery:
        """Read a SELECT up to its closing parenthesis."""
        raise NotImplementedError

    def _number(self) -> int | Decimal:
        token = self.tokens.advance()
        number = NUMBERS.create_decimal(token.text)
        if not number.is_finite():
            self.tokens.fail("The number is larger than 9.99E999.", token.start)
        return whole(number) if self.is_2016 or token.text.isdigit() else number

    def _parenthesis(self, start: int) -> Node:
        if self.at("SELECT"):
            self.require_2016("A nested SELECT", start)
            return self.subquery()
        node = self.expression()
        self.expect(")", "to close the parenthesis")
        return node

    def _list_until(self, closing: str) -> tuple[Node, ...]:
        items: list[Node] = []
        if self.take(closing):
            return ()
        while True:
            items.append(self.expression())
            if self.take(closing):
                return tuple(items)
            self.expect(",", f"or {closing}")

    def _members(self) -> tuple[tuple[str, Node], ...]:
        members: list[tuple[str, Node]] = []
        if self.take("}"):
            return ()
        while True:
            if self.tokens.token.kind != "text":
                self.tokens.fail(f"Expected a key in quotes, not {self.found()}.")
            key = self.tokens.advance().text
            self.expect(":", "after the key")
            members.append((key, self.expression()))
            if self.take("}"):
                return tuple(members)
            self.expect(",", "or }")

    def _word(self) -> Node:
        token = self.tokens.token
        constants = {"TRUE": True, "FALSE": False, "NULL": None}
        if token.key in constants:
            self.tokens.advance()
            return nodes.Literal(constants[token.key])
        if token.key == "CASE":
            self.tokens.advance()
            return self._case()
        if token.key in RESERVED:
            self.tokens.fail(f"Expected an expression, not {self.found()}.")
        if self.tokens.peek().key == "(":
            return self._call()
        names = (self.tokens.advance().text, *self._names_after_points())
        return nodes.Path(names, ".".join(names))

    def _case(self) -> Node:
        if self.at("WHEN"):
            self.tokens.fail("CASE needs the value to compare: CASE value WHEN ... THEN ... END.")
        operand, branches = self.expression(), []
        while self.take("WHEN"):
            test = self.expression()
            self.expect("THEN", "after the value of WHEN")
            branches.append((test, self.expression()))
        if not branches:
            self.tokens.fail(f"CASE needs at least one WHEN, not {self.found()}.")
        otherwise = self.expression() if self.take("ELSE") else None
        self.expect("END", "to close CASE")
        return nodes.Case(operand, tuple(branches), otherwise)

    # -- functions ------------------------------------------------------------------------

    def _call(self) -> Node:
        word = self.tokens.advance()
        self.tokens.advance()
        name = word.text.lower()
        if name == "exists":
            return self._exists()
        if name == "cast":
            return self._cast()
        arguments = self._list_until(")")
        text = self.tokens.source[word.start : self.tokens.previous_end]
        call = nodes.Call(name, arguments, text)
        if problem := check_call(call, is_2016=self.is_2016):
            self.tokens.fail(problem, word.start)
        return call

    def _exists(self) -> Node:
        if not self.at("SELECT"):
            self.tokens.fail(f"EXISTS takes a SELECT, not {self.found()}.")
        self.require_2016("A nested SELECT", self.tokens.token.start)
        return nodes.Exists(self.subquery())

    def _cast(self) -> Node:
        operand = self.expression()
        self.expect("AS", "and a type: cast(value AS Int)")
        token = self.tokens.token
        target = self.name("a type").lower()
        if target in CAST_TYPES_2016:
            self.require_2016(f"cast(... AS {token.text})", token.start)
        elif target not in CAST_TYPES:
            self.tokens.fail(
                f"cast knows no type '{token.text}': String, Int, Decimal or Boolean.", token.start
            )
        self.expect(")", "to close cast")
        return nodes.Cast(operand, target)
