"""Shared fixtures: people by role, time, and the two databases."""
