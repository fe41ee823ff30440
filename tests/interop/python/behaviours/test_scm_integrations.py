"""SCM integrations, and the tokens that rest on them."""

from uuid import uuid4

import pytest

from harness import Api, open_sealed, refused, runner_id, secret, unique_host
from resources import (
    OAUTH,
    PAT,
    SCM,
    TOKENS,
    create_scm,
    create_token,
    get_scm,
    get_token,
    listed,
    oauth,
)
from wrong_scm import WRONG, wrong_fields


def test_an_integration_comes_back_as_it_was_sent_with_the_secret_sealed(
    api: Api, demo_runner: str
) -> None:
    host, app = unique_host(), oauth()
    integration_id = create_scm(
        api, scm_id="gitlab", host=host, issuer_url="https://login.example.com/realm", **app
    )
    stored = get_scm(api, integration_id)
    sealed = stored["oauth"].pop("encrypted_client_secret")
    assert open_sealed("demo", sealed) == app["oauth_plaintext_client_secret"]
    assert stored == {
        "id": integration_id,
        "runner_id": demo_runner,
        "scm_id": "gitlab",
        "host": host,
        "pat": True,
        "oauth": {"client_id": "client-1", "issuer_url": "https://login.example.com/realm"},
    }


def test_an_azure_devops_server_has_a_virtual_directory_that_can_be_cleared(api: Api) -> None:
    integration_id = create_scm(api, scm_id="azuredevops_server", virtual_directory="/tfs")
    assert get_scm(api, integration_id)["virtual_directory"] == "/tfs"
    for change, stored in (("/other", "/other"), ("", None)):
        api("UpdateSCMIntegration", id=integration_id, virtual_directory=change)
        assert get_scm(api, integration_id).get("virtual_directory") == stored


def test_an_integration_may_offer_oauth_alone_or_pats_alone(api: Api) -> None:
    assert "pat" not in get_scm(api, create_scm(api, pat=False, **oauth()))
    assert "oauth" not in get_scm(api, create_scm(api))


def test_an_update_changes_just_what_it_names(api: Api) -> None:
    integration_id = create_scm(api, issuer_url="https://login.example.com", **oauth())
    expected = get_scm(api, integration_id)

    def updated(**fields: object) -> dict[str, object]:
        assert api("UpdateSCMIntegration", id=integration_id, **fields) == {}
        return get_scm(api, integration_id)

    assert updated() == expected
    assert (
        updated(oauth_client_id=None, oauth_plaintext_client_secret=None, pat=None, issuer_url=None)
        == expected
    )

    expected["oauth"]["client_id"] = "client-2"
    assert updated(oauth_client_id="client-2") == expected

    replacement = secret("oauth_plaintext_client_secret")
    stored = updated(oauth_plaintext_client_secret=replacement)
    sealed = stored["oauth"].pop("encrypted_client_secret")
    assert sealed != expected["oauth"].pop("encrypted_client_secret")
    assert open_sealed("demo", sealed) == replacement
    assert stored == expected

    expected["oauth"]["encrypted_client_secret"] = sealed
    expected["oauth"]["issuer_url"] = "https://other.example.com"
    assert updated(issuer_url="https://other.example.com") == expected

    del expected["oauth"]["issuer_url"]
    assert updated(issuer_url="") == expected

    del expected["pat"]
    assert updated(pat=False) == expected
    assert updated(pat=True) == expected | {"pat": True}


def test_oauth_can_be_added_later_but_only_as_a_whole(api: Api) -> None:
    integration_id = create_scm(api)
    app = oauth()
    for alone in app:
        with refused("invalid_argument"):
            api("UpdateSCMIntegration", id=integration_id, **{alone: app[alone]})
    api("UpdateSCMIntegration", id=integration_id, **app)
    stored = get_scm(api, integration_id)["oauth"]
    assert stored["client_id"] == "client-1"
    assert (
        open_sealed("demo", stored["encrypted_client_secret"])
        == app["oauth_plaintext_client_secret"]
    )


def surviving(api: Api, tokens: dict[str, str]) -> set[str]:
    """The names of the tokens that still are in the list; the others must be not_found."""
    found = set(listed(api, TOKENS, runner_id=runner_id("demo")))
    for token_id in tokens.values():
        if token_id in found:
            get_token(api, token_id)
        else:
            with refused("not_found"):
                get_token(api, token_id)
    return {name for name, token_id in tokens.items() if token_id in found}


def tokens_of(api: Api, host: str, integration_id: str) -> dict[str, str]:
    return {
        "oauth": create_token(api, host=host, source=OAUTH),
        "pat": create_token(api, host=host, source=PAT),
        "linked oauth": create_token(api, host=host, source=OAUTH, integration_id=integration_id),
        "linked pat": create_token(api, host=host, source=PAT, integration_id=integration_id),
        "elsewhere": create_token(api, source=OAUTH),
    }


@pytest.mark.parametrize("with_secret", [False, True])
def test_an_empty_client_id_removes_oauth_and_its_tokens(api: Api, with_secret: bool) -> None:
    host = unique_host()
    integration_id = create_scm(api, host=host, **oauth())
    tokens = tokens_of(api, host, integration_id)
    app = (oauth() if with_secret else {}) | {"oauth_client_id": ""}
    api("UpdateSCMIntegration", id=integration_id, **app)
    assert "oauth" not in get_scm(api, integration_id)
    assert surviving(api, tokens) == {"pat", "linked pat", "elsewhere"}


def test_turning_pats_off_removes_the_pats(api: Api) -> None:
    host = unique_host()
    integration_id = create_scm(api, host=host, **oauth())
    tokens = tokens_of(api, host, integration_id)
    api("UpdateSCMIntegration", id=integration_id, pat=False)
    assert surviving(api, tokens) == {"oauth", "linked oauth", "elsewhere"}


def test_a_deleted_integration_is_gone_with_the_tokens_that_rest_on_it(api: Api) -> None:
    host = unique_host()
    integration_id = create_scm(api, host=host, **oauth())
    tokens = tokens_of(api, host, integration_id)
    assert api("DeleteSCMIntegration", id=integration_id) == {}
    for rpc in ("GetSCMIntegration", "UpdateSCMIntegration", "DeleteSCMIntegration"):
        with refused("not_found"):
            api(rpc, id=integration_id)
    assert surviving(api, tokens) == {"elsewhere"}


def test_tokens_stay_where_another_integration_still_offers_their_source(api: Api) -> None:
    host = unique_host()
    integration_id = create_scm(api, host=host, **oauth())
    create_scm(api, host=host)
    tokens = tokens_of(api, host, integration_id)
    api("DeleteSCMIntegration", id=integration_id)
    assert surviving(api, tokens) == {"pat", "elsewhere"}


def test_two_integrations_for_the_same_host_are_not_refused(api: Api) -> None:
    host = unique_host()
    both = [create_scm(api, host=host), create_scm(api, host=host)]
    assert [
        item for item in listed(api, SCM, runner_ids=[runner_id("demo")]) if item in both
    ] == both


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.name)
def test_what_validation_reports_is_refused_on_create(api: Api, case: object) -> None:
    with refused("invalid_argument"):
        api("CreateSCMIntegration", **wrong_fields(case))


@pytest.mark.parametrize(
    "wrong",
    [{"issuer_url": "http://login.example.com"}, {"virtual_directory": "/tfs"}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_validation_reports_is_refused_on_update(api: Api, wrong: dict[str, str]) -> None:
    integration_id = create_scm(api, **oauth())
    before = get_scm(api, integration_id)
    with refused("invalid_argument"):
        api("UpdateSCMIntegration", id=integration_id, **wrong)
    assert get_scm(api, integration_id) == before


def test_a_managed_runner_takes_no_integrations(api: Api) -> None:
    with refused("failed_precondition", saying="cannot add SCM integrations to managed runners"):
        create_scm(api, "managed")


def test_oauth_for_a_runner_without_a_key_is_refused_but_pats_are_not(api: Api) -> None:
    with refused("failed_precondition", saying="runner does not have a public key"):
        create_scm(api, "keyless", **oauth())
    assert get_scm(api, create_scm(api, "keyless"))["pat"]


def test_an_integration_of_a_runner_without_a_schema_is_refused(api: Api) -> None:
    with refused("failed_precondition"):
        create_scm(api, "schemaless")


def test_an_integration_of_another_id_is_untouched(api: Api) -> None:
    kept, removed = create_scm(api), create_scm(api)
    api("DeleteSCMIntegration", id=removed)
    with refused("not_found"):
        api("DeleteSCMIntegration", id=str(uuid4()))
    assert get_scm(api, kept)["id"] == kept
