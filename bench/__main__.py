"""`make bench`: measures radquarry against bare peers in the same run; `make bench BENCH=crawl` runs one."""

import sys

from bench import crawl, deidentifying, finding, many_studies, memory, moving, storing
from bench.table import Figure, write

MEASUREMENTS = {
    "crawl": crawl.measure,
    "deidentify": deidentifying.measure,
    "finder": finding.measure,
    "memory": memory.measure,
    "many": many_studies.measure,
    "storescp": storing.measure,
    "mover": moving.measure,
}


def main(names: list[str]) -> int:
    """Run the named measurements, or all; exit code 1 when a figure falls short of its goal."""
    unknown = set(names) - set(MEASUREMENTS)
    if unknown:
        print(f"no measurement is called {', '.join(sorted(unknown))}; there are {', '.join(MEASUREMENTS)}")
        return 2
    figures: list[Figure] = []
    for name in names or MEASUREMENTS:
        figures += MEASUREMENTS[name]()
    write(figures)
    return 0 if all(figure.reached for figure in figures) else 1


sys.exit(main(sys.argv[1:]))
