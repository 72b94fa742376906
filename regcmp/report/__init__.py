"""How a report is laid out: one table built once; terminal, Markdown, CSV and JSON show the same cells."""
