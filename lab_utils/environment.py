"""The environment of the programs that the lab starts: the target's own, and nothing stray."""

from __future__ import annotations

from collections.abc import Mapping

from botocore.config import Config

from lab_utils.settings import Settings, base_environment

_LOOPBACK = "127.0.0.1,localhost"
_KEPT = ("TF_VAR_",)


def clean_environment(settings: Settings, own: Mapping[str, str]) -> dict[str, str]:
    """Return an environment for Terraform, the AWS CLI or a script.

    On ``local`` no ``AWS_*`` of the machine passes, so real credentials are never sent and a
    real account is never touched; on ``aws`` they are what the programs need. Terraform's own
    variables do not pass on either, but for ``TF_VAR_*``: a CLI configuration file, a workspace
    or arguments set for other work would change what the lab does.

    Args:
        settings: The lab's settings.
        own: The target's variables, which win.
    """
    base = base_environment()
    kept = {name: value for name, value in base.items() if _passes(name, settings.is_local)}
    environment = {**kept, "CHECKPOINT_DISABLE": "1", **own}
    if settings.is_local:
        proxies = [base.get(name, "") for name in ("NO_PROXY", "no_proxy")]
        joined = ",".join(filter(None, [*proxies, _LOOPBACK]))
        return {**environment, "NO_PROXY": joined, "no_proxy": joined}
    if settings.region:
        environment["AWS_REGION"] = settings.region
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    configuration = settings.state_dir / "terraform.rc"
    configuration.touch()
    return {**environment, "TF_CLI_CONFIG_FILE": str(configuration)}


def without_proxy() -> Config:
    """Return a boto3 configuration that reaches 127.0.0.1 past any proxy of the machine.

    Botocore takes proxies from the environment only when none are configured, so the one entry
    here, for a scheme that no endpoint has, turns that look-up off.
    """
    return Config(proxies={"none": ""})


def _passes(name: str, is_local: bool) -> bool:
    if name.startswith("TF_"):
        return name.startswith(_KEPT)
    return not (is_local and name.startswith("AWS_"))
