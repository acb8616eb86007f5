"""Product sets."""
