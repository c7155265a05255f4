"""Runs on the test host, on standard input of its Python: asks with h2load and prints what it took.

Arguments: how many requests, a command that prints the processes that answer, h2load's own words.
What is printed is JSON: requests a second, answers with 2xx, and CPU seconds of both sides.
"""

import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

RATE = re.compile(r"^finished in .*?, ([\d.]+) req/s", re.MULTILINE)
WELL = re.compile(r"^status codes: (\d+) 2xx", re.MULTILINE)


def seconds(processes: str) -> float:
    """CPU time that some processes have had, their own and the kernel's for them."""
    found = subprocess.run(["sh", "-c", processes], capture_output=True, text=True, check=True)
    ticks = 0
    for process in found.stdout.split():
        # After the command's name in brackets: the 14th and 15th field of proc(5).
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def main(requests: str, processes: str, *words: str) -> None:
    """Ask, and print what it took."""
    before = seconds(processes)
    command = ["h2load", "--h1", "--clients=16", "--threads=1", f"--requests={requests}", *words]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    answering = seconds(processes) - before
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    rate, well = RATE.search(said), WELL.search(said)
    found = {
        "rate": float(rate[1]) if rate else 0.0,
        "well": int(well[1]) if well else 0,
        "answering": answering,
        "asking": used.ru_utime + used.ru_stime,
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
