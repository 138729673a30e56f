"""Ten questions of an analyst, each as our statement and as SQL by hand.

Both give the same rows in the same order; where ours has instances, the SQL
has their columns.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlactive_c import (
    case,
    func,
    literal_column,
    or_,
    select,
)
from sqlactive_c.orm import aliased

from .tables import Airline, Airport, Flight, Plane, Weather

Make = Callable[[], Any]


@dataclass(frozen=True)
class Query:
    """A question; `sql` has all values in its text."""

    name: str
    statement: Make
    sql: str
    rows: int


QUERIES: list[Query] = []


def query(rows: int, sql: str) -> Callable[[Make], Make]:
    def add(statement: Make) -> Make:
        name = statement.__name__.replace("_", " ")
        QUERIES.append(Query(name, statement, sql, rows))
        return statement

    return add


@query(
    16,
    """
SELECT a.name, count(*), count(f.dep_time), avg(f.arr_delay),
    sum(CASE WHEN f.arr_delay > 15 THEN 1 ELSE 0 END)
FROM flights AS f JOIN airlines AS a ON a.carrier = f.carrier
GROUP BY a.carrier, a.name
ORDER BY count(*) DESC""",
)
def delays_of_each_airline() -> Any:
    late = case((Flight.arr_delay > 15, 1), else_=0)
    return (
        select(
            Airline.name,
            func.count().label("flights"),
            func.count(Flight.dep_time).label("departed"),
            func.avg(Flight.arr_delay).label("delay"),
            func.sum(late).label("late"),
        )
        .select_from(Flight)
        .join(Flight.airline)
        .group_by(Airline.carrier, Airline.name)
        .order_by(func.count().desc())
    )


@query(
    35,
    """
SELECT o.name, d.name, count(*), avg(f.air_time), max(f.distance)
FROM flights AS f
JOIN airports AS o ON o.faa = f.origin JOIN airports AS d ON d.faa = f.dest
GROUP BY f.origin, f.dest, o.name, d.name
HAVING count(*) > 3000
ORDER BY count(*) DESC, f.origin, f.dest""",
)
def busiest_routes() -> Any:
    origin, dest = aliased(Airport), aliased(Airport)
    return (
        select(
            origin.name.label("origin"),
            dest.name.label("dest"),
            func.count().label("flights"),
            func.avg(Flight.air_time).label("air_time"),
            func.max(Flight.distance).label("distance"),
        )
        .select_from(Flight)
        .join(Flight.origin_airport.of_type(origin))
        .join(Flight.dest_airport.of_type(dest))
        .group_by(Flight.origin, Flight.dest, origin.name, dest.name)
        .having(func.count() > 3000)
        .order_by(func.count().desc(), Flight.origin, Flight.dest)
    )


@query(
    15,
    """
WITH daily AS (
    SELECT origin, date, count(*) AS flights, avg(dep_delay) AS delay
    FROM flights GROUP BY origin, date
), ranked AS (
    SELECT origin, date, flights, delay,
        rank() OVER (PARTITION BY origin ORDER BY delay DESC) AS place
    FROM daily
)
SELECT origin, place, date, flights, delay FROM ranked
WHERE place <= 5 ORDER BY origin, place""",
)
def worst_days_of_each_airport() -> Any:
    daily = (
        select(
            Flight.origin,
            Flight.date,
            func.count().label("flights"),
            func.avg(Flight.dep_delay).label("delay"),
        )
        .group_by(Flight.origin, Flight.date)
        .cte("daily")
    )
    place = func.rank().over(
        partition_by=daily.c.origin, order_by=daily.c.delay.desc()
    )
    ranked = select(daily, place.label("place")).cte("ranked")
    c = ranked.c
    return (
        select(c.origin, c.place, c.date, c.flights, c.delay)
        .where(c.place <= 5)
        .order_by(c.origin, c.place)
    )


@query(
    365,
    """
SELECT date, flights,
    avg(flights) OVER (ORDER BY date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW),
    flights - lag(flights, 7) OVER (ORDER BY date),
    sum(cancelled) OVER (ORDER BY date)
FROM (
    SELECT date, count(*) AS flights,
        count(*) FILTER (WHERE dep_time IS NULL) AS cancelled
    FROM flights GROUP BY date
)
ORDER BY date""",
)
def flights_in_a_moving_week() -> Any:
    daily = (
        select(
            Flight.date,
            func.count().label("flights"),
            func.count().filter(Flight.dep_time.is_(None)).label("cancelled"),
        )
        .group_by(Flight.date)
        .subquery()
    )
    c = daily.c
    return select(
        c.date,
        c.flights,
        func.avg(c.flights)
        .over(order_by=c.date, rows=(-6, 0))
        .label("moving"),
        (c.flights - func.lag(c.flights, 7).over(order_by=c.date)).label(
            "change"
        ),
        func.sum(c.cancelled).over(order_by=c.date).label("cancelled"),
    ).order_by(c.date)


@query(
    16,
    """
WITH ordered AS (
    SELECT carrier, arr_delay,
        row_number() OVER (PARTITION BY carrier ORDER BY arr_delay) AS place,
        count(*) OVER (PARTITION BY carrier) AS n
    FROM flights WHERE arr_delay IS NOT NULL
)
SELECT a.name,
    max(CASE WHEN place = (n + 1) / 2 THEN arr_delay END) AS median,
    max(CASE WHEN place = (n * 9 + 9) / 10 THEN arr_delay END)
FROM ordered AS o JOIN airlines AS a ON a.carrier = o.carrier
WHERE place = (n + 1) / 2 OR place = (n * 9 + 9) / 10
GROUP BY a.name ORDER BY median, a.name""",
)
def median_and_last_decile_of_delays() -> Any:
    ordered = (
        select(
            Flight.carrier,
            Flight.arr_delay,
            func.row_number()
            .over(partition_by=Flight.carrier, order_by=Flight.arr_delay)
            .label("place"),
            func.count().over(partition_by=Flight.carrier).label("n"),
        )
        .where(Flight.arr_delay.is_not(None))
        .cte("ordered")
    )
    c = ordered.c
    middle = c.place == (c.n + 1) // 2
    decile = c.place == (c.n * 9 + 9) // 10
    median = func.max(case((middle, c.arr_delay))).label("median")
    return (
        select(
            Airline.name,
            median,
            func.max(case((decile, c.arr_delay))).label("decile"),
        )
        .select_from(ordered)
        .join(Airline, Airline.carrier == c.carrier)
        .where(or_(middle, decile))
        .group_by(Airline.name)
        .order_by(literal_column("median"), Airline.name)
    )


@query(
    9,
    """
SELECT p.manufacturer, count(DISTINCT g.tailnum), avg(g.idle), max(g.idle)
FROM (
    SELECT tailnum, julianday(date) - julianday(
        lag(date) OVER (PARTITION BY tailnum ORDER BY date, id)) AS idle
    FROM flights WHERE tailnum IS NOT NULL
) AS g JOIN planes AS p ON p.tailnum = g.tailnum
WHERE g.idle > 0 AND p.year BETWEEN 1990 AND 2010
GROUP BY p.manufacturer
HAVING count(DISTINCT g.tailnum) >= 2
ORDER BY avg(g.idle)
LIMIT 20""",
)
def days_between_flights_of_planes() -> Any:
    before = func.lag(Flight.date).over(
        partition_by=Flight.tailnum, order_by=(Flight.date, Flight.id)
    )
    idle = func.julianday(Flight.date) - func.julianday(before)
    gaps = (
        select(Flight.tailnum, idle.label("idle"))
        .where(Flight.tailnum.is_not(None))
        .subquery()
    )
    planes = func.count(gaps.c.tailnum.distinct())
    return (
        select(
            Plane.manufacturer,
            planes.label("planes"),
            func.avg(gaps.c.idle).label("mean"),
            func.max(gaps.c.idle).label("longest"),
        )
        .join(gaps, Plane.tailnum == gaps.c.tailnum)
        .where(gaps.c.idle > 0, Plane.year.between(1990, 2010))
        .group_by(Plane.manufacturer)
        .having(planes >= 2)
        .order_by(func.avg(gaps.c.idle))
        .limit(20)
    )


@query(
    4,
    """
SELECT CASE WHEN w.visib < 1 THEN 'fog' WHEN w.precip > 0.1 THEN 'rain'
        WHEN w.wind_speed > 25 THEN 'wind' ELSE 'fair' END AS sky,
    count(*), avg(f.dep_delay), avg(f.dep_time IS NULL)
FROM flights AS f
JOIN weather AS w ON w.origin = f.origin AND w.time_hour = f.time_hour
GROUP BY sky ORDER BY 3""",
)
def delays_by_weather() -> Any:
    sky = case(
        (Weather.visib < 1, "fog"),
        (Weather.precip > 0.1, "rain"),
        (Weather.wind_speed > 25, "wind"),
        else_="fair",
    ).label("sky")
    delay = func.avg(Flight.dep_delay).label("delay")
    return (
        select(
            sky,
            func.count().label("flights"),
            delay,
            func.avg(Flight.dep_time.is_(None)).label("cancelled"),
        )
        .select_from(Flight)
        .join(Flight.weather)
        .group_by(sky)
        .order_by(delay)
    )


@query(
    55,
    """
SELECT d.faa, d.name, d.lat, d.lon, d.alt, d.tz, d.dst, d.tzone,
    (SELECT count(*) FROM flights AS f WHERE f.dest = d.faa) AS arrivals
FROM airports AS d
WHERE d.alt < (SELECT avg(alt) FROM airports)
    AND EXISTS (SELECT 1 FROM flights AS f JOIN planes AS p
        ON p.tailnum = f.tailnum WHERE f.dest = d.faa AND p.seats > 100)
    AND d.faa IN (SELECT dest FROM flights WHERE distance > 100)
ORDER BY arrivals DESC, d.faa""",
)
def low_airports_that_large_planes_reach() -> Any:
    arrivals = (
        select(func.count())
        .select_from(Flight)
        .where(Flight.dest == Airport.faa)
        .scalar_subquery()
        .label("arrivals")
    )
    other = aliased(Airport)
    return (
        select(Airport, arrivals)
        .where(
            Airport.altitude
            < select(func.avg(other.altitude)).scalar_subquery(),
            select(literal_column("1"))
            .select_from(Flight)
            .join(Flight.plane)
            .where(Flight.dest == Airport.faa, Plane.seats > 100)
            .exists(),
            Airport.faa.in_(select(Flight.dest).where(Flight.distance > 100)),
        )
        .order_by(arrivals.desc(), Airport.faa)
    )


FLIGHT = """f.id, f.date, f.dep_time, f.sched_dep, f.dep_delay, f.arr_time,
    f.sched_arr_time, f.arr_delay, f.carrier, f.flight, f.tailnum, f.origin,
    f.dest, f.air_time, f.distance, f.time_hour"""


@query(
    51_955,
    f"""
SELECT {FLIGHT}
FROM flights AS f
WHERE f.time_hour < '2013-03-01 05:00:00.000000' ORDER BY f.id""",
)
def every_flight_of_two_months() -> Any:
    return (
        select(Flight)
        .where(Flight.time_hour < dt.datetime(2013, 3, 1, 5))
        .order_by(Flight.id)
    )


@query(
    8_193,
    f"""
SELECT {FLIGHT},
    p.tailnum, p.year, p.type, p.manufacturer, p.model, p.engines, p.seats,
    p.speed, p.engine
FROM flights AS f JOIN planes AS p ON p.tailnum = f.tailnum
WHERE p.manufacturer = 'BOEING' AND f.date >= '2013-10-01'
    AND f.sched_dep < '12:00:00.000000'
ORDER BY f.id""",
)
def mornings_of_one_maker_with_the_planes() -> Any:
    return (
        select(Flight, Plane)
        .join(Flight.plane)
        .where(
            Plane.manufacturer == "BOEING",
            Flight.date >= dt.date(2013, 10, 1),
            Flight.sched_dep < dt.time(12),
        )
        .order_by(Flight.id)
    )
