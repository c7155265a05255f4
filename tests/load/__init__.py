"""A client that keeps asking a site while it is deployed, and counts what did not come back."""
