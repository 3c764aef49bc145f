"""A submission's Lambda packed before Terraform asks for the package, and deployed after it."""

from lab_utils.grading.packaging_after import Deployed, deploy
from lab_utils.grading.packaging_before import Packaged, package

__all__ = ["Deployed", "Packaged", "deploy", "package"]
