"""Tools of the house, which no part of the package needs."""
