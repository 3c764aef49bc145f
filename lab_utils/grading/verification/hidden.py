"""The instructor's own checks, which no student sees."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType

from lab_utils.checks.base import Check
from lab_utils.checks.catalogue import ALL_CHECKS
from lab_utils.errors import SettingsError

_PACKAGE = "hidden_checks"
_ATTEMPTED = "load the hidden checks"
_FORM = (
    "each module of the folder defines CHECKS, a tuple of lab_utils.checks.base.Check; see the "
    "instructor's guide in the README."
)


def read_checks(folder: Path) -> dict[str, str]:
    """Return the sources of a folder's hidden checks by file name.

    Raises:
        SettingsError: No such folder, no module in it, or modules that cannot be loaded.
    """
    if not folder.is_dir():
        raise SettingsError(_ATTEMPTED, f"There is no folder {folder}.", "name the folder.")
    sources = {
        path.name: path.read_text(encoding="utf-8")
        for path in sorted(folder.glob("*.py"))
        if not path.name.startswith("_")
    }
    if not sources:
        raise SettingsError(_ATTEMPTED, f"There is no Python module in {folder}.", _FORM)
    load_sources(sources)
    return sources


def load_sources(sources: Mapping[str, str]) -> tuple[Check, ...]:
    """Return the checks of some modules, in the order of their names.

    Raises:
        SettingsError: A module does not load or defines no checks, or an id is taken.
    """
    found = [check for name in sorted(sources) for check in _checks_of(name, sources[name])]
    _require_own_ids(found)
    return tuple(found)


def _checks_of(name: str, source: str) -> Iterable[Check]:
    module = _load(name, source)
    checks = getattr(module, "CHECKS", None)
    is_right = isinstance(checks, tuple) and all(isinstance(one, Check) for one in checks)
    if not checks or not is_right:
        raise SettingsError(_ATTEMPTED, f"{name} defines no CHECKS.", _FORM)
    return tuple(checks)


def _load(name: str, source: str) -> ModuleType:
    stem = Path(name).stem
    specification = importlib.util.spec_from_loader(f"{_PACKAGE}.{stem}", loader=None)
    assert specification is not None
    module = importlib.util.module_from_spec(specification)
    # A dataclass in the module looks its module up by name.
    sys.modules[module.__name__] = module
    try:
        exec(compile(source, name, "exec"), module.__dict__)
    except (SyntaxError, ImportError, NameError, TypeError, ValueError, AttributeError) as error:
        happened = f"{name} does not load: {type(error).__name__}: {error}"
        raise SettingsError(_ATTEMPTED, happened, _FORM) from error
    return module


def _require_own_ids(checks: Iterable[Check]) -> None:
    taken = {check.id for check in ALL_CHECKS}
    for check in checks:
        if check.id in taken:
            raise SettingsError(
                _ATTEMPTED,
                f"There are two checks of the id {check.id}.",
                "give each hidden check an id of its own, such as hidden-part2-burst.",
            )
        taken.add(check.id)
