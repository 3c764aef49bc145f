"""What functions do beyond their life: configuration, versions, packages from S3, permissions."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

from tests.integration.provider.functions import function
from tests.integration.provider.workspace import TerraformWorkspace

Make = Callable[[str], TerraformWorkspace]
Client = Callable[..., Any]
IT = "aws_lambda_function.it"
EVERYTHING = """
    architectures                  = ["arm64"]
    description                    = "controls the air conditioners"
    publish                        = true
    reserved_concurrent_executions = 2
    environment {
      variables = { TABLE = "temperaturesensor" }
    }
    ephemeral_storage {
      size = 1024
    }
    logging_config {
      log_format            = "JSON"
      application_log_level = "DEBUG"
    }
    tracing_config {
      mode = "Active"
    }
    timeouts {
      create = "2m"
    }
"""


def package(text: str) -> bytes:
    """Return a package with one module."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("ac_control_lambda.py", text)
    return content.getvalue()


def test_every_setting_goes_to_lambda_and_is_taken_back(
    lambda_workspace: Make, aws_client: Client
) -> None:
    workspace = lambda_workspace(function("it-settings", EVERYTHING))
    workspace.apply()
    assert workspace.plan() == {}
    told = aws_client("lambda").get_function(FunctionName="it-settings")
    configured = told["Configuration"]
    assert configured["Environment"]["Variables"] == {"TABLE": "temperaturesensor"}
    assert configured["LoggingConfig"]["ApplicationLogLevel"] == "DEBUG"
    assert configured["TracingConfig"]["Mode"] == "Active"
    assert told["Concurrency"]["ReservedConcurrentExecutions"] == 2
    workspace.write(function("it-settings"))
    assert workspace.plan()[IT].actions == ["update"]
    workspace.apply()
    assert workspace.plan() == {}
    told = aws_client("lambda").get_function(FunctionName="it-settings")
    assert not told["Configuration"].get("Environment", {}).get("Variables")
    assert "Concurrency" not in told
    workspace.destroy()


def test_the_state_tells_what_lambda_computes(lambda_workspace: Make) -> None:
    workspace = lambda_workspace(function("it-computed"))
    workspace.apply()
    state = workspace.state(IT)
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:it-computed"
    path = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions"
    assert state["id"] == "it-computed"
    assert state["arn"] == arn
    assert state["invoke_arn"] == f"{path}/{arn}/invocations"
    assert state["qualified_arn"] == f"{arn}:$LATEST"
    assert state["version"] == "$LATEST"
    assert state["source_code_size"] == 192
    assert len(state["code_sha256"]) == 44
    workspace.destroy()


def test_a_change_is_published_as_the_next_version(lambda_workspace: Make) -> None:
    workspace = lambda_workspace(function("it-published", "publish = true"))
    workspace.apply()
    assert workspace.state(IT)["version"] == "1"
    workspace.write(function("it-published", "publish = true\ntimeout = 7"))
    assert workspace.plan()[IT].after_unknown["version"]
    workspace.apply()
    assert workspace.plan() == {}
    state = workspace.state(IT)
    assert (state["version"], state["qualified_arn"].rsplit(":", 1)[1]) == ("2", "2")
    workspace.destroy()


def test_a_changed_hash_uploads_the_package_again(
    lambda_workspace: Make, aws_client: Client
) -> None:
    hashed = 'source_code_hash = filebase64sha256("files/empty_package.zip")'
    workspace = lambda_workspace(function("it-hashed", hashed))
    workspace.apply()
    assert workspace.plan() == {}
    file = workspace.folder / "files" / "empty_package.zip"
    file.write_bytes(package("def lambda_handler(event, context): ..."))
    assert workspace.plan()[IT].actions == ["update"]
    workspace.apply()
    assert workspace.plan() == {}
    told = aws_client("lambda").get_function(FunctionName="it-hashed")["Configuration"]
    assert told["CodeSize"] == file.stat().st_size
    workspace.destroy()


def test_a_package_comes_from_s3(lambda_workspace: Make, aws_client: Client) -> None:
    s3 = aws_client("s3")
    s3.create_bucket(
        Bucket="it-packages", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    s3.put_object(Bucket="it-packages", Key="one.zip", Body=package("one = 1"))
    s3.put_object(Bucket="it-packages", Key="two.zip", Body=package("two = 2 + 2"))
    hcl = function("it-stored").replace(
        'filename      = "files/empty_package.zip"',
        's3_bucket     = "it-packages"\n s3_key        = "one.zip"',
    )
    workspace = lambda_workspace(hcl)
    workspace.apply()
    assert workspace.plan() == {}
    before = workspace.state(IT)["code_sha256"]
    workspace.write(hcl.replace("one.zip", "two.zip"))
    workspace.apply()
    assert workspace.plan() == {}
    assert workspace.state(IT)["code_sha256"] != before
    workspace.destroy()


def test_a_permission_takes_every_argument(lambda_workspace: Make) -> None:
    permissions = """
        resource "aws_lambda_permission" "account" {
          statement_id_prefix = "lab-"
          action              = "lambda:InvokeFunction"
          function_name       = aws_lambda_function.it.arn
          principal           = "123456789012"
          qualifier           = aws_lambda_function.it.version
        }
        resource "aws_lambda_permission" "skill" {
          action             = "lambda:InvokeFunction"
          function_name      = aws_lambda_function.it.function_name
          principal          = "alexa-appkit.amazon.com"
          event_source_token = "token"
        }
        resource "aws_lambda_permission" "bucket" {
          statement_id   = "bucket"
          action         = "lambda:InvokeFunction"
          function_name  = aws_lambda_function.it.function_name
          principal      = "s3.amazonaws.com"
          source_account = "123456789012"
          source_arn     = "arn:aws:s3:::packages"
        }
    """
    workspace = lambda_workspace(function("it-open", "publish = true") + permissions)
    workspace.apply()
    assert workspace.plan() == {}
    state = workspace.state("aws_lambda_permission.account")
    assert state["id"].startswith("lab-")
    assert state["qualifier"] == "1"
    import_id = f"it-open:1/{state['id']}"
    workspace.import_("aws_lambda_permission.account", import_id)
    assert workspace.state("aws_lambda_permission.account")["qualifier"] == "1"
    workspace.import_("aws_lambda_permission.bucket", "it-open/bucket")
    assert set(workspace.plan()) <= {"aws_lambda_permission.account"}
    workspace.destroy()


def test_a_function_that_is_to_stay_stays(lambda_workspace: Make, aws_client: Client) -> None:
    workspace = lambda_workspace(function("it-stays", "skip_destroy = true"))
    workspace.apply()
    workspace.destroy()
    client = aws_client("lambda")
    assert client.get_function(FunctionName="it-stays")["Configuration"]["State"] == "Active"
    client.delete_function(FunctionName="it-stays")
