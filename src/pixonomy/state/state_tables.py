"""The tables of the state, as the newest migration leaves them."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

from pixonomy.state.column_types import Cents, UtcTime

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)
"""All tables."""

_ID = String(32)  # 128 random bits in hexadecimal
_SHA256 = String(64)  # in hexadecimal
_Serial = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows of INTEGER alone

settings = Table(
    "settings",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

savers = Table(
    "savers",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("key_sha256", _SHA256, nullable=False, unique=True),
    Column("created", UtcTime, nullable=False),
)

models = Table(
    "models",
    metadata,
    Column("name", Text, primary_key=True),
    Column("first_used", UtcTime, nullable=False),
)


def _of_saver() -> Column[str]:
    return Column("saver_id", _ID, ForeignKey("savers.id", ondelete="CASCADE"), nullable=False)


def _of_upload(ondelete: str = "CASCADE", nullable: bool = False) -> Column[str]:
    return Column("upload_id", _ID, ForeignKey("uploads.id", ondelete=ondelete), nullable=nullable)


uploads = Table(
    "uploads",
    metadata,
    Column("id", _ID, primary_key=True),
    _of_saver(),
    Column("created", UtcTime, nullable=False),
    Column("model", Text, nullable=False),
    Column("label", Text),
    Column("verdict", String(16), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("top", JSON, nullable=False),
    Column("has_image", Boolean, nullable=False),
    Column("keep", Boolean, nullable=False),
    Column("improve", Boolean, nullable=False),
    Column("features", LargeBinary),
    Index("ix_uploads_saver_id_created", "saver_id", "created"),
    Index("ix_uploads_created", "created"),
)

goals = Table(
    "goals",
    metadata,
    Column("id", _ID, primary_key=True),
    _of_saver(),
    _of_upload("SET NULL", nullable=True),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("label", Text),
    Column("amount", Cents),
    Column("currency", String(3)),
    Column("by_day", Date),
    Column("saved", Cents, nullable=False),
    Column("created", UtcTime, nullable=False),
    Column("changed", UtcTime, nullable=False),
    Index("ix_goals_saver_id_created", "saver_id", "created"),
    Index("ix_goals_upload_id", "upload_id"),
    Index("ix_goals_changed", "changed"),
)

consents = Table(
    "consents",
    metadata,
    Column("id", _Serial, primary_key=True),
    _of_upload(),
    Column("keep", Boolean, nullable=False),
    Column("improve", Boolean, nullable=False),
    Column("created", UtcTime, nullable=False),
    Index("ix_consents_upload_id", "upload_id"),
)

corrections = Table(
    "corrections",
    metadata,
    Column("id", _ID, primary_key=True),
    _of_upload(),
    Column("label", Text),
    Column("text", Text, nullable=False),
    Column("created", UtcTime, nullable=False),
    Index("ix_corrections_upload_id", "upload_id"),
)

counts = Table(
    "counts",
    metadata,
    Column("day", Date, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("label", Text, primary_key=True),  # "" where there is none
    Column("verdict", String(16), primary_key=True),
    Column("tenth", Integer, primary_key=True),  # of the confidence: 9 is 0.9 to 1
    Column("event", String(16), primary_key=True),
    Column("corrected_to", Text, primary_key=True),  # "" where there is none
    Column("number", BigInteger, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", _Serial, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("scope", String(16), nullable=False),
    Column("created", String(32), nullable=False),
    Column("sha256", _SHA256, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("id", _Serial, primary_key=True),
    Column("who", String(64), nullable=False),
    Column("what", String(32), nullable=False),
    Column("created", UtcTime, nullable=False),
    Index("ix_events_created", "created"),
)

once = Table(
    "once",
    metadata,
    Column("saver_id", _ID, ForeignKey("savers.id", ondelete="CASCADE"), primary_key=True),
    Column("key_sha256", _SHA256, primary_key=True),
    Column("request_sha256", _SHA256, nullable=False),
    Column("record_id", _ID, nullable=False),
    Column("created", UtcTime, nullable=False),
    Index("ix_once_created", "created"),
)
