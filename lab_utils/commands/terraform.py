"""``lab terraform``: Terraform in the workspace's ``terraform/``, on the lab's target."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from lab_utils.commands.answers import settings_of
from lab_utils.embedded import local_control
from lab_utils.environment import clean_environment
from lab_utils.terraform import Terraform


def terraform(arguments: argparse.Namespace) -> int:
    """Run Terraform on this terminal, and return its exit status."""
    settings = settings_of(arguments)
    own: Mapping[str, str] = {}
    if settings.is_local:
        own = local_control().start(settings).environment()
    engine = Terraform(settings.terraform_dir, clean_environment(settings, own))
    return engine.run(*arguments.arguments)
