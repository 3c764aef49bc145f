"""Terraform in grading: a student's configuration, applied as far as it can be.

A mistake in one block costs what that block is for, and not all that Terraform refuses to do with
it in the same folder: the blocks that Terraform's own errors name are set aside and listed.
"""

from lab_utils.grading.configuration.apply import (
    Applied,
    Destroyed,
    apply_configuration,
    destroy_configuration,
)
from lab_utils.grading.configuration.devices import device_files
from lab_utils.grading.configuration.sources import find_configuration
from lab_utils.grading.configuration.values import configured_region

__all__ = [
    "Applied",
    "Destroyed",
    "apply_configuration",
    "configured_region",
    "destroy_configuration",
    "device_files",
    "find_configuration",
]
