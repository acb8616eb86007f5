"""A node of the release before next to one of this, through whole shows."""
