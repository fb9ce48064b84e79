"""The settings of the service, and which of them would be unsafe."""

import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path

from pixonomy.errors import SettingError

_ORIGIN = re.compile(
    r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-fA-F:]+\](:[0-9]{1,5})?"
)


@dataclass(frozen=True)
class BodyLimits:
    """How much a request may bring.

    Attributes:
        image: bytes of one image.
        request: bytes of a request's body.
        parts: of a multipart body, whatever they are.
        images: of a request.
        pending: bytes of all requests' bodies that are in memory at once.
    """

    image: int = 12_000_000
    request: int = 48_000_000
    parts: int = 20
    images: int = 16
    pending: int = 256_000_000


@dataclass(frozen=True)
class Rates:
    """How often one may ask, as `limits` reads it.

    Attributes:
        token: requests of one token: many people may stand behind it.
        address: requests of one address.
    """

    token: str = "6000/minute"
    address: str = "120/minute"


@dataclass(frozen=True)
class ServeSettings:
    """How the service runs.

    Attributes:
        host: the address it listens on.
        port: 0: any that is free.
        workers: processes that decode and classify.
        state: the folder of what is kept, and of the tokens; None: nothing is, and none are.
        database: a PostgreSQL's URL; None: SQLite in `state`.
        pictures: the folder or address in S3 of kept images; None: in `state`.
        keep_days: after which what is kept is deleted; None: when its saver deletes it.
        embed_from: origins whose pages may show the saver's page in a frame.
        models: the folder that holds other bundles under their digests; None: none can be loaded.
        public: whether anybody may ask without a token.
        behind_proxy: addresses or networks whose forwarded headers are believed.
        rate: how often a token or address may ask, such as "600/minute"; None: as `Rates`, or as
            often as it likes where only this machine can ask.
        queue: images that may wait for a worker.
        drain: seconds that answers may take to finish once the service is asked to end.
        body: how much a request may bring.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    state: Path | None = None
    database: str | None = None
    pictures: str | None = None
    keep_days: int | None = None
    embed_from: tuple[str, ...] = ()
    models: Path | None = None
    public: bool = False
    behind_proxy: tuple[str, ...] = ()
    rate: str | None = None
    queue: int = 64
    drain: float = 20.0
    body: BodyLimits = field(default_factory=BodyLimits)

    @property
    def needs_token(self) -> bool:
        """Whether classifying needs a token: not on loopback, unless a proxy brings others in."""
        return not self.public and (not is_loopback(self.host) or bool(self.behind_proxy))

    @property
    def rates(self) -> Rates | None:
        """How often one may ask; None: there is no limit."""
        if self.rate is not None:
            return Rates(self.rate, self.rate)
        return Rates() if self.public or self.needs_token else None


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_settings(settings: ServeSettings) -> None:
    """Refuse what cannot work.

    Raises:
        SettingError: saying what to do.
    """
    if not 0 <= settings.port <= 65535:
        raise SettingError(f"A port is a number from 0 to 65535, not {settings.port}.")
    if settings.workers < 1:
        raise SettingError(f"At least one worker has to classify, not {settings.workers}.")
    if settings.models is not None and not settings.models.is_dir():
        raise SettingError(f"There is no folder {settings.models} to take other models from.")
    _check_kept(settings)


def check_admission(settings: ServeSettings, tokens: int) -> None:
    """Refuse what would be open to everybody by mistake, or to nobody.

    Args:
        tokens: how many there are that may classify.

    Raises:
        SettingError: saying what to do.
    """
    if settings.needs_token and tokens == 0:
        where = f"Behind a proxy, {settings.host}" if settings.behind_proxy else settings.host
        raise SettingError(
            f"{where} can be reached by others, and there is no token to ask for: make one with "
            "`pixonomy token new NAME --state DIR` and give --state DIR here, or let anybody "
            "classify with --public."
        )


def _check_kept(settings: ServeSettings) -> None:
    """Refuse settings of what is kept that say nothing without each other."""
    given = {
        "--database": settings.database is not None,
        "--pictures": settings.pictures is not None,
        "--keep-days": settings.keep_days is not None,
        "--embed-from": bool(settings.embed_from),
    }
    lonely = [name for name, is_given in given.items() if is_given and settings.state is None]
    if lonely:
        raise SettingError(f"{lonely[0]} needs --state DIR: without it nothing is kept.")
    if settings.keep_days is not None and settings.keep_days < 1:
        raise SettingError(f"What is kept is kept for 1 day or more, not {settings.keep_days}.")
    for origin in settings.embed_from:
        if not _ORIGIN.fullmatch(origin):
            raise SettingError(
                f"--embed-from takes an origin such as https://app.example.org, not {origin!r}."
            )
