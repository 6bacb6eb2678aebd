"""The project's own tests, one folder a package; see CONTRIBUTING.md for what belongs where."""
