"""Judge the reports that the sanitizers wrote, one file for each process.

    python tools/lsan_filter.py FOLDER

An error is an error.  A leak counts when one of its frames is ours: newer
Pythons, and other extension modules, have leaks of their own.
"""

import re
import sys
from pathlib import Path

OURS = re.compile(
    r"/_core\.[^/]*\.so"
    r"|\bsrc/((base|engine|bridge|types)/\w+|module)\.[ch]\b"
)
LEAK = re.compile(r"^(Direct|Indirect) leak of ")


def split(report: str) -> tuple[list[str], list[str]]:
    """Return the leak records of a report and its other paragraphs."""
    leaks, rest = [], []
    for paragraph in re.split(r"\n\s*\n", report):
        if LEAK.match(paragraph.lstrip()):
            leaks.append(paragraph.strip())
        elif paragraph.strip():
            rest.append(paragraph)
    return leaks, rest


def problems(report: str) -> list[str]:
    """Return what in a report is ours to mend."""
    leaks, rest = split(report)
    found = [leak for leak in leaks if OURS.search(leak)]
    text = "\n\n".join(rest)
    if "ERROR: AddressSanitizer" in text or "runtime error:" in text:
        found.append(text)
    return found


def main(folder: Path) -> int:
    """Print what is wrong in the reports of a folder; 1 if anything is."""
    files = sorted(folder.iterdir())
    bad = 0
    for file in files:
        for problem in problems(file.read_text(errors="replace")):
            print(f"{file.name}:\n{problem}\n")
            bad += 1
    print(f"sanitizers: {len(files)} reports, {bad} problems of ours")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
