"""What Python hands to the C core, once, when the package is imported.

C never imports this package; it calls these.  What is rare is imported when
it is called.
"""

from __future__ import annotations

import atexit
from typing import TYPE_CHECKING, Any

from . import _core, exc

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from .engine.log import EngineLogger
    from .engine.watch import Port


def _make_database_error(*args: Any) -> exc.DBAPIError | MemoryError:
    return exc.make_database_error(*args)


def _make_programming_error(*args: Any) -> exc.ProgrammingError:
    return exc.make_programming_error(*args)


def _resolve_engine(url: Any, keywords: dict[str, Any]) -> dict[str, Any]:
    from .engine.create import resolve_engine

    return resolve_engine(url, keywords)


def _resolve_isolation(level: Any) -> str:
    from .engine.create import isolation_of

    return isolation_of("isolation_level", level)


def _log_event(log: EngineLogger, event: str) -> None:
    log.event(event)


def _log_statement(
    log: EngineLogger, sql: str, parameters: Any, many: bool, raw: bool
) -> None:
    log.statement(sql, parameters, many, raw)


def _forgotten(about: tuple[Any, ...]) -> None:
    from .engine.locks import report_forgotten

    report_forgotten(about)


def _log_rows(log: EngineLogger, result: _core.Result[Any]) -> None:
    log.rows(result)


def _watch_port(loop: AbstractEventLoop, port: Port) -> None:
    from .engine.watch import watch_port

    watch_port(loop, port)


def _run_sync(
    connection: _core.AsyncConnection,
    function: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None,
) -> Any:
    from .engine.sync import run_sync

    return run_sync(connection, function, args, kwargs)


def _create_missing(engine: _core.AsyncEngine, metadatas: Any) -> Any:
    from .sql.ddl import create_missing

    return create_missing(engine, metadatas)


def _default_base() -> type[Any]:
    from .base_model import ActiveRecordBaseModel

    return ActiveRecordBaseModel


def _text_method(
    name: str,
    text: _core.TextClause,
    args: tuple[Any, ...] | None,
    kwargs: dict[str, Any] | None,
) -> Any:
    from .sql import textual

    return getattr(textual, name)(text, *(args or ()), **(kwargs or {}))


def _make_transaction(registry: Any) -> Any:
    from .records.units import transaction

    return transaction(registry)


def _driver_face(driver: Any, connection: _core.AsyncConnection) -> Any:
    from .engine.driver import PooledConnection

    return PooledConnection(driver, connection)


def _driver_opened(engine: _core.AsyncEngine, driver: Any) -> None:
    from .event.engines import fire_connect

    fire_connect(engine, driver)


def _engine_event(name: str, connection: _core.AsyncConnection) -> None:
    from .event.engines import fire_event

    fire_event(name, connection)


def _observe(
    connection: _core.AsyncConnection, sql: str, parameters: Any, many: bool
) -> Any:
    from .event.engines import observe

    return observe(connection, sql, parameters, many)


def configure() -> None:
    """Give the core its hooks, and the end of the interpreter to the core."""
    atexit.register(_core.shutdown)
    _core.configure(
        exc={
            name: value
            for name, value in vars(exc).items()
            if isinstance(value, type)
        },
        make_database_error=_make_database_error,
        make_programming_error=_make_programming_error,
        resolve_engine=_resolve_engine,
        resolve_isolation=_resolve_isolation,
        log_event=_log_event,
        log_statement=_log_statement,
        log_rows=_log_rows,
        forgotten=_forgotten,
        watch_port=_watch_port,
        run_sync=_run_sync,
        create_missing=_create_missing,
        default_base=_default_base,
        text_method=_text_method,
        driver_face=_driver_face,
        make_transaction=_make_transaction,
        driver_opened=_driver_opened,
        engine_event=_engine_event,
        observe=_observe,
    )
