"""The one exception that is meant for people."""


class Problem(Exception):
    """One clear sentence for a person, naming what to change.

    tasks.py and the command lines of this package print it and exit 1; any other
    exception is a defect of Slipway and keeps its traceback.
    """
