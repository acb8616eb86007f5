"""One module for each scenario, with a function `run(bench)`."""
