"""Teardown: what will go, what stands in the way, and the proof of what is left."""
