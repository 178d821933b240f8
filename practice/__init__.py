"""A small real service to break and to roll back. It imports no room, and no room imports it."""
