"""Part 5: who deploys may do that and nothing else."""

from __future__ import annotations

from lab_utils.checks.base import CheckContext, Finding
from lab_utils.checks.deployers import UPDATE, Deployer, Identities, find_excess, may_deploy
from lab_utils.checks.functions import Function, require_function
from lab_utils.checks.policies import listed, names, statements
from lab_utils.checks.roles import decide

_MOST_TOLD = 4
_FULL_ACCESS = "AWSLambda_FullAccess"
_FULL_ACCESS_HINT = (
    f"{_FULL_ACCESS} is what the practical names, and it lets whoever reads the key in GitLab "
    "change, delete and invoke every function, and pass roles to new ones. Detach it, and give a "
    f"policy of your own with one statement: {UPDATE} on the function's arn."
)
_TOO_MUCH_HINT = (
    f"one statement is enough: Action {UPDATE}, Resource the function's arn, "
    "aws_lambda_function.NAME.arn. A key in a pipeline is read by everyone who may change the "
    "pipeline."
)
_ROLE_HINT = (
    "1. aws_iam_user; 2. aws_iam_user_policy on it with one statement, "
    f"{UPDATE} on aws_lambda_function.NAME.arn; 3. aws_iam_access_key for GitLab's variables."
)


def look_at_deployer(context: CheckContext) -> Finding:
    """Return whether a user or a role may deploy the function, and nothing else."""
    function, _ = require_function(context)
    identities = Identities(context)
    able = [one for one in identities.users() if may_deploy(context, one, function)]
    able += [one for one in identities.roles() if may_deploy(context, one, function)]
    if not able:
        return _nobody(identities, function)
    excess = {one: find_excess(context, one, function) for one in able}
    limited = [one for one in able if not excess[one]]
    if limited:
        return _limited(context, limited[0], function)
    nearest = min(able, key=lambda one: len(excess[one]))
    return _too_much(nearest, excess[nearest])


def _nobody(identities: Identities, function: Function) -> Finding:
    users = ", ".join(one.name for one in identities.users()) or "none"
    seen = f"no user and no role may {UPDATE} on {function.name}; the users: {users}"
    return Finding(False, seen, hint=_ROLE_HINT)


def _too_much(one: Deployer, excess: list[str]) -> Finding:
    more = len(excess) - _MOST_TOLD
    first_of_each = {what.split(":")[0]: what for what in reversed(excess)}
    ordered = list(dict.fromkeys([*reversed(first_of_each.values()), *excess]))
    told = ", ".join(ordered[:_MOST_TOLD]) + (f" and {more} more" if more > 0 else "")
    hint = _FULL_ACCESS_HINT if _FULL_ACCESS in one.managed else _TOO_MUCH_HINT
    return Finding(False, f"{one} may deploy, and also {told}", hint=hint)


def _limited(context: CheckContext, one: Deployer, function: Function) -> Finding:
    seen = f"{one} may change the code of {function.name}, and nothing else that was tried"
    return Finding(True, seen, remark=" ".join(_remarks(context, one, function)))


def _remarks(context: CheckContext, one: Deployer, function: Function) -> list[str]:
    found = []
    if _names_more(one, function):
        found.append(
            "the policy's Resource ends in *: functions whose names begin alike are meant too."
        )
    if decide(context, one.arn, "lambda:InvokeFunction", function.arn) == "allowed":
        found.append("it may also invoke the function, which deploying does not need.")
    if one.kind == "user" and not _keys(context, one):
        found.append(f"{one.name} has no access key yet: aws_iam_access_key.")
    return found


def _names_more(one: Deployer, function: Function) -> bool:
    """Return whether a policy stands for functions whose names begin with this one's."""
    return any(
        names(listed(statement.get("Resource")), f"{function.arn}-another")
        for document in one.documents
        for statement in statements(document)
        if statement.get("Effect") == "Allow"
        and names(statement.get("Action"), UPDATE, ignore_case=True)
    )


def _keys(context: CheckContext, one: Deployer) -> list[object]:
    told = context.client("iam").list_access_keys(UserName=one.name)
    return list(told["AccessKeyMetadata"])
