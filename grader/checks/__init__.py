"""The hidden checks: one module of plain pytest functions for each day."""
