"""What tests skip where it is missing is there where they must not skip."""

from __future__ import annotations

from flights.load import MISSING, data_folder


def test_the_data_of_the_flights_are_installed() -> None:
    assert data_folder() is not None, MISSING
