"""The texts speak of the software, not of the machine that they were on."""

from __future__ import annotations

import re

from source.tree import ROOT, name, text_files

# Written in pieces, so that this file does not find itself.
SLASH = "/"
MACHINE = re.compile(
    rf"(?<![\w.}}~]){SLASH}(home|root|Users|work){SLASH}\w"
    rf"|\bpypi\.{'org'}\b|\bpythonhosted\.{'org'}\b"
)
DEBTS = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX|HA" + r"CK)\b")


def found(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name(path)}:{number}: {line.strip()}"
        for path, text in text_files()
        for number, line in enumerate(text.split("\n"), start=1)
        if pattern.search(line)
    ]


def test_no_path_and_no_host_of_a_machine() -> None:
    assert not found(MACHINE)


def test_no_debts_are_noted_in_the_sources() -> None:
    assert not found(DEBTS)


def test_text_ends_with_one_newline_and_has_no_trailing_blanks() -> None:
    for path, text in text_files():
        if path.suffix in {".c", ".h", ".py", ".pyi", ".md", ".sh", ".toml"}:
            assert not text or text.endswith("\n"), name(path)
            assert not text.endswith("\n\n"), name(path)
            assert not re.search(r"[ \t]+$", text, re.M), name(path)


def test_make_help_lists_every_target() -> None:
    text = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z][\w-]*):", text, re.M))
    listed = set(re.findall(r"^([a-z][\w-]*):.*## \w", text, re.M))
    assert targets == listed
