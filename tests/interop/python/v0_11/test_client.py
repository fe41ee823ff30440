"""What is particular to the 0.x client: paging by the URL, retries, strict validation, nulls."""

from datetime import UTC, datetime
from uuid import uuid4

import gitpod
import pytest

import harness
from clients.v0_11 import SyncApi, refusal
from harness import Api, refused, requests_on_the_wire, runner_id
from resources import CLASSES, create_class, create_scm, create_token, ids, listed, pat


def test_the_clients_own_environment_variables_are_enough(
    api: SyncApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITPOD_BASE_URL", harness.BASE_URL)
    monkeypatch.setenv("GITPOD_API_KEY", harness.KEY)
    client = type(api.client)()
    reply = api.wait(client.runners.configurations.schema.retrieve(runner_id=runner_id("demo")))
    assert reply.schema_.version


def test_replies_pass_the_clients_strict_validation(api: SyncApi) -> None:
    strict = type(api.client)(
        base_url=harness.BASE_URL, bearer_token=harness.KEY, _strict_response_validation=True
    )
    configurations = strict.runners.configurations
    class_id, integration_id, token_id = create_class(api), create_scm(api), create_token(api)
    api.wait(configurations.environment_classes.retrieve(environment_class_id=class_id))
    api.wait(configurations.environment_classes.update(environment_class_id=class_id))
    api.wait(configurations.scm_integrations.retrieve(id=integration_id))
    api.wait(configurations.host_authentication_tokens.retrieve(id=token_id))
    api.wait(configurations.host_authentication_tokens.create(**pat()))
    api.wait(configurations.schema.retrieve(runner_id=runner_id("paging")))
    for resource, filters in (
        (configurations.environment_classes, {"runner_ids": [str(uuid4())]}),
        (configurations.scm_integrations, {"runner_ids": [str(uuid4())]}),
        (configurations.host_authentication_tokens, {"runner_id": str(uuid4())}),
    ):
        assert api.wait(resource.list()).has_next_page() in (True, False)
        assert not api.wait(resource.list(filter=filters))._get_page_items()


def test_times_are_typed_and_keep_their_microseconds(api: SyncApi) -> None:
    expiry = datetime(2031, 2, 3, 4, 5, 6, 789012, tzinfo=UTC)
    configurations = api.client.runners.configurations
    created = api.wait(
        configurations.host_authentication_tokens.create(**pat(expires_at=expiry))
    ).token
    stored = api.wait(configurations.host_authentication_tokens.retrieve(id=created.id)).token
    assert created.expires_at == stored.expires_at == expiry


def test_a_time_in_another_zone_is_the_same_time(api: Api) -> None:
    token_id = create_token(api, expires_at="2031-01-01T02:00:00+02:00")
    assert (
        api("GetHostAuthenticationToken", id=token_id)["token"]["expires_at"]
        == "2031-01-01T00:00:00Z"
    )


@pytest.fixture
def five_classes(api: Api) -> list[str]:
    """The ids of all classes of a runner, five at least."""
    for _ in range(5):
        create_class(api, "query")
    return listed(api, CLASSES, runner_ids=[runner_id("query")])


QUERIED = {"runner_ids": [runner_id("query")]}


def test_the_page_size_in_the_url_overrides_the_one_in_the_body(
    api: Api, five_classes: list[str]
) -> None:
    page = api("ListEnvironmentClasses", filter=QUERIED, page_size=2, pagination={"page_size": 4})
    assert ids(page, CLASSES) == five_classes[:2]


def test_a_page_size_of_zero_in_the_url_counts_as_unset(api: Api, five_classes: list[str]) -> None:
    page = api("ListEnvironmentClasses", filter=QUERIED, page_size=0, pagination={"page_size": 4})
    assert ids(page, CLASSES) == five_classes[:4]


def test_the_token_in_the_url_overrides_the_one_in_the_body(
    api: Api, five_classes: list[str]
) -> None:
    first = api("ListEnvironmentClasses", filter=QUERIED, page_size=1)["pagination"]["next_token"]
    second = api("ListEnvironmentClasses", filter=QUERIED, page_size=1, token=first)["pagination"][
        "next_token"
    ]
    page = api(
        "ListEnvironmentClasses",
        filter=QUERIED,
        page_size=1,
        token=second,
        pagination={"token": first},
    )
    assert ids(page, CLASSES) == five_classes[2:3]


def test_pages_are_asked_for_by_the_same_body_and_a_token_in_the_url(
    api: Api, five_classes: list[str]
) -> None:
    pages = api.pages("ListEnvironmentClasses", filter=QUERIED, page_size=2)
    assert [item for page in pages for item in ids(page, CLASSES)] == five_classes
    assert [len(ids(page, CLASSES)) for page in pages[:2]] == [2, 2]


@pytest.mark.parametrize(
    "query", [{"page_size": 101}, {"page_size": -1}, {"token": "no-such-token"}]
)
def test_broken_pagination_in_the_url_is_refused(api: Api, query: dict[str, object]) -> None:
    with refused("invalid_argument"):
        api("ListEnvironmentClasses", **query)


@pytest.mark.usefixtures("five_classes")
def test_a_page_token_in_the_url_belongs_to_its_filter(api: Api) -> None:
    token = api("ListEnvironmentClasses", filter=QUERIED, page_size=1)["pagination"]["next_token"]
    with refused("invalid_argument"):
        api("ListEnvironmentClasses", filter=QUERIED | {"enabled": True}, token=token)


def test_nulls_in_every_place_are_fields_left_unset(api: Api) -> None:
    nulls = {
        "userId": None,
        "expiresAt": None,
        "refreshToken": None,
        "integrationId": None,
        "scopes": None,
    }
    assert create_token(api, extra_body=nulls)
    assert create_scm(
        api, extra_body={"oauthClientId": None, "issuerUrl": None, "virtualDirectory": None}
    )
    create_class(api)
    assert api("ListEnvironmentClasses", extra_body={"filter": None, "pagination": None})[
        "environment_classes"
    ]
    filters = {"runner_id": None, "subject_id": None, "user_id": None}
    assert api("ListHostAuthenticationTokens", filter=filters)["tokens"]


def test_a_field_that_the_contract_does_not_know_is_ignored(api: Api) -> None:
    assert create_scm(api, extra_body={"noSuchField": {"a": [1]}})


def test_already_exists_is_final_and_asked_once(api: SyncApi) -> None:
    fields = pat()
    api("CreateHostAuthenticationToken", **fields)
    before = requests_on_the_wire("CreateHostAuthenticationToken")
    with pytest.raises(gitpod.ConflictError) as caught:
        api.wait(api.client.runners.configurations.host_authentication_tokens.create(**fields))
    assert refusal(caught.value).code == "already_exists"
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert requests_on_the_wire("CreateHostAuthenticationToken") == before + 1


def test_an_unknown_rpc_is_unimplemented_in_the_words_of_connect(api: SyncApi) -> None:
    for path in (
        f"/{harness.SERVICE}/NoSuchRpc",
        "/gitpod.v1.EnvironmentService/ListEnvironments",
        "/no/such/path",
    ):
        with pytest.raises(gitpod.NotFoundError) as caught:
            api.wait(api.client.post(path, cast_to=object, body={}))
        assert refusal(caught.value).code == "unimplemented"
        assert caught.value.response.headers["content-type"] == "application/json"
    assert requests_on_the_wire("NoSuchRpc") == 1
