"""What the embedded AWS keeps on disk, so that a kill loses nothing that was acknowledged."""
