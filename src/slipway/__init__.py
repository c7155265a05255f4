"""The controller's side of Slipway: what tasks.py needs and must not hold itself."""
