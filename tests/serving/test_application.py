"""All routes together: one shape for what goes wrong, whichever route it is."""

from served import Served


def test_every_answer_has_an_id_and_is_not_kept(open_service: Served) -> None:
    for path in ("/", "/v1/model", "/live", "/ready", "/metrics", "/openapi.json", "/nothing"):
        headers = open_service.ask(path).headers
        assert len(headers["x-request-id"]) == 16
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers
        assert "access-control-allow-origin" not in headers


def test_no_page_of_documentation_loads_scripts_from_elsewhere(open_service: Served) -> None:
    for path in ("/docs", "/redoc"):
        assert open_service.ask(path).status_code == 404


def test_a_path_with_a_slash_too_many_leads_nowhere(open_service: Served) -> None:
    answer = open_service.ask("/v1/model/", follow_redirects=False)
    assert (answer.status_code, answer.json()["error"]["kind"]) == (404, "not_found")
