"""Finds the keys, the endpoint and the region for S3 the way AWS's own tools find them.

The client for objects (obstore) reads the environment alone. Profiles, single sign-on, roles and
programs that hand out keys are found by botocore, which AWS's tools are made of.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pixonomy.errors import SettingError, StorageError

if TYPE_CHECKING:
    from botocore.session import Session
    from obstore.store import S3Credential

_NO_KEYS = ("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError")
# Which the client reads by itself.
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
# botocore renews keys that end at least so long before they do.
_VALID_FOR = timedelta(minutes=10)


@dataclass(frozen=True)
class Account:
    """As whom, and where, S3 is asked.

    Attributes:
        keys: returns what obstore calls an `S3Credential`; called again before they end.
        endpoint: http(s)://host; None: AWS itself.
        region: None: not set.
        certificates: of authorities that are trusted beside the system's, as PEM.
    """

    keys: Callable[[], "S3Credential"]
    endpoint: str | None
    region: str | None
    certificates: bytes | None


def find_account(address: str) -> Account:
    """Look through environment, profile, configuration files and metadata services.

    Raises:
        SettingError: for an endpoint that is none, or a profile or certificate that is not there.
        StorageError: if there are no keys for `address`.
    """
    from botocore.configprovider import ConfiguredEndpointProvider
    from botocore.exceptions import BotoCoreError, ConfigParseError, ProfileNotFound
    from botocore.session import Session

    try:
        session = Session()
        credentials = session.get_credentials()
        if credentials is None:
            raise _no_keys(address)

        def keys() -> "S3Credential":
            frozen = credentials.get_frozen_credentials()
            return {
                "access_key_id": frozen.access_key,
                "secret_access_key": frozen.secret_key,
                "token": frozen.token,
                "expires_at": datetime.now(UTC) + _VALID_FOR,
            }

        keys()  # what is wrong with them is raised here, not in a thread of the client
        profile = session.get_scoped_config()
        endpoint = ConfiguredEndpointProvider(session.full_config, profile, "s3").provide()
        region = session.get_config_variable("region")
        return Account(keys, _check(endpoint), region, _read_bundle(session))
    except ProfileNotFound as error:
        name = os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE")
        raise SettingError(
            f"There is no profile {name} in AWS's configuration files: check AWS_PROFILE."
        ) from error
    except ConfigParseError as error:
        raise SettingError("AWS's configuration file cannot be read: it is no INI file.") from error
    except BotoCoreError as error:
        raise _no_keys(address, type(error).__name__) from error


def _no_keys(address: str, reason: str = _NO_KEYS[0]) -> StorageError:
    shown = "" if reason in _NO_KEYS else f" ({reason})"
    return StorageError(
        f"No credentials for {address}{shown}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
        "AWS_PROFILE."
    )


def _check(endpoint: str | None) -> str | None:
    """Return an endpoint that the client takes: at others it panics.

    At one that is set to nothing, too: unlike AWS's tools, it does not pass it over.
    """
    if endpoint is None and all(os.environ.get(name) != "" for name in _ENDPOINTS):
        return None
    try:
        parts = urlsplit(endpoint or "")
        is_address = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:
        is_address = False
    if (
        endpoint is None
        or not is_address
        or not endpoint.isascii()
        or not endpoint.isprintable()
        or " " in endpoint
    ):
        raise SettingError("AWS_ENDPOINT_URL is no address; expected https://host or http://host.")
    return endpoint


def _read_bundle(session: "Session") -> bytes | None:
    path = session.get_config_variable("ca_bundle")
    if not path:
        return None
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise SettingError(f"AWS_CA_BUNDLE cannot be read: {error.strerror}.") from error
