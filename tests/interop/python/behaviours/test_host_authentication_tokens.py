"""Host authentication tokens."""

from uuid import UUID, uuid4

import pytest

from harness import Api, Refused, refused, secret, unique_host
from resources import OAUTH, TOKENS, create_scm, create_token, get_token, listed, oauth, pat, user


def test_a_token_comes_back_as_it_was_sent_but_for_the_secrets(api: Api, demo_runner: str) -> None:
    host, subject = unique_host(), user()
    sent = {
        "runner_id": demo_runner,
        "host": host,
        "source": OAUTH,
        "expires_at": "2031-02-03T04:05:06.789012Z",
        "integration_id": create_scm(api, host=host, **oauth()),
        "scopes": ["repo", "read:org", "workflow"],
        "subject": subject,
    }
    reply = api(
        "CreateHostAuthenticationToken",
        token=secret("token"),
        refresh_token=secret("refresh_token"),
        **sent,
    )["token"]
    assert reply == sent | {"id": reply["id"], "user_id": subject["id"]}
    assert get_token(api, reply["id"]) == reply


def test_a_deprecated_user_id_names_the_owner(api: Api) -> None:
    owner = str(uuid4())
    fields = pat(user_id=owner)
    del fields["subject"]
    token = get_token(api, api("CreateHostAuthenticationToken", **fields)["token"]["id"])
    assert (token["user_id"], token["subject"]) == (owner, user(owner))


def test_the_subject_wins_over_another_user_id(api: Api) -> None:
    subject = user()
    token = get_token(api, create_token(api, subject=subject, user_id=str(uuid4())))
    assert (token["user_id"], token["subject"]) == (subject["id"], subject)


def test_a_service_account_may_own_a_token_and_is_no_user(api: Api) -> None:
    subject = {"id": str(uuid4()), "principal": "PRINCIPAL_SERVICE_ACCOUNT"}
    token = get_token(api, create_token(api, subject=subject))
    assert token["subject"] == subject
    assert "user_id" not in token


def test_the_caller_owns_a_token_that_names_no_owner(api: Api) -> None:
    fields = pat()
    del fields["subject"]
    subject = get_token(api, api("CreateHostAuthenticationToken", **fields)["token"]["id"])[
        "subject"
    ]
    assert UUID(subject["id"])
    assert subject["principal"].startswith("PRINCIPAL_")


@pytest.mark.parametrize(
    "respell",
    [str.lower, "{}.".format, "{}:443".format],
    ids=["lower case", "final dot", "port 443"],
)
def test_a_second_token_for_runner_host_and_subject_already_exists(
    api: Api, respell: object
) -> None:
    fields = pat(host=unique_host().upper())
    api("CreateHostAuthenticationToken", **fields)
    with refused("already_exists"):
        api("CreateHostAuthenticationToken", **(fields | {"token": secret("token")}))
    with refused("already_exists"):
        api(
            "CreateHostAuthenticationToken",
            **(fields | {"token": secret("token"), "host": respell(fields["host"])}),
        )


@pytest.mark.parametrize("other", ["runner", "host", "subject"])
def test_a_token_for_another_runner_host_or_subject_is_another_token(api: Api, other: str) -> None:
    first = pat("demo")
    second = pat("local" if other == "runner" else "demo")
    second |= {name: first[name] for name in ("host", "subject") if name != other}
    created = {
        api("CreateHostAuthenticationToken", **fields)["token"]["id"] for fields in (first, second)
    }
    assert len(created) == 2


def test_of_many_equal_creates_at_once_exactly_one_succeeds(api: Api) -> None:
    fields = pat()
    outcomes = api.at_once("CreateHostAuthenticationToken", [fields] * 12)
    refusals = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    assert len(refusals) == 11
    assert {refusal.code for refusal in refusals} == {"already_exists"}
    assert len(listed(api, TOKENS, subject_id=fields["subject"]["id"])) == 1


def test_an_update_changes_just_what_it_names(api: Api) -> None:
    token_id = create_token(
        api,
        scopes=["repo"],
        expires_at="2031-01-01T00:00:00Z",
        refresh_token=secret("refresh_token"),
    )
    before = get_token(api, token_id)

    def updated(**fields: object) -> dict[str, object]:
        assert api("UpdateHostAuthenticationToken", id=token_id, **fields) == {}
        return get_token(api, token_id)

    assert updated() == before
    assert updated(token=secret("token")) == before
    assert updated(refresh_token=secret("refresh_token")) == before
    assert updated(scopes=[]) == before
    assert updated(token=None, refresh_token=None, expires_at=None) == before
    later = before | {"expires_at": "2032-01-01T00:00:00Z"}
    assert updated(expires_at="2032-01-01T00:00:00Z") == later
    assert updated(scopes=["read:org", "gist"]) == later | {"scopes": ["read:org", "gist"]}


def test_an_update_with_an_empty_token_is_refused(api: Api) -> None:
    token_id = create_token(api)
    with refused("invalid_argument"):
        api("UpdateHostAuthenticationToken", id=token_id, token="")


def test_a_deleted_token_is_gone_and_makes_room_for_another(api: Api) -> None:
    fields = pat()
    token_id = api("CreateHostAuthenticationToken", **fields)["token"]["id"]
    assert api("DeleteHostAuthenticationToken", id=token_id) == {}
    for rpc in (
        "GetHostAuthenticationToken",
        "UpdateHostAuthenticationToken",
        "DeleteHostAuthenticationToken",
    ):
        with refused("not_found"):
            api(rpc, id=token_id)
    assert api("CreateHostAuthenticationToken", **fields)["token"]["id"] != token_id


def test_lists_are_filtered_by_subject_user_and_runner(api: Api, demo_runner: str) -> None:
    owner, robot = user(), {"id": str(uuid4()), "principal": "PRINCIPAL_SERVICE_ACCOUNT"}
    here = create_token(api, "demo", subject=owner)
    there = create_token(api, "local", subject=owner)
    robots = create_token(api, "demo", subject=robot)
    assert listed(api, TOKENS, subject_id=owner["id"]) == [here, there]
    assert listed(api, TOKENS, user_id=owner["id"]) == [here, there]
    assert listed(api, TOKENS, subject_id=owner["id"], runner_id=demo_runner) == [here]
    assert listed(api, TOKENS, subject_id=robot["id"]) == [robots]
    assert listed(api, TOKENS, subject_id=str(uuid4())) == []


def test_a_hundred_scopes_are_kept(api: Api) -> None:
    scopes = [f"scope-{number}" for number in range(100)]
    assert get_token(api, create_token(api, scopes=scopes))["scopes"] == scopes


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": ""},
        {"token": ""},
        {"user_id": "not-a-uuid"},
        {"integration_id": "not-a-uuid"},
        {"subject": {"id": "not-a-uuid", "principal": "PRINCIPAL_USER"}},
        {"source": 99},
        {"scopes": ["s"] * 101},
        {"scopes": ["s"] * 102},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_broken_request_is_refused(api: Api, wrong: dict[str, object]) -> None:
    with refused("invalid_argument"):
        create_token(api, **wrong)


def test_more_than_a_hundred_scopes_are_refused_on_update(api: Api) -> None:
    token_id = create_token(api)
    with refused("invalid_argument"):
        api("UpdateHostAuthenticationToken", id=token_id, scopes=["s"] * 101)


def test_the_integration_must_be_one_of_the_same_runner(api: Api) -> None:
    host = unique_host()
    for integration_id in (create_scm(api, "local", host=host), str(uuid4())):
        with refused("invalid_argument"):
            create_token(api, "demo", host=host, integration_id=integration_id)


def test_a_token_for_a_runner_without_a_key_is_refused(api: Api) -> None:
    with refused("failed_precondition", saying="runner does not have a public key"):
        create_token(api, "keyless")
