"""Errors as diagnostics, in the words that Terraform prints from AWS."""

from __future__ import annotations

import logging
import re
import traceback
from dataclasses import dataclass, field

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from tf.gen import tfplugin_pb2 as pb

from lab_utils.local_aws.provider.overlay import Overlay
from lab_utils.local_aws.provider.values import Path, wire_path

_LOG = logging.getLogger(__name__)


class ProviderError(Exception):
    """An error for the student, at an attribute if one can be told."""

    def __init__(self, summary: str, detail: str = "", path: Path = ()) -> None:
        super().__init__(summary)
        self.summary = summary
        self.detail = detail
        self.path = path


class PlacedError(Exception):
    """An API error about an attribute that the overlay cannot tell.

    Args:
        error: The API's error.
        path: The attribute.
    """

    def __init__(self, error: ClientError, path: Path) -> None:
        super().__init__(str(error))
        self.error = error
        self.path = path


@dataclass
class Diagnostics:
    """The errors and warnings of one call.

    Attributes:
        items: As the protocol has them.
        secrets: Texts that must not stand in a message or in the log.
    """

    items: list[pb.Diagnostic] = field(default_factory=list)
    secrets: frozenset[str] = frozenset()

    @property
    def has_error(self) -> bool:
        """Whether one of them is an error."""
        return any(item.severity == pb.Diagnostic.ERROR for item in self.items)

    def error(self, summary: str, detail: str = "", path: Path = ()) -> None:
        """Add an error."""
        self._add(pb.Diagnostic.ERROR, summary, detail, path)

    def warning(self, summary: str, detail: str = "", path: Path = ()) -> None:
        """Add a warning."""
        self._add(pb.Diagnostic.WARNING, summary, detail, path)

    def exception(self, error: Exception, doing: str, service: str, overlay: Overlay) -> None:
        """Add an error of a provider's operation.

        Args:
            error: What was raised.
            doing: The operation as the real provider names it, ``creating IoT Thing (x)``.
            service: The service id, ``IoT``.
            overlay: Tells which attribute an API error is about.
        """
        if isinstance(error, ProviderError):
            self.error(error.summary, error.detail, error.path)
        elif isinstance(error, PlacedError):
            self.error(f"{doing}: {api_error(error.error, service)}", "", error.path)
        elif isinstance(error, ClientError):
            self.error(f"{doing}: {api_error(error, service)}", "", _path(error, overlay))
        elif isinstance(error, BotoCoreError):
            self.error(f"{doing}: {_transport_error(error, service)}")
        else:
            told = "".join(traceback.format_exception(error))
            _LOG.error("The provider failed while %s:\n%s", doing, self._without_secrets(told))
            self.error(
                f"{doing}: the lab's provider failed: {type(error).__name__}: {error}",
                "This is an error of the embedded AWS, not of the configuration. "
                "Where it happened stands in .lab/aws.log of the workspace.",
            )

    def _add(self, severity: pb.Diagnostic.Severity, summary: str, detail: str, path: Path) -> None:
        attribute = wire_path(path) if path else None
        summary, detail = self._without_secrets(summary), self._without_secrets(detail)
        self.items.append(
            pb.Diagnostic(severity=severity, summary=summary, detail=detail, attribute=attribute)
        )

    def _without_secrets(self, text: str) -> str:
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, "(sensitive value)")
        return text


def api_error(error: ClientError, service: str) -> str:
    """Return an API error as the AWS SDK for Go spells it, which the real provider prints."""
    metadata = error.response.get("ResponseMetadata", {})
    code = error.response.get("Error", {}).get("Code", "Unknown")
    message = error.response.get("Error", {}).get("Message", "")
    return (
        f"operation error {service}: {error.operation_name}, "
        f"https response error StatusCode: {metadata.get('HTTPStatusCode', 0)}, "
        f"RequestID: {metadata.get('RequestId', '')}, {code}: {message}"
    )


def _transport_error(error: BotoCoreError, service: str) -> str:
    if isinstance(error, ParamValidationError):
        return str(error)
    return f"operation error {service}: request send failed, {error}"


def _path(error: ClientError, overlay: Overlay) -> Path:
    code = error.response.get("Error", {}).get("Code", "")
    message = error.response.get("Error", {}).get("Message", "")
    for entry in overlay.errors:
        if re.fullmatch(entry.code, code) and entry.words in message:
            return tuple(entry.attribute.split("."))
    return ()
