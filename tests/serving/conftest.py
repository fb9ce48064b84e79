"""Services that many tests ask: for this machine alone, behind a proxy, with what is kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from framing_app import FramingApp, framing_app
from pixonomy.serving.bundle_store import BundleStore
from pixonomy.state.tokens import TokenStore
from saving_bundle import give_goals
from served import Served, Tokens, served
from verdict_bundle import make_verdict_bundle


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Tokens:
    """Return a token of each scope, and the folder that knows them."""
    state = tmp_path_factory.mktemp("state")
    store = TokenStore(state)
    return Tokens(store.new("app", "classify"), store.new("operator", "operate"), state)


@pytest.fixture(scope="session")
def models(fitted_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of models, with the bundle that answers in it."""
    folder = tmp_path_factory.mktemp("models")
    BundleStore(folder).add(fitted_run)
    return folder


@pytest.fixture(scope="session")
def open_service(
    fitted_run: Path, tmp_path_factory: pytest.TempPathFactory, tokens: Tokens, models: Path
) -> Iterator[Served]:
    """Serve on loopback, where no token is needed to classify."""
    options = ("--workers", 1, "--state", tokens.state, "--models", models)
    with served(fitted_run, tmp_path_factory.mktemp("open"), *options) as service:
        yield service


@pytest.fixture(scope="session")
def guarded_service(
    fitted_run: Path, tmp_path_factory: pytest.TempPathFactory, tokens: Tokens
) -> Iterator[Served]:
    """Serve behind a proxy: a token is needed, and an address may ask six times a minute."""
    options = ("--workers", 1, "--state", tokens.state, "--behind-proxy", "127.0.0.1")
    folder = tmp_path_factory.mktemp("guarded")
    with served(fitted_run, folder, *options, "--rate", "6/minute") as service:
        yield service


@pytest.fixture(scope="session")
def saving_service(
    fitted_run: Path, tmp_path_factory: pytest.TempPathFactory, tokens: Tokens
) -> Iterator[Served]:
    """Serve, with what is kept, a bundle whose categories have goals."""
    folder = tmp_path_factory.mktemp("saving")
    bundle = give_goals(fitted_run, folder / "bundle")
    options = ("--workers", 1, "--state", tokens.state, "--embed-from", "https://app.example")
    with served(bundle, folder, *options) as service:
        yield service


@pytest.fixture(scope="session")
def app_token(tmp_path_factory: pytest.TempPathFactory) -> Tokens:
    """Return tokens of a state of its own, for the saver's pages alone."""
    state = tmp_path_factory.mktemp("sure state")
    store = TokenStore(state)
    return Tokens(store.new("app", "classify"), store.new("operator", "operate"), state)


@pytest.fixture(scope="session")
def app() -> Iterator[FramingApp]:
    """Return an app's site that may frame the saver's pages."""
    with framing_app() as site:
        yield site


@pytest.fixture(scope="session")
def sure_service(
    fitted_run: Path,
    tmp_path_factory: pytest.TempPathFactory,
    app_token: Tokens,
    app: FramingApp,
) -> Iterator[Served]:
    """Serve the saver's pages, with a bundle that is always sure."""
    folder = tmp_path_factory.mktemp("sure")
    bundle = make_verdict_bundle(fitted_run, folder / "bundle", "sure")
    options = ("--workers", 1, "--state", app_token.state, "--keep-days", 400)
    with served(bundle, folder, *options, "--embed-from", app.origin) as service:
        yield service
