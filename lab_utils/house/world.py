"""Where the house finds the broker and the lab's time."""

from __future__ import annotations

from lab_utils.embedded import local_control
from lab_utils.house.fleet import Fleet
from lab_utils.lab_time import Timeline
from lab_utils.mqtt import Device
from lab_utils.session import Lab


class World:
    """What is around the house: asked once at the start, and again after an outage.

    Args:
        lab: The lab; its embedded AWS is started if it does not run yet.

    Raises:
        MqttError: There is no endpoint yet.

    Attributes:
        timeline: The lab's time.
        device: A device of the endpoint, not connected: the others are made after it.
    """

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self.device = lab.device()
        self.timeline: Timeline = lab.timeline()

    def reconnect(self, fleet: Fleet) -> bool:
        """Connect a fleet anew if the broker is there, and return whether it is.

        An embedded AWS that is gone is not started: whoever stopped it decides.

        Raises:
            MqttError: The broker does not let a device in, or has gone again.
        """
        port = self._port_now()
        if port is None:
            return False
        known = self.device
        self.device = Device(known.host, port, known.files, known.client_id)
        fleet.reconnect(self.device)
        return True

    def ask_time(self) -> None:
        """Ask for the lab's time anew: in an outage it stands still, or goes on elsewhere."""
        self.timeline = self._lab.timeline()

    def _port_now(self) -> int | None:
        settings = self._lab.settings
        if not settings.is_local:
            return self.device.port
        session = local_control().find(settings)
        return None if session is None else int(session.mqtt_port)
