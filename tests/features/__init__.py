"""The features' own tests, a folder each."""
