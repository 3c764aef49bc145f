"""What IAM says against a policy."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lab_utils.local_aws.policy_documents import identity_policy_problem, trust_policy_problem

IDENTITY = {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "*"}
TRUST = {
    "Effect": "Allow",
    "Principal": {"Service": "iot.amazonaws.com"},
    "Action": "sts:AssumeRole",
}


def policy(*statements: Any, **more: Any) -> str:
    """Return a policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **more})


@pytest.mark.parametrize(
    "document",
    [
        policy(IDENTITY),
        json.dumps({"Statement": IDENTITY}),
        policy({**IDENTITY, "Sid": "One"}, {**IDENTITY, "Sid": "Two", "Effect": "Deny"}),
        policy({"Effect": "Deny", "NotAction": ["iot:*", "*"], "NotResource": "arn:aws:s3:::b/*"}),
        policy({**IDENTITY, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}, Id="mine"),
    ],
)
def test_a_sound_identity_policy_is_taken(document: str) -> None:
    assert identity_policy_problem(document) is None


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("{", "not in the valid JSON format"),
        ("[]", "Syntax errors"),
        (policy(), "Syntax errors"),
        (policy({**IDENTITY, "Effect": "allow"}), "Syntax errors"),
        (policy({**IDENTITY, "Actions": "iot:Publish"}), "Syntax errors"),
        (policy({**IDENTITY, "NotAction": "iot:Publish"}), "Syntax errors"),
        (policy(IDENTITY, Version="2012"), "Syntax errors"),
        (policy({"Effect": "Allow", "Resource": "*"}), "must contain actions"),
        (policy({"Effect": "Allow", "Action": "iot:Publish"}), "must contain resources"),
        (policy({**IDENTITY, "Action": "PutItem"}), "must be prefaced by a vendor"),
        (policy({**IDENTITY, "Resource": "Temperature"}), "Resource Temperature must be in ARN"),
        (policy({**IDENTITY, "Principal": "*"}), "should not specify a principal"),
        (policy({**IDENTITY, "Sid": "two words"}), "must be alpha-numeric"),
        (policy({**IDENTITY, "Sid": "One"}, {**IDENTITY, "Sid": "One"}), "must be unique"),
    ],
)
def test_a_malformed_identity_policy_is_refused_in_the_words_of_iam(
    document: str, words: str
) -> None:
    assert words in str(identity_policy_problem(document))


@pytest.mark.parametrize(
    "document",
    [
        policy(TRUST),
        policy({**TRUST, "Sid": ""}),
        policy({**TRUST, "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}),
        policy({**TRUST, "Principal": {"Service": ["lambda.amazonaws.com", "iot.amazonaws.com"]}}),
        policy({**TRUST, "Principal": "*"}),
    ],
)
def test_a_sound_trust_policy_is_taken(document: str) -> None:
    assert trust_policy_problem(document) is None


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("{", "contains invalid Json"),
        (policy({**TRUST, "Effect": "Permit"}), "Syntax errors"),
        (policy({**TRUST, "Resource": "*"}), "Has prohibited field Resource"),
        (policy({"Effect": "Allow", "Action": "sts:AssumeRole"}), "Missing required field"),
        (policy({**TRUST, "Action": "iot:Publish"}), "may only specify STS AssumeRole"),
        (
            policy({**TRUST, "Principal": {"Service": "iot.amazon.com"}}),
            'Invalid principal in policy: "SERVICE":"iot.amazon.com"',
        ),
    ],
)
def test_a_malformed_trust_policy_is_refused_in_the_words_of_iam(document: str, words: str) -> None:
    assert words in str(trust_policy_problem(document))
