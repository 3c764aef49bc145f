"""The rules engine: what happens to a message that matches a topic rule."""
