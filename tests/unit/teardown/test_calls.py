"""A call and its command are the same thing."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from lab_utils.teardown.calls import Call, commands


@pytest.mark.parametrize(
    ("call", "command"),
    [
        (
            Call("logs", "delete_log_group", {"logGroupName": "/aws/lambda/f"}),
            "aws logs delete-log-group --log-group-name /aws/lambda/f",
        ),
        (
            Call("events", "remove_targets", {"Rule": "r", "Ids": ["a", "b c"]}),
            "aws events remove-targets --rule r --ids a 'b c'",
        ),
        (
            Call("iot", "set_v2_logging_options", {"disableAllLogs": True}),
            "aws iot set-v2-logging-options --disable-all-logs",
        ),
        (
            Call("quicksight", "update", {"TerminationProtectionEnabled": False}),
            "aws quicksight update --no-termination-protection-enabled",
        ),
        (
            Call("lambda", "delete_layer_version", {"LayerName": "l", "VersionNumber": 3}),
            "aws lambda delete-layer-version --layer-name l --version-number 3",
        ),
        (
            Call("lambda", "delete_event_source_mapping", {"UUID": "u-1"}),
            "aws lambda delete-event-source-mapping --uuid u-1",
        ),
    ],
)
def test_a_command_names_operation_and_arguments_as_the_aws_cli_does(
    call: Call, command: str
) -> None:
    assert call.command == command


def test_a_name_of_a_stranger_cannot_break_out_of_its_command() -> None:
    name = "x; rm -rf $HOME `id` 'y'"
    call = Call("iot", "delete_thing", {"thingName": name})
    assert shlex.split(call.command)[-1] == name


def test_several_calls_are_one_line_that_stops_at_the_first_that_fails() -> None:
    one = Call("iot", "delete_thing", {"thingName": "t"})
    assert commands([one, one]) == f"{one.command} && {one.command}"


def test_the_same_call_is_made_through_boto3() -> None:
    made: list[tuple[str, dict[str, Any]]] = []

    class Client:
        def delete_thing(self, **arguments: Any) -> None:
            made.append(("delete_thing", arguments))

    Call("iot", "delete_thing", {"thingName": "t"}).make(lambda _service: Client())
    assert made == [("delete_thing", {"thingName": "t"})]
