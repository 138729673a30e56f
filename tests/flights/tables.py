"""The tables of the flights that left New York in 2013, as models.

The text stands for the peer as well: with the first word of its imports
changed, the module maps the same tables there.
"""

from __future__ import annotations

import datetime as dt

from sqlactive_c import ForeignKey, Index, String
from sqlactive_c.orm import (
    DeclarativeBase,
    Mapped,
    mapped_column,
    relationship,
)


class Base(DeclarativeBase):
    """The metadata of the five tables."""


class Airline(Base):
    __tablename__ = "airlines"

    carrier: Mapped[str] = mapped_column(String(2), primary_key=True)
    name: Mapped[str]

    flights: Mapped[list[Flight]] = relationship(back_populates="airline")


class Airport(Base):
    __tablename__ = "airports"

    faa: Mapped[str] = mapped_column(String(3), primary_key=True)
    name: Mapped[str]
    lat: Mapped[float]
    lon: Mapped[float]
    altitude: Mapped[int] = mapped_column("alt")
    tz: Mapped[int]
    dst: Mapped[str] = mapped_column(String(1))
    tzone: Mapped[str | None]

    departures: Mapped[list[Flight]] = relationship(
        back_populates="origin_airport", foreign_keys="Flight.origin"
    )
    arrivals: Mapped[list[Flight]] = relationship(
        back_populates="dest_airport", foreign_keys="Flight.dest"
    )
    weather: Mapped[list[Weather]] = relationship(
        back_populates="airport", order_by="Weather.time_hour"
    )


class Plane(Base):
    __tablename__ = "planes"

    tailnum: Mapped[str] = mapped_column(String(6), primary_key=True)
    year: Mapped[int | None]
    type: Mapped[str]
    manufacturer: Mapped[str]
    model: Mapped[str]
    engines: Mapped[int]
    seats: Mapped[int]
    speed: Mapped[int | None]
    engine: Mapped[str]

    flights: Mapped[list[Flight]] = relationship(back_populates="plane")


class Weather(Base):
    """An hour at an airport; `time_hour` is in UTC, the rest local."""

    __tablename__ = "weather"

    origin: Mapped[str] = mapped_column(
        ForeignKey("airports.faa"), primary_key=True
    )
    time_hour: Mapped[dt.datetime] = mapped_column(primary_key=True)
    date: Mapped[dt.date]
    hour: Mapped[int]
    temp: Mapped[float | None]
    dewp: Mapped[float | None]
    humid: Mapped[float | None]
    wind_dir: Mapped[int | None]
    wind_speed: Mapped[float | None]
    wind_gust: Mapped[float | None]
    precip: Mapped[float]
    pressure: Mapped[float | None]
    visib: Mapped[float]

    airport: Mapped[Airport] = relationship(back_populates="weather")


class Flight(Base):
    """A departure.

    The foreign keys are not enforced: some planes and four destinations are
    missing in the data.
    """

    __tablename__ = "flights"
    __table_args__ = (
        Index("flights_of_plane", "tailnum", "date"),
        Index("flights_to", "dest"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    date: Mapped[dt.date]
    dep_time: Mapped[int | None]
    sched_dep: Mapped[dt.time]
    dep_delay: Mapped[int | None]
    arr_time: Mapped[int | None]
    sched_arr_time: Mapped[int]
    arr_delay: Mapped[int | None]
    carrier: Mapped[str] = mapped_column(ForeignKey("airlines.carrier"))
    number: Mapped[int] = mapped_column("flight")
    tailnum: Mapped[str | None] = mapped_column(ForeignKey("planes.tailnum"))
    origin: Mapped[str] = mapped_column(ForeignKey("airports.faa"))
    dest: Mapped[str] = mapped_column(ForeignKey("airports.faa"))
    air_time: Mapped[int | None]
    distance: Mapped[int]
    time_hour: Mapped[dt.datetime]

    airline: Mapped[Airline] = relationship(back_populates="flights")
    plane: Mapped[Plane | None] = relationship(back_populates="flights")
    origin_airport: Mapped[Airport] = relationship(
        back_populates="departures", foreign_keys=[origin]
    )
    dest_airport: Mapped[Airport | None] = relationship(
        back_populates="arrivals", foreign_keys=[dest]
    )
    weather: Mapped[Weather | None] = relationship(
        primaryjoin="and_(foreign(Flight.origin) == Weather.origin,"
        " foreign(Flight.time_hour) == Weather.time_hour)",
        viewonly=True,
    )


MODELS = (Airline, Airport, Plane, Weather, Flight)
