"""The contract with ministack: each name that the lab wraps is there, and means what we think."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import importlib, inspect, json, sys
from pathlib import Path
from lab_utils.errors import TargetError
from lab_utils.local_aws import ministack_adapter as adapter, ministack_names as names
from lab_utils.local_aws.clock import LabClock
from lab_utils.local_aws.functions.variables import Doors
from lab_utils.local_aws.server_settings import ServerSettings
from lab_utils.local_aws.state.health import SavingHealth
from lab_utils.local_aws.state.items import ItemJournal
from lab_utils.local_aws.timestream.service import Timestream
settings = ServerSettings(Path(sys.argv[1]), "eu-west-1", 1)
adapter.prepare_environment(settings, 4566, 8883)
remove = json.loads(sys.argv[2])
if remove:
    module, _, name = remove.rpartition(".")
    delattr(importlib.import_module(module), name)
folder, clock = Path(sys.argv[1]), LabClock(1)
timestream = Timestream(folder, clock, SavingHealth())
try:
    doors = Doors(4566, 8443, 8883, folder)
    lab = adapter.Ministack(ItemJournal(folder / "items"), clock, timestream, doors)
except TargetError as error:
    print(json.dumps({"error": str(error)}))
    sys.exit()
iot = importlib.import_module("ministack.services.iot")
app = importlib.import_module("ministack.app")
print(json.dumps({
    "auth": app.AUTH,
    "endpoint": json.loads(iot._describe_endpoint({"endpointType": "iot:Data-ATS"})[2]),
    "unknown": iot._describe_endpoint({"endpointType": "iot:Nonsense"})[0],
    "verify": iot._mtls_build_ssl_context().verify_mode.name,
    "sources": [source.name for source in lab.sources()],
    "heavy": sorted({"duckdb", "numpy", "sqlglot"} & sys.modules.keys()),
    "signatures": {
        name: list(inspect.signature(getattr(lab_or_iot, name)).parameters)
        for lab_or_iot, name in (
            (iot, "_evaluate_topic_rules"),
            (iot, "put_topic_rule"),
        )
    },
}))
"""


def run(workspace: Path, remove: str | None = None) -> dict[str, object]:
    """Load ministack in a process of its own: it can be imported only once."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(workspace), json.dumps(remove)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_ministack_is_the_one_that_the_seams_fit(tmp_path: Path) -> None:
    answer = run(tmp_path)
    assert answer["auth"] is True
    assert answer["endpoint"] == {"endpointAddress": "localhost"}
    assert answer["unknown"] == 400
    assert answer["verify"] == "CERT_REQUIRED"
    sources = answer["sources"]
    assert isinstance(sources, list)
    assert {"iot_logging", "lab_clock", "iot", "iam", "dynamodb"} <= set(sources)
    assert answer["heavy"] == [], "Timestream is to cost nothing until it is used"
    assert answer["signatures"] == {
        "_evaluate_topic_rules": ["account", "region", "topic", "payload", "client_id"],
        "put_topic_rule": ["name", "payload", "named"],
    }


def test_a_missing_name_is_an_error_that_names_it(tmp_path: Path) -> None:
    error = str(run(tmp_path, "ministack.services.dynamodb._set_item")["error"])
    assert "it lacks: ministack.services.dynamodb._set_item" in error
    assert "requirements.lock" in error
