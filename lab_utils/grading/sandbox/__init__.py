"""Where a submission's code runs: a cell of its own, by bubblewrap, with limits."""
