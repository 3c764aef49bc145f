"""Replays submitted notebooks: what is run, by whom, and how it is kept within bounds."""
