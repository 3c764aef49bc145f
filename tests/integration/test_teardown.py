"""The teardown on the Terraform files that the notebooks write: what goes, what stays, and why."""

from __future__ import annotations

import io
import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from awscli.clidriver import create_clidriver  # type: ignore[import-untyped]

from lab_utils import Lab
from lab_utils.cli import main
from lab_utils.embedded import local_control
from lab_utils.errors import TerraformError
from lab_utils.settings import CHECKOUT
from lab_utils.teardown.destruction import Teardown
from lab_utils.teardown.ownership import MAYBE
from lab_utils.terraform import Terraform
from lab_utils.workspace import seed_workspace
from tests.integration.test_lab_session import write_solutions
from tests.integration.things import wait_until

LOG = "/aws/lambda/ac_control_lambda"
DEPLOYER = """
resource "aws_iam_user" "deployer" { name = "deployer" }
resource "aws_iam_access_key" "deployer" { user = aws_iam_user.deployer.name }
resource "aws_iam_user_policy" "deployer" {
  name   = "deploy"
  user   = aws_iam_user.deployer.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "lambda:UpdateFunctionCode", Resource = "*" }] })
}
"""
ANY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}],
    }
)
TRUST = ANY.replace("iot:*", "sts:AssumeRole").replace(
    '"Resource": "*"', '"Principal": {"Service": "iot.amazonaws.com"}'
)


class Reader(list[str]):
    """Collects the lines for the reader."""

    @property
    def text(self) -> str:
        return "\n".join(self)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, reader: Reader) -> Iterator[Lab]:
    """A lab whose workspace has the files of parts 1 to 4, and a user for a pipeline."""
    folder = tmp_path_factory.mktemp("teardown") / "à démolir"
    seed_workspace(CHECKOUT, folder)
    write_solutions(folder / "terraform", 4)
    (folder / "terraform" / "deployer.tf").write_text(DEPLOYER)
    lab = Lab(target="local", workspace=folder, speed=60, report=reader.append)
    yield lab
    local_control().stop(lab.settings)


@pytest.fixture
def lab(built: Lab, reader: Reader) -> Lab:
    """The lab with everything made, and its function's log."""
    built.apply()
    built.client("logs").describe_log_groups(logGroupNamePrefix=LOG)
    wait_until(lambda: LOG in log_groups(built), "the schedule has invoked the function")
    reader.clear()
    return built


def log_groups(lab: Lab) -> list[str]:
    groups = lab.client("logs").describe_log_groups()["logGroups"]
    return [group["logGroupName"] for group in groups]


def titles(lab: Lab) -> list[str]:
    frame = lab.leftovers()
    return [f"{row.service} {row.kind} {row.name}" for row in frame.itertuples()]


def run_commands(lab: Lab, commands: list[str]) -> None:
    """Run commands of the AWS CLI, in this process: starting it anew takes a second each."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in lab.environment().items():
            patch.setenv(name, value)
        driver = create_clidriver()
        for command in (part for line in commands for part in line.split(" && ")):
            program, *arguments = shlex.split(command)
            assert (program, driver.main(arguments)) == ("aws", 0), command


def test_the_command_asks_first_counts_what_goes_and_tells_how_the_rest_is_removed(
    lab: Lab, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["--workspace", str(lab.settings.workspace), "destroy"]
    monkeypatch.setattr("sys.stdin", io.StringIO("no\n"))
    assert main(command) == 1
    shown = capsys.readouterr()
    assert "Nobody answered yes" in shown.err
    assert "Terraform will destroy 30 resources" in shown.out
    assert "IAM 12, IoT Core 8, files on this machine 3" in shown.out
    assert "What Terraform does not remove stays" in shown.out
    assert main([*command, "--dry-run", "--json"]) == 0
    planned = json.loads(capsys.readouterr().out)["planned"]
    assert (planned["Timestream"], planned["DynamoDB"]) == (2, 1)
    assert lab.terraform.resource_addresses()
    with lab.device("temp_1") as device:
        device.publish("sensor/temperature/temp_1", {"temperature": 1})
        assert main([*command, "--yes", "--json"]) == 1
    shown = capsys.readouterr()
    told = json.loads(shown.out)
    assert told["destroyed"] == planned
    assert [one["kind"] for one in told["leftovers"]] == ["logging options", "log group"]
    assert list(told["unasked"]) == ["QuickSight"]
    for words in ("30 destroyed", "terraform/files. terraform.tfstate.backup", "AWS_ACCESS_KEY_ID"):
        assert words in shown.err
    assert not list((lab.settings.terraform_dir / "files").glob("test.*"))
    left = lab.leftovers()
    assert list(left.columns) == ["service", "kind", "name", "why", "remove"]
    assert set(map(str, left.dtypes)) == {"string"}
    assert list(left["name"]) == ["at the level ERROR", LOG]
    assert "Lambda made it" in left["why"][1]
    run_commands(lab, list(left["remove"]))
    assert main([*command, "--yes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "Terraform's state holds nothing: there is nothing to destroy." in lines
    assert lines[-1] == "Nothing of the practical is left."


def test_what_was_tied_by_hand_is_told_with_the_command_that_unties_it(
    lab: Lab, reader: Reader
) -> None:
    iot, arn = lab.client("iot"), certificate_arn(lab)
    iot.create_policy(policyName="by_hand", policyDocument=ANY)
    iot.attach_policy(policyName="by_hand", target=arn)
    iot.create_thing(thingName="garage")
    iot.attach_thing_principal(thingName="garage", principal=arn)
    lab.client("timestream-write").create_table(DatabaseName="iot", TableName="more")
    key = lab.client("iam").create_access_key(UserName="deployer")["AccessKey"]["AccessKeyId"]
    with pytest.raises(TerraformError) as caught:
        lab.destroy()
    assert reader.text.count("aws_iot_certificate.cert: failed") == 1
    told = str(caught.value)
    assert "Terraform unties only what it tied itself" in told
    for words in ("thing garage", "policy by_hand", "table iot.more", f"access key {key}"):
        assert words in told
    ways = [one.strip() for one in told.splitlines() if one.startswith("  aws ")]
    assert f"aws iot detach-policy --policy-name by_hand --target {arn}" in ways
    run_commands(lab, ways)
    lab.destroy(leftovers=True)
    assert "IoT Core thing garage: removed" in reader.text
    assert "AWS_ACCESS_KEY_ID" in reader.text  # of the key that went in the run that failed
    assert reader.text.count("Nothing of the practical is left.") == 1
    assert titles(lab) == []


def test_with_leftovers_ties_are_cut_before_and_what_is_left_goes_after(
    lab: Lab, reader: Reader
) -> None:
    iot, iam, events = lab.client("iot"), lab.client("iam"), lab.client("events")
    second = iot.create_keys_and_certificate(setAsActive=True)["certificateArn"]
    iot.attach_policy(policyName="house-device", target=second)
    iot.attach_thing_principal(thingName="house", principal=second)
    version = {"policyName": "house-device", "policyDocument": ANY}
    iot.create_policy_version(**version, setAsDefault=True)
    function = lab.client("lambda").get_function(FunctionName="ac_control_lambda")
    target = {"Id": "more", "Arn": function["Configuration"]["FunctionArn"]}
    events.put_targets(Rule="every-one-minute", Targets=[target])
    events.put_rule(Name="by-hand", ScheduleExpression="rate(1 hour)")
    events.put_targets(Rule="by-hand", Targets=[target])
    policy = iam.create_policy(PolicyName="by_hand", PolicyDocument=ANY)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="iot_role", PolicyArn=policy)
    iam.create_login_profile(UserName="deployer", Password="Correct-horse-9")
    iam.attach_user_policy(UserName="deployer", PolicyArn=policy)
    iam.put_user_policy(UserName="deployer", PolicyName="by_hand", PolicyDocument=ANY)
    lab.destroy(leftovers=True)
    assert "EventBridge target more: untied" in reader.text
    assert "IAM login profile deployer: untied" in reader.text
    assert "EventBridge rule by-hand: removed" in reader.text
    assert "IAM policy by_hand: removed" in reader.text
    assert reader[-3:-2] == ["Nothing of the practical is left."]
    assert titles(lab) == []


def test_every_kind_is_found_and_goes_by_a_command_that_the_aws_cli_has(
    built: Lab, reader: Reader
) -> None:
    function = make_one_of_each_kind(built)
    found = built.teardown().survey().leftovers
    kinds = {(one.service, one.kind) for one in found}
    assert kinds >= KINDS, KINDS - kinds
    services = create_clidriver().create_help_command().command_table
    for call in (call for one in found for call in one.calls):
        _aws, service, operation, *words = shlex.split(call.command)
        operations = services[service].create_help_command().command_table
        options = operations[operation].create_help_command().arg_table
        asked = {word[2:] for word in words if word.startswith("--")}
        assert asked <= set(options), call.command
    [bucket] = [one for one in found if one.kind == "bucket"]
    built.client("s3").put_object(Bucket=bucket.name, Key="reading.json", Body=b"{}")
    run_commands(built, [bucket.remove])
    reader.clear()
    built.destroy(leftovers=True)
    assert reader[-1] == "Nothing of the practical is left.", reader.text
    assert function not in str(built.client("lambda").list_functions())


KINDS = {
    ("Lambda", "layer"),
    ("Lambda", "function"),
    ("Lambda", "event source mapping"),
    ("EventBridge Scheduler", "schedule"),
    ("IoT Core", "thing group"),
    ("IoT Core", "thing type"),
    ("IAM", "group"),
    ("IAM", "policy"),
    ("S3", "bucket"),
}


def make_one_of_each_kind(lab: Lab) -> str:
    """Make by hand what no other test has; return the function's name."""
    functions, iam, iot = lab.client("lambda"), lab.client("iam"), lab.client("iot")
    package = (lab.settings.terraform_dir / "files" / "empty_package.zip").read_bytes()
    functions.publish_layer_version(LayerName="layer", Content={"ZipFile": package})
    role = iam.create_role(RoleName="by_hand", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    iam.create_instance_profile(InstanceProfileName="by_hand")
    iam.add_role_to_instance_profile(InstanceProfileName="by_hand", RoleName="by_hand")
    lambda_role = iam.create_role(
        RoleName="for_lambda", AssumeRolePolicyDocument=TRUST.replace("iot.", "lambda.")
    )["Role"]["Arn"]
    made = functions.create_function(
        FunctionName="by_hand",
        Runtime="python3.13",
        Role=lambda_role,
        Handler="a.b",
        Code={"ZipFile": package},
    )
    queue = lab.client("sqs").create_queue(QueueName="by_hand")["QueueUrl"]
    told = lab.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    functions.create_event_source_mapping(
        FunctionName="by_hand", EventSourceArn=told["Attributes"]["QueueArn"]
    )
    lab.client("scheduler").create_schedule(
        Name="by_hand",
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": made["FunctionArn"], "RoleArn": role},
    )
    iot.create_thing_group(thingGroupName="by_hand")
    iot.create_thing_type(thingTypeName="by_hand")
    iam.create_user(UserName="by_hand")
    iam.create_group(GroupName="by_hand")
    iam.add_user_to_group(GroupName="by_hand", UserName="by_hand")
    policy = iam.create_policy(PolicyName="versions", PolicyDocument=ANY)["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=ANY, SetAsDefault=True)
    iam.attach_group_policy(GroupName="by_hand", PolicyArn=policy)
    iam.put_group_policy(GroupName="by_hand", PolicyName="inline", PolicyDocument=ANY)
    lab.client("s3").create_bucket(
        Bucket="by-hand", CreateBucketConfiguration={"LocationConstraint": lab.settings.region}
    )
    return "by_hand"


def test_a_lost_state_is_made_up_for_by_names_and_tags_and_strangers_are_left_alone(
    lab: Lab, reader: Reader
) -> None:
    forget_everything(lab)
    strangers = make_strangers(lab)
    lab.destroy()
    assert reader[0] == "Terraform's state holds nothing: there is nothing to destroy."
    assert not lab.client("iot").list_thing_groups()["thingGroups"]
    shared = Teardown(
        lab.settings.workspace, lab.client, lab.terraform, reader.append, is_account_own=False
    )
    shared.destroy(shared.preview(), with_leftovers=True)
    assert "IoT Core thing house: removed" in reader.text  # the certificate lies in the workspace
    found = shared.survey().leftovers
    # What has no more than the tag may as well be another workspace's.
    assert not [one for one in found if one.calls or MAYBE not in one.why]
    told = "\n".join(one.title for one in found)
    assert not [name for name in strangers if name in told]
    for words in ("policy house-device", "topic rule readings", "table iot.", "database iot"):
        assert words in told
    run_commands(lab, [one.remove for one in found])
    shared.destroy(shared.preview(), with_leftovers=True)
    assert "Nothing of the practical is left." in reader
    left = " ".join(titles(lab))
    assert all(name in left for name in strangers), left
    lab.destroy(leftovers=True)


def make_strangers(lab: Lab) -> list[str]:
    """Make what somebody else may have on a shared account; nothing of it has the tag."""
    lab.client("dynamodb").create_table(
        TableName="their_table",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    lab.client("iam").create_role(RoleName="their_role", AssumeRolePolicyDocument=TRUST)
    lab.client("iam").create_user(UserName="their_user")
    lab.client("iot").create_thing(thingName="their_thing")
    theirs = lab.client("iot").create_keys_and_certificate(setAsActive=True)
    lab.client("iot").attach_thing_principal(
        thingName="their_thing", principal=theirs["certificateArn"]
    )
    lab.client("logs").create_log_group(logGroupName="/aws/lambda/their_function")
    lab.client("timestream-write").create_database(DatabaseName="their_database")
    lab.client("events").put_rule(Name="their_rule", ScheduleExpression="rate(1 hour)")
    names = ("table", "role", "user", "thing", "function", "database", "rule")
    return [*(f"their_{name}" for name in names), theirs["certificateId"]]


def forget_everything(lab: Lab) -> None:
    for path in lab.settings.terraform_dir.glob("terraform.tfstate*"):
        path.unlink()
    (lab.settings.state_dir / "teardown.json").unlink(missing_ok=True)


def certificate_arn(lab: Lab) -> str:
    described = lab.client("iot").describe_certificate(certificateId=lab.certificate_id)
    return str(described["certificateDescription"]["certificateArn"])


class KilledTerraform(Terraform):
    """Terraform whose process is killed as soon as it has destroyed something."""

    def destroy_and_die(self, reader: Reader) -> None:
        def report(line: str) -> None:
            reader.append(line)
            if line.endswith(": destroyed"):
                self._process.kill()

        self._report = report
        self.destroy()

    def _start(self, arguments: object) -> subprocess.Popen[str]:
        self._process = super()._start(arguments)  # type: ignore[arg-type]
        return self._process


def test_what_went_by_hand_or_in_a_killed_run_is_no_obstacle(lab: Lab, reader: Reader) -> None:
    lab.client("dynamodb").delete_table(TableName="Temperature")
    lab.client("lambda").delete_function(FunctionName="ac_control_lambda")
    killed = KilledTerraform(lab.settings.terraform_dir, lab.environment())
    with pytest.raises(TerraformError, match=r"signal 9.*\n.*lab\.destroy\(\) again"):
        killed.destroy_and_die(reader)
    state = lab.settings.terraform_dir / "terraform.tfstate"
    state.write_text("")  # what a kill in the very moment of writing leaves
    lab.destroy(dry_run=True)
    assert "terraform.tfstate was damaged" in reader.text
    with locked(state), pytest.raises(TerraformError, match="lab terraform force-unlock"):
        lab.destroy()
    lab.destroy(leftovers=True)
    assert titles(lab) == []


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a file in another process, as a Terraform does that works on it."""
    script = "import fcntl, sys; f = open(sys.argv[1], 'r+'); fcntl.lockf(f, fcntl.LOCK_EX); "
    script += "print('held', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", script, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield
        holder.communicate()
