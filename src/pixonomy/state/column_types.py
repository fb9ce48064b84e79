"""Column types that hold the same values in SQLite and PostgreSQL."""

from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, DateTime, Dialect
from sqlalchemy.types import TypeDecorator

_CENTS = 100


class UtcTime(TypeDecorator[datetime]):
    """A moment; SQLite keeps no time zone, so that all are in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _: Dialect) -> datetime | None:
        """Return the moment in UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _: Dialect) -> datetime | None:
        """Return the moment with its time zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Cents(TypeDecorator[Decimal]):
    """A sum of money, as a whole number of cents: SQLite has no decimal numbers."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, _: Dialect) -> int | None:
        """Return the sum in cents.

        Raises:
            ValueError: if it has a part of a cent, which would be lost.
        """
        if value is None:
            return None
        cents = value * _CENTS
        if cents != int(cents):
            raise ValueError(f"{value} is no whole number of cents")
        return int(cents)

    def process_result_value(self, value: int | None, _: Dialect) -> Decimal | None:
        """Return the sum."""
        return None if value is None else Decimal(value) / _CENTS
