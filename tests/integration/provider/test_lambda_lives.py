"""The lives of the Lambda resource types."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

from tests.integration.provider.functions import function
from tests.integration.provider.lifecycle import Lead, Life, is_there
from tests.integration.provider.workspace import TerraformWorkspace

PERMISSION = """
    resource "aws_lambda_permission" "it" {
      statement_id  = "AllowExecutionFromCloudWatch"
      action        = "lambda:InvokeFunction"
      function_name = aws_lambda_function.it.function_name
      principal     = "events.amazonaws.com"
      source_arn    = "arn:aws:events:eu-west-1:123456789012:rule/RULE"
    }
"""
CONFIGURED = """
      timeout     = 10
      memory_size = 256
      description = "controls the air conditioners"
      environment {
        variables = { TABLE = "temperaturesensor" }
      }
      tags = { part = "4" }
"""


def permission(rule: str) -> str:
    """Return the HCL of a function that a rule may invoke."""
    return function("life-permitted") + PERMISSION.replace("RULE", rule)


def has_permission(client: Callable[[str], Any]) -> bool:
    """Return whether the function is there and its policy lets anyone in."""
    call = client("lambda").get_policy
    return (
        is_there(call, FunctionName="life-permitted")
        and "Allow" in (call(FunctionName="life-permitted")["Policy"])
    )


LIVES = {
    "function": Life(
        address="aws_lambda_function.it",
        created=function("life-function"),
        updated=function("life-function", CONFIGURED),
        replaced=function("life-function-2", CONFIGURED),
        drift=lambda client: client("lambda").update_function_configuration(
            FunctionName="life-function", Timeout=99, Environment={"Variables": {}}
        ),
        drifted=frozenset({"timeout", "environment"}),
        vanish=lambda client: client("lambda").delete_function(FunctionName="life-function"),
        exists=lambda client: any(
            is_there(client("lambda").get_function, FunctionName=name)
            for name in ("life-function", "life-function-2")
        ),
        not_imported=frozenset({"last_modified"}),
        is_updated_after_import=True,
    ),
    "permission": Life(
        address="aws_lambda_permission.it",
        created=permission("every_one_minute"),
        replaced=permission("every_two_minutes"),
        vanish=lambda client: client("lambda").remove_permission(
            FunctionName="life-permitted", StatementId="AllowExecutionFromCloudWatch"
        ),
        exists=has_permission,
        import_id=lambda state: f"{state['function_name']}/{state['statement_id']}",
    ),
}


def test_resources_live_from_creation_to_destruction(
    lead: Lead, lambda_workspace: Callable[[str], TerraformWorkspace]
) -> None:
    lead(LIVES, lambda_workspace)


def test_code_that_others_deploy_outlives_an_apply(
    lambda_workspace: Callable[[str], TerraformWorkspace], aws_client: Callable[..., Any]
) -> None:
    workspace = lambda_workspace(function("life-deployed"))
    workspace.apply()
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("ac_control_lambda.py", "def lambda_handler(event, context): ...")
    client = aws_client("lambda")
    deployed = client.update_function_code(FunctionName="life-deployed", ZipFile=package.getvalue())
    client.get_waiter("function_updated_v2").wait(
        FunctionName="life-deployed", WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )
    assert workspace.plan() == {}
    workspace.write(function("life-deployed", "timeout = 30"))
    workspace.apply()
    told = client.get_function(FunctionName="life-deployed")["Configuration"]
    assert (told["Timeout"], told["CodeSha256"]) == (30, deployed["CodeSha256"])
    workspace.destroy()
