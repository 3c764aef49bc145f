"""Data ``aws_caller_identity``."""

from __future__ import annotations

from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.resource import AwsResource, DataSource
from lab_utils.local_aws.provider.values import State


class CallerIdentity(DataSource):
    """Who the credentials belong to."""

    type_name = "aws_caller_identity"
    label = "STS Caller Identity"
    service = "STS"

    def read(self, context: Context, _config: State) -> State:
        """Ask STS."""
        answer = context.client("sts").get_caller_identity()
        return {
            "id": answer["Account"],
            "account_id": answer["Account"],
            "arn": answer["Arn"],
            "user_id": answer["UserId"],
        }


RESOURCES: tuple[type[AwsResource], ...] = ()
DATA_SOURCES: tuple[type[DataSource], ...] = (CallerIdentity,)
