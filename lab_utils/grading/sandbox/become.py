"""Runs a command as another user, for root: ``python -I -S become.py USER COMMAND...``.

It stays, as root, until the command ends. bubblewrap ends with its parent, by a signal that the
parent's end sends; and only root's may reach another user's process.
"""

from __future__ import annotations

import os
import sys


def main(argv: list[str]) -> int:
    """Return the command's exit status.

    Args:
        argv: The number of the user and of its group, then the command.
    """
    user, command = int(argv[0]), argv[1:]
    pid = os.fork()
    if pid == 0:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        os.execv(command[0], command)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return 128 - status if status < 0 else status


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
