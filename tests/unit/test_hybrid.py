"""Hybrids, where the comparison with the peer does not reach."""

from __future__ import annotations

from typing import Any

import pytest

from sqlactive_c import AsyncEngine, case, exc, func, insert, select, update
from sqlactive_c.ext.hybrid import Comparator, hybrid_property
from sqlactive_c.orm import DeclarativeBase, Mapped, aliased, mapped_column


class Base(DeclarativeBase):
    pass


class CaseInsensitive(Comparator):
    def __eq__(self, other: Any) -> Any:
        return func.lower(self.__clause_element__()) == func.lower(other)


class Word(Base):
    __tablename__ = "hybrid_words"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]

    @hybrid_property
    def long(self) -> Any:
        """Whether it is long."""
        return case((self.id > 5, True), else_=False)

    @hybrid_property
    def folded(self) -> Any:
        return self.text.lower()

    @folded.inplace.comparator
    @classmethod
    def _folded(cls) -> Any:
        return CaseInsensitive(cls.text)

    @hybrid_property
    def twice(self) -> Any:
        return self.id * 2

    @twice.inplace.setter
    def _twice(self, value: int) -> None:
        self.id = value // 2

    @hybrid_property
    def shout(self) -> Any:
        return self.text + "!"

    @shout.inplace.update_expression
    @classmethod
    def _shout(cls, value: str) -> Any:
        return [(cls.text, value.removesuffix("!"))]


def test_the_label_of_an_expression_is_the_name() -> None:
    assert " AS long " in str(select(Word.long))
    assert " AS twice " in str(select(Word.twice))


def test_the_second_of_one_name_has_another_label() -> None:
    text = str(select(Word.twice, aliased(Word).twice))
    assert text.count(" AS twice") == 1
    assert " AS anon_1" in text


def test_comparator() -> None:
    text = str(Word.folded == "A")
    assert text.startswith("lower(hybrid_words.text) = lower(")


def test_instances() -> None:
    word = Word(id=4, text="Ab")
    assert word.folded == "ab"
    word.twice = 10
    assert word.id == 5
    with pytest.raises(AttributeError):
        word.long = True


def test_documentation() -> None:
    assert Word.long.__doc__ == "Whether it is long."


async def test_update_expression(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(insert(Word).values(id=1, shout="a!"))
        await connection.execute(update(Word).values({Word.shout: "b!"}))
        rows = (await connection.execute(select(Word.text))).all()
    assert rows == [("b",)]


def test_what_is_no_column_is_not_set() -> None:
    with pytest.raises(exc.ArgumentError, match="column"):
        update(Word).values(twice=4)
