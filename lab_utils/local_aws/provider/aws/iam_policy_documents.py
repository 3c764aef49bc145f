"""Data ``aws_iam_policy_document``."""

from __future__ import annotations

import json
import zlib
from typing import Any, ClassVar

from lab_utils.local_aws.provider.aws.policies import go_escape
from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.diagnostics import ProviderError
from lab_utils.local_aws.provider.overlay import Overlay
from lab_utils.local_aws.provider.resource import AwsResource, DataSource
from lab_utils.local_aws.provider.validation import is_empty_text, one_of
from lab_utils.local_aws.provider.values import State

_VERSION = "2012-10-17"
_OLD_VERSION = "2008-10-17"
_WRITING = "writing IAM Policy Document"
_FIELDS = (
    ("Sid", "sid"),
    ("Effect", "effect"),
    ("Action", "actions"),
    ("NotAction", "not_actions"),
    ("Resource", "resources"),
    ("NotResource", "not_resources"),
    ("Principal", "principals"),
    ("NotPrincipal", "not_principals"),
    ("Condition", "condition"),
)
"""The order in which the real provider writes a statement, and the block's names."""


class PolicyDocument(DataSource):
    """A policy written in HCL, as JSON in the real provider's spelling."""

    type_name = "aws_iam_policy_document"
    label = "IAM Policy Document"
    service = "IAM"
    overlay: ClassVar[Overlay] = Overlay(
        deprecated=frozenset({"override_json", "source_json"}),
        validators={
            "override_json": (is_empty_text,),
            "source_json": (is_empty_text,),
            "statement.effect": (one_of("Allow", "Deny"),),
            "version": (one_of(_OLD_VERSION, _VERSION),),
        },
    )

    def read(self, _context: Context, config: State) -> State:
        """Merge the source documents, the own statements and the overriding documents."""
        version = config["version"] or _VERSION
        blocks = [{**one, "effect": one["effect"] or "Allow"} for one in config["statement"] or []]
        merged: State = {"Version": "", "Id": "", "Statement": []}
        for document in _sources(config["source_policy_documents"] or []):
            _merge(merged, document)
        _merge(merged, _own_document(blocks, version, config["policy_id"]))
        for index, text in enumerate(config["override_policy_documents"] or []):
            if text:
                _merge(merged, _parse(text, f"merging override document {index}"))
        written = {name: value for name, value in merged.items() if value}
        indented = go_escape(json.dumps(written, indent=2, ensure_ascii=False))
        compact = go_escape(json.dumps(written, separators=(",", ":"), ensure_ascii=False))
        return {
            "id": str(zlib.crc32(indented.encode())),
            "json": indented,
            "minified_json": compact,
            "statement": blocks,
            "version": version,
        }


def _sources(texts: list[str | None]) -> list[State]:
    """Return the source documents; no two of their statements may share a Sid."""
    documents, seen = [], set()
    for index, text in enumerate(texts):
        if not text:
            continue
        document = _parse(text, f"merging source document {index}")
        for position, statement in enumerate(document["Statement"]):
            sid = statement.get("Sid")
            if sid and sid in seen:
                raise ProviderError(
                    f"{_WRITING}: merging source document {index}: duplicate Sid ({sid}) in "
                    f"source_policy_documents (statement {position}). "
                    "Remove the Sid or ensure Sids are unique.",
                    "",
                    ("source_policy_documents", index),
                )
            seen.add(sid)
        documents.append(document)
    return documents


def _own_document(blocks: list[State], version: str, policy_id: str | None) -> State:
    """Return the document of the ``statement`` blocks."""
    sids = [block["sid"] for block in blocks if block["sid"]]
    if twice := next((sid for sid in sids if sids.count(sid) > 1), None):
        raise ProviderError(
            f"{_WRITING}: duplicate Sid ({twice}). Remove the Sid or ensure the Sid is unique.",
            "",
            ("statement",),
        )
    statements = [_statement(block, version) for block in blocks]
    return {"Version": version, "Id": policy_id or "", "Statement": statements}


def _merge(merged: State, document: State) -> None:
    """Add a document; its statements replace those of the same Sid."""
    merged["Id"] = document["Id"] or merged["Id"]
    merged["Version"] = max(merged["Version"], document["Version"])
    statements: list[State] = merged["Statement"]
    for statement in document["Statement"]:
        sids = [one.get("Sid") for one in statements]
        if statement.get("Sid") and statement["Sid"] in sids:
            statements[sids.index(statement["Sid"])] = statement
        else:
            statements.append(statement)


def _parse(text: str, doing: str) -> State:
    """Return a document given as JSON, in the real provider's spelling."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise ProviderError(f"{_WRITING}: {doing}: {error}") from error
    statements = document.get("Statement", []) if isinstance(document, dict) else None
    if not isinstance(statements, list):
        raise ProviderError(f"{_WRITING}: {doing}: its Statement is not an array")
    return {
        "Version": document.get("Version", ""),
        "Id": document.get("Id", ""),
        "Statement": [_respelt(statement) for statement in statements],
    }


def _respelt(statement: State) -> State:
    spelt = {name: statement[name] for name, _ in _FIELDS if statement.get(name)}
    for name in ("Principal", "NotPrincipal"):
        if isinstance(spelt.get(name), dict):
            spelt[name] = _principals(spelt[name].items())
    if isinstance(spelt.get("Condition"), dict):
        spelt["Condition"] = _conditions(
            (test, variable, values)
            for test, tests in spelt["Condition"].items()
            for variable, values in tests.items()
        )
    return spelt


def _statement(block: State, version: str) -> State:
    """Return a ``statement`` block as JSON has it."""
    statement: State = {"Sid": block["sid"], "Effect": block["effect"]}
    for name, own in _FIELDS[2:4]:
        statement[name] = _one_or_many(block[own])
    for name, own in _FIELDS[4:6]:
        statement[name] = _one_or_many(_variables(block[own], version, own))
    for name, own in _FIELDS[6:8]:
        pairs = [
            (one["type"], _one_or_many(_variables(one["identifiers"], version, own)))
            for one in block[own] or []
        ]
        statement[name] = _principals(pairs)
    statement["Condition"] = _conditions(
        (one["test"], one["variable"], _variables(one["values"], version, "condition"))
        for one in block["condition"] or []
    )
    return {name: value for name, value in statement.items() if value}


def _variables(texts: list[str] | None, version: str, where: str) -> list[str]:
    """Return texts with IAM's own variables: ``&{`` stands for ``${``, which HCL would expand."""
    for text in texts or []:
        if version == _OLD_VERSION and "&{" in text:
            raise ProviderError(
                f"reading {where}: found &{{ sequence in ({text}), "
                f"which is not supported in document version {_OLD_VERSION}"
            )
    return [text.replace("&{", "${") for text in texts or []]


def _one_or_many(texts: list[str] | None) -> Any:
    """Return one text alone, more of them in the real provider's order: from Z to A."""
    values = sorted(texts or [], reverse=True)
    return values[0] if len(values) == 1 else values


def _principals(pairs: Any) -> Any:
    """Return principals by type; ``*`` alone stands for everyone."""
    listed = list(pairs)
    if listed in ([("*", "*")], [("*", ["*"])]):
        return "*"
    found: State = {}
    for kind, identifiers in listed:
        many = sorted(identifiers, reverse=True) if isinstance(identifiers, list) else identifiers
        if kind in found:
            both = [one if isinstance(one, list) else [one] for one in (found[kind], many)]
            found[kind] = [*both[0], *both[1]]
        else:
            found[kind] = many
    return dict(sorted(found.items()))


def _conditions(triples: Any) -> State:
    """Return conditions by test and variable; one value stands alone."""
    found: dict[str, dict[str, list[str]]] = {}
    for test, variable, values in triples:
        listed = values if isinstance(values, list) else [values]
        texts = [one if isinstance(one, str) else json.dumps(one) for one in listed]
        found.setdefault(test, {}).setdefault(variable, []).extend(texts)
    return {
        test: {
            variable: values[0] if len(values) == 1 else values
            for variable, values in sorted(tests.items())
        }
        for test, tests in sorted(found.items())
    }


RESOURCES: tuple[type[AwsResource], ...] = ()
DATA_SOURCES: tuple[type[DataSource], ...] = (PolicyDocument,)
