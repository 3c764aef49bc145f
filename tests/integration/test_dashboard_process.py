"""The dashboard's process: its address, its port, its end with whoever started it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request

import psutil
import pytest

from lab_utils.dashboard.process import Dashboard
from lab_utils.dashboard.server import HOST
from lab_utils.errors import DashboardError
from lab_utils.settings import Settings
from tests.integration.things import wait_until

START = """
import os, sys
from lab_utils.dashboard.process import Dashboard
from lab_utils.settings import read_settings
page = Dashboard(read_settings(workspace=sys.argv[1]), None, print)
print(page.url, flush=True)
os.kill(os.getpid(), 9)
"""


def port_of(url: str) -> int:
    return int(url.rstrip("/").rpartition(":")[2])


def is_served(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def test_a_page_is_served_on_the_loopback_interface_alone_until_it_is_stopped(
    lab_workspace: Settings,
) -> None:
    page = Dashboard(lab_workspace, None, print)
    port = port_of(page.url)
    with urllib.request.urlopen(page.url) as answer:
        assert "The house, live" in answer.read().decode()
    listens = [one for one in psutil.net_connections("tcp") if one.status == "LISTEN"]
    places = {tuple(one.laddr) for one in listens}
    assert [ip for ip, its_port in places if its_port == port] == [HOST]
    assert page._repr_mimebundle_() == {"text/plain": f"The dashboard is served at {page.url}"}
    with pytest.raises(DashboardError, match=f"on the port {port}") as raised:
        Dashboard(lab_workspace, port, print)
    assert "--port" in raised.value.next_step
    page.stop()
    page.stop()
    assert not is_served(port)
    assert "is stopped" in repr(page)


def test_a_page_ends_with_the_program_that_started_it_however_that_ends(
    lab_workspace: Settings,
) -> None:
    command = [sys.executable, "-c", START, str(lab_workspace.workspace)]
    killed = subprocess.run(command, capture_output=True, text=True, check=False)
    port = port_of(killed.stdout.strip())
    wait_until(lambda: not is_served(port), "the page's process has ended")


def test_the_command_prints_its_address_and_ends_with_ctrl_c(lab_workspace: Settings) -> None:
    command = [sys.executable, "-m", "lab_utils.cli", "--workspace", str(lab_workspace.workspace)]
    running = subprocess.Popen(
        [*command, "dashboard", "--no-browser", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    url = json.loads(running.stdout.readline())["url"]
    with urllib.request.urlopen(url) as answer:
        assert answer.status == 200
    running.send_signal(signal.SIGINT)
    rest, heard = running.communicate(timeout=30)
    assert (running.returncode, rest, heard) == (0, "", "")
