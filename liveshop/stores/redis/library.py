"""The Lua function library: versioned by its content, loaded and never replaced."""


class Library:
    """The functions as Redis knows them; `Library()` reads them from the package's files."""
