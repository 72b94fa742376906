"""Splits, and what is fitted on training rows and transforms any rows."""
