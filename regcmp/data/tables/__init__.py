"""From bytes to a table of cells, and what is understood of its columns."""
