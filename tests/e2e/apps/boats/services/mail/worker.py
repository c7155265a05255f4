"""Another service of this repository, which is not a Django application."""
