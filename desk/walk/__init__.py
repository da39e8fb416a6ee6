"""The path walked once, told on the terminal: real sites, checks, flow runs, messages; people's parts are played."""

from desk.walk.tree import walk

__all__ = ["walk"]
