"""Keys, endpoint and region for S3 are found in every place that AWS's tools look in."""

import datetime
import ipaddress
import json
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from object_store import scripted_server
from pixonomy.errors import SettingError, StorageError
from pixonomy.storage.aws import find_account
from pixonomy.storage.s3 import connect, open_remote

ADDRESS = "s3://bucket/key"
SECRET = "secret-of-the-test"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Leave nothing in the environment; return the folder of two configuration files to write."""
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "DEFAULT_REGION", "REGION", "PROFILE"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    connect.cache_clear()
    yield tmp_path
    connect.cache_clear()


def test_the_environment_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://one:9000")
    account = find_account(ADDRESS)
    keys = account.keys()
    assert (keys["access_key_id"], keys["secret_access_key"]) == ("key", SECRET)
    assert keys["token"] == "token"
    assert (account.endpoint, account.region) == ("http://one:9000", "eu-north-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://two")
    assert find_account(ADDRESS).endpoint == "https://two"


def test_a_profile_gives_keys_region_and_endpoint(
    bare: Path, storage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage.put("bucket/key", b"data")
    url = storage.url
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "DEFAULT_REGION", "ENDPOINT_URL"):
        monkeypatch.delenv(f"AWS_{name}")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(bare / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(bare / "credentials"))
    monkeypatch.setenv("AWS_PROFILE", "mine")
    (bare / "config").write_text(f"[profile mine]\nregion = eu-west-3\nendpoint_url = {url}\n")
    (bare / "credentials").write_text(
        f"[mine]\naws_access_key_id = of-profile\naws_secret_access_key = {SECRET}\n"
    )
    account = find_account(ADDRESS)
    assert (account.endpoint, account.region) == (url, "eu-west-3")
    assert account.keys()["access_key_id"] == "of-profile"
    assert bytes(open_remote(ADDRESS).read(0, 10)) == b"data"


def test_a_program_that_hands_out_keys_is_asked_again_before_they_end(bare: Path) -> None:
    """As it is with single sign-on and roles: what is handed out holds for minutes."""
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=1)
    answer = {"Version": 1, "AccessKeyId": "key", "SecretAccessKey": SECRET, "SessionToken": "t"}
    answer["Expiration"] = soon.isoformat()
    program = bare / "program.py"
    program.write_text(
        f"open({str(bare / 'asked')!r}, 'a').write('x')\nprint({json.dumps(answer)!r})\n"
    )
    process = f"credential_process = {sys.executable} {program}"
    (bare / "config").write_text(f"[default]\n{process}\nregion = eu-west-3\n")
    account = find_account(ADDRESS)
    before = len((bare / "asked").read_text())
    keys = account.keys()
    assert (keys["access_key_id"], keys["token"]) == ("key", "t")
    assert len((bare / "asked").read_text()) == before + 1


def test_no_keys_are_told() -> None:
    with pytest.raises(StorageError, match="No credentials for s3://bucket/key: set AWS_ACCESS_K"):
        find_account(ADDRESS)


def test_half_a_pair_of_keys_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    with pytest.raises(StorageError, match="No credentials for s3://bucket/key: set AWS_ACCESS_K"):
        find_account(ADDRESS)


def test_a_profile_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody's")
    with pytest.raises(SettingError, match=r"There is no profile nobody's .* check AWS_PROFILE"):
        find_account(ADDRESS)


def test_a_broken_configuration_file_is_told(bare: Path) -> None:
    (bare / "config").write_text(f"[[[{SECRET}\n= =\n")
    with pytest.raises(SettingError, match=r"configuration file cannot be read: it is no INI"):
        find_account(ADDRESS)


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "localhost:9000",
        "nonsense",
        "ftp://host",
        "http://",
        "http://a b",
        "http://ü",
        "http://h:x",
    ],
)
def test_an_endpoint_that_is_none_is_told(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    with pytest.raises(SettingError, match="AWS_ENDPOINT_URL is no address; expected https://host"):
        find_account(ADDRESS)


def test_an_authority_of_ones_own_is_trusted_when_named(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    _write_certificate(bare)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(bare / "pem")
    about = {"Content-Length": "7", "ETag": '"a"', "Last-Modified": "Mon, 30 Nov 2026 08:00:00 GMT"}
    with scripted_server([(200, about)], context) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        with pytest.raises(StorageError, match="its certificate is not trusted"):
            open_remote(ADDRESS)
        connect.cache_clear()
        monkeypatch.setenv("AWS_CA_BUNDLE", str(bare / "pem"))
        assert open_remote(ADDRESS).size == 7
    connect.cache_clear()
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bare / "none"))
    with pytest.raises(SettingError, match="AWS_CA_BUNDLE cannot be read: No such file"):
        open_remote(ADDRESS)


def _write_certificate(folder: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "storage of the test")])
    now = datetime.datetime.now(datetime.UTC)
    host = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(host, critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "pem").write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
