"""Runs: one trained network for each condition, method and seed, from planning to collecting."""
