"""The embedded AWS: one process per workspace, everything on 127.0.0.1."""
