"""Schedules on the lab clock: expressions, what is due when, and the timer that waits for it."""
