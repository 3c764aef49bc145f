"""Tells whether Python of a cell could leave something behind that grading looks at.

Most cells that a student changes only show something: another plot, another query. Running them
costs a kernel and says nothing about the work. A cell counts as one that may leave something if
it names a call of AWS that changes things, writes a file, starts a program, or could do either
in a way that is not seen here. Taking one cell too many costs some seconds, so in doubt it counts.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

_AWS_VERBS = (
    "create|put|update|attach|detach|register|deregister|tag|untag|delete|remove|enable|disable|"
    "transact|batch|start|associate|disassociate|replace|upload|copy|execute|import|restore"
)
_CHANGES = re.compile(
    rf"(?:{_AWS_VERBS})_\w+|set_(?:default|logging|v2)_\w+|add_(?:permission|thing|role|user)\w*|"
    r"write\w*|touch|mkdir|makedirs|unlink|rmdir|rename|symlink_to|hardlink_to|chmod|savefig|"
    r"to_(?:csv|json|parquet|pickle|html|excel)|save|dump|extract(?:all)?|urlretrieve"
)
_ANYTHING = {
    *("os", "shutil", "subprocess", "socket", "ctypes", "signal", "importlib", "urllib", "sys"),
    *("requests", "asyncio", "multiprocessing", "threading", "builtins", "runpy", "code"),
    *("exec", "eval", "compile", "__import__", "getattr", "setattr", "globals", "vars"),
    *("get_ipython", "__builtins__", "__dict__", "__class__", "__subclasses__"),
}
_HARMLESS_OF_SYS = {"path", "executable", "version", "version_info", "stdout", "stderr", "platform"}
_SHELL = re.compile(r"^\s*(?:[\w, ]+=\s*)?[!%]", re.M)
_HARMLESS_MAGIC = re.compile(
    r"^\s*%(?:matplotlib|reload_ext lab_utils|load_ext lab_utils|timeit|time|config|pip list)\b"
    r"|^\s*%%(?:time|timeit|capture)\b.*$",
    re.M,
)


def may_last(source: str) -> bool:
    """Return whether a cell's Python could leave something behind; Python with errors cannot."""
    plain = _HARMLESS_MAGIC.sub("", source)
    if _SHELL.search(plain):
        return True
    try:
        tree = ast.parse(plain)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(_is_lasting(node) for node in _uses(tree))


def _uses(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield what a tree uses, but for ``sys.path`` and its like."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if not _is_harmless_of_sys(node):
            yield node
            waiting.extend(ast.iter_child_nodes(node))


def _is_harmless_of_sys(node: ast.AST) -> bool:
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
        return False
    return node.value.id == "sys" and node.attr in _HARMLESS_OF_SYS


def _is_lasting(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(one.name.split(".")[0] in _ANYTHING - {"sys"} for one in node.names)
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").split(".")[0] in _ANYTHING
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
        return _name(node.func) == "open" and _may_write(node)
    if isinstance(node, ast.Name | ast.Attribute):
        name = _name(node)
        return name in _ANYTHING or bool(_CHANGES.fullmatch(name))
    return False


def _name(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr


def _may_write(call: ast.Call) -> bool:
    """Return whether a call of ``open`` may write: any mode but one that is seen to read."""
    given = [*call.args, *(one.value for one in call.keywords if one.arg == "mode")]
    texts = [one.value for one in given if isinstance(one, ast.Constant)]
    modes = [text for text in texts if isinstance(text, str) and re.fullmatch(r"[rwaxbt+]+", text)]
    return any(set(mode) & set("wax+") for mode in modes) or any(
        not isinstance(one, ast.Constant) for one in call.args[1:2]
    )
