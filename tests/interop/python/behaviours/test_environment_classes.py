"""Environment classes."""

import pytest

from harness import (
    Api,
    class_configuration,
    class_fields,
    configuration_of,
    field_of_type,
    open_sealed,
    refused,
    runner_id,
    with_value,
)
from resources import CLASSES, create_class, get_class, listed


def test_a_class_comes_back_as_it_was_sent_and_enabled(api: Api, demo_runner: str) -> None:
    configuration = class_configuration(api, "demo")
    class_id = create_class(
        api, display_name="Großes ☃ “class”", description="Two\nlines", configuration=configuration
    )
    stored = get_class(api, class_id)
    secrets = {f["id"] for f in class_fields(api, "demo") if f.get("secret")}
    assert [f["key"] for f in stored["configuration"]] == [f["key"] for f in configuration]
    assert [f for f in stored["configuration"] if f["key"] not in secrets] == [
        f for f in configuration if f["key"] not in secrets
    ]
    del stored["configuration"]
    assert stored == {
        "id": class_id,
        "runner_id": demo_runner,
        "display_name": "Großes ☃ “class”",
        "description": "Two\nlines",
        "enabled": True,
    }


def test_the_runner_opens_a_secret_value_which_is_stored_sealed(api: Api) -> None:
    key = field_of_type(class_fields(api, "demo"), "string", is_secret=True)["id"]
    configuration = class_configuration(api, "demo")
    sent = configuration_of({"configuration": configuration})[key]
    stored = configuration_of(get_class(api, create_class(api, configuration=configuration)))[key]
    assert stored != sent
    assert open_sealed("demo", stored) == sent


def test_optional_fields_may_be_left_out_and_are_not_filled_in(api: Api) -> None:
    required = {f["id"] for f in class_fields(api, "demo") if f.get("required")}
    configuration = [f for f in class_configuration(api, "demo") if f["key"] in required]
    assert (
        get_class(api, create_class(api, configuration=configuration))["configuration"]
        == configuration
    )


@pytest.mark.parametrize(
    "change",
    [{"display_name": "Renamed"}, {"description": "Described anew"}, {"enabled": False}],
    ids=lambda c: next(iter(c)),
)
def test_an_update_changes_just_what_it_names(api: Api, change: dict[str, object]) -> None:
    class_id = create_class(api)
    before = get_class(api, class_id)
    assert api("UpdateEnvironmentClass", environment_class_id=class_id, **change) == {}
    expected = {name: value for name, value in (before | change).items() if value is not False}
    assert get_class(api, class_id) == expected


def test_a_field_sent_as_null_is_not_changed(api: Api) -> None:
    class_id = create_class(api)
    before = get_class(api, class_id)
    api(
        "UpdateEnvironmentClass",
        environment_class_id=class_id,
        display_name=None,
        description=None,
        enabled=None,
    )
    assert get_class(api, class_id) == before


def test_a_disabled_class_can_be_enabled_again(api: Api) -> None:
    class_id = create_class(api)
    for enabled in (False, True):
        api("UpdateEnvironmentClass", environment_class_id=class_id, enabled=enabled)
        assert get_class(api, class_id).get("enabled", False) is enabled


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("display_name", "ab"),
        ("display_name", "x" * 128),
        ("description", "ab"),
        ("description", "x" * 201),
    ],
)
def test_names_and_descriptions_have_bounds(api: Api, field: str, text: str) -> None:
    class_id = create_class(api)
    with refused("invalid_argument"):
        create_class(api, **{field: text})
    with refused("invalid_argument"):
        api("UpdateEnvironmentClass", environment_class_id=class_id, **{field: text})


def test_the_longest_name_and_description_are_counted_in_characters(api: Api) -> None:
    longest = {"display_name": "ä" * 127, "description": "雪" * 200}
    stored = get_class(api, create_class(api, **longest))
    assert {name: stored[name] for name in longest} == longest


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("cpu", None),
        ("memory", None),
        ("cpu", "0"),
        ("cpu", "129"),
        ("cpu", "1.5"),
        ("cpu", "four"),
        ("cpu", "99999999999"),
        ("memory", "0"),
        ("no-such-field", "x"),
    ],
)
def test_a_configuration_against_the_schema_is_refused_and_the_field_named(
    api: Api, key: str, value: str | None
) -> None:
    with refused("invalid_argument", saying=key):
        create_class(api, configuration=with_value(class_configuration(api, "demo"), key, value))


@pytest.mark.parametrize(
    ("kind", "value"),
    [("bool", "yes"), ("enum", "no such value"), ("string", "\n"), ("display", "x")],
)
def test_a_value_of_the_wrong_type_is_refused_and_the_field_named(
    api: Api, kind: str, value: str
) -> None:
    key = field_of_type(class_fields(api, "demo"), kind)["id"]
    with refused("invalid_argument", saying=key):
        create_class(api, configuration=with_value(class_configuration(api, "demo"), key, value))


def test_a_field_given_twice_is_refused_and_named(api: Api) -> None:
    with refused("invalid_argument", saying="cpu"):
        create_class(
            api, configuration=[*class_configuration(api, "demo"), {"key": "cpu", "value": "2"}]
        )


def test_a_class_of_a_runner_without_a_schema_is_refused(api: Api) -> None:
    with refused("failed_precondition"):
        create_class(api, "schemaless", configuration=[])


def test_a_secret_value_for_a_runner_without_a_key_is_refused(api: Api) -> None:
    with refused("failed_precondition", saying="runner does not have a public key"):
        create_class(api, "keyless")


def test_a_class_without_secret_values_needs_no_key(api: Api) -> None:
    secrets = {f["id"] for f in class_fields(api, "keyless") if f.get("secret")}
    configuration = [f for f in class_configuration(api, "keyless") if f["key"] not in secrets]
    assert (
        get_class(api, create_class(api, "keyless", configuration=configuration))["configuration"]
        == configuration
    )


def test_lists_are_filtered_by_enabled(api: Api, demo_runner: str) -> None:
    enabled, disabled = create_class(api), create_class(api)
    api("UpdateEnvironmentClass", environment_class_id=disabled, enabled=False)
    found = {
        state: set(listed(api, CLASSES, runner_ids=[demo_runner], **state_filter))
        & {enabled, disabled}
        for state, state_filter in {
            "any": {},
            "yes": {"enabled": True},
            "no": {"enabled": False},
        }.items()
    }
    assert found == {"any": {enabled, disabled}, "yes": {enabled}, "no": {disabled}}


def test_a_class_that_is_disabled_cannot_create_environments(api: Api, demo_runner: str) -> None:
    enabled, disabled = create_class(api), create_class(api)
    api("UpdateEnvironmentClass", environment_class_id=disabled, enabled=False)
    usable = listed(api, CLASSES, runner_ids=[demo_runner], can_create_environments=True)
    assert enabled in usable
    assert disabled not in usable


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"runner_kinds": ["RUNNER_KIND_REMOTE"]}, {"demo", "gcp"}),
        ({"runner_kinds": ["RUNNER_KIND_LOCAL_CONFIGURATION"]}, {"local"}),
        (
            {"runner_kinds": ["RUNNER_KIND_LOCAL_CONFIGURATION", "RUNNER_KIND_REMOTE"]},
            {"demo", "local", "gcp"},
        ),
        ({"runner_providers": ["RUNNER_PROVIDER_AWS_EC2"]}, {"demo"}),
        (
            {"runner_providers": ["RUNNER_PROVIDER_DEV_AGENT", "RUNNER_PROVIDER_GCP"]},
            {"local", "gcp"},
        ),
        (
            {"runner_kinds": ["RUNNER_KIND_REMOTE"], "runner_providers": ["RUNNER_PROVIDER_GCP"]},
            {"gcp"},
        ),
        (
            {
                "runner_kinds": ["RUNNER_KIND_REMOTE"],
                "runner_providers": ["RUNNER_PROVIDER_DEV_AGENT"],
            },
            set(),
        ),
        (
            {
                "runner_kinds": ["RUNNER_KIND_REMOTE"],
                "runner_ids": [runner_id("demo"), runner_id("local")],
            },
            {"demo"},
        ),
        ({"runner_kinds": ["RUNNER_KIND_UNSPECIFIED"]}, {"demo", "local", "gcp"}),
        ({"runner_kinds": [], "runner_providers": []}, {"demo", "local", "gcp"}),
    ],
)
def test_filters_on_the_runner_combine_with_and(
    api: Api, filters: dict[str, list[str]], expected: set[str]
) -> None:
    created = {create_class(api, name): name for name in ("demo", "local", "gcp")}
    assert {
        created[class_id] for class_id in listed(api, CLASSES, **filters) if class_id in created
    } == expected
