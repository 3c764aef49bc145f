"""jsonschema, loaded in a tenth of a second.

By itself it takes more than a second of computing: where the package rfc3987_syntax is installed,
as Jupyter wants it, it has lark make a parser of the grammar of internationalised addresses, for
the format ``iri``. No schema of the lab has that format.
"""

import importlib
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jsonschema import Draft7Validator, Draft202012Validator, ValidationError
    from jsonschema.exceptions import best_match
    from referencing import Registry, Resource
else:
    # jsonschema takes a package that cannot be imported for one that is not installed.
    _IRI = "rfc3987_syntax"
    _is_spared = _IRI not in sys.modules
    if _is_spared:
        sys.modules[_IRI] = None
    _library = importlib.import_module("jsonschema")
    if _is_spared:
        del sys.modules[_IRI]
    Draft7Validator = _library.Draft7Validator
    Draft202012Validator = _library.Draft202012Validator
    ValidationError = _library.ValidationError
    best_match = importlib.import_module("jsonschema.exceptions").best_match
    Registry, Resource = (
        getattr(importlib.import_module("referencing"), name) for name in ("Registry", "Resource")
    )

__all__ = [
    "Draft7Validator",
    "Draft202012Validator",
    "Registry",
    "Resource",
    "ValidationError",
    "best_match",
]
