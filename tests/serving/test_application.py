"""All routes together: one shape for what goes wrong, whichever route it is."""

from pathlib import Path

from served import Served, served


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


def test_another_method_is_told_all_that_a_path_takes(saving_service: Served) -> None:
    for path, methods in (
        ("/v1/goals/1", "DELETE, PATCH"), ("/v1/uploads", "GET, POST"), ("/v1/classify", "POST"),
        ("/", "GET, HEAD, POST"),
    ):  # fmt: skip
        answer = saving_service.ask(path, method="OPTIONS")
        assert (answer.status_code, answer.headers["allow"]) == (405, methods)


def test_paths_with_ids_are_counted_and_logged_by_what_they_are(saving_service: Served) -> None:
    for path in ("/v1/goals/maria", "/v1/uploads/maria/image", "/v1/maria"):
        saving_service.ask(path, method="DELETE" if "goals" in path else "GET")
    routes = [one["route"] for one in saving_service.lines() if one["event"] == "request"]
    assert routes[-3:] == ["/v1/goals/{id}", "/v1/uploads/{id}/image", "other"]


def test_without_a_state_there_is_no_api_for_what_is_kept(fitted_run: Path, tmp_path: Path) -> None:
    with served(fitted_run, tmp_path, "--workers", 1) as service:
        assert service.ask("/v1/goals?subject=a").status_code == 404
        assert "/v1/goals" not in service.ask("/openapi.json").json()["paths"]
