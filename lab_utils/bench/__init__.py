"""``lab bench``: how fast the embedded AWS is, as ratios that were measured within one run.

Each benchmark starts what it measures by itself, on the loopback interface and in a folder that
it removes, and alternates between the two sides of a ratio, so that both see the same machine.
"""
