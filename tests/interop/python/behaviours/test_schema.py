"""The configuration schema of a runner."""

from harness import FACTS, Api, class_fields, field_of_type, refused, runner_id, with_proto_names


def test_a_schema_comes_back_as_the_runner_registered_it(api: Api) -> None:
    schema = api("GetRunnerConfigurationSchema", runner_id=runner_id("paging"))["schema"]
    assert schema == with_proto_names(FACTS["schema"])


def test_the_demo_runner_has_class_fields_of_every_type(api: Api) -> None:
    fields = {field["id"]: field for field in class_fields(api, "demo")}
    assert fields["cpu"]["required"]
    assert fields["cpu"]["int"].items() >= {"min": 1, "max": 128}.items()
    assert fields["memory"]["required"]
    assert fields["memory"]["int"]["min"] == 1
    assert "max" not in fields["memory"]["int"]
    optional = [field for field in fields.values() if not field.get("required")]
    assert field_of_type(optional, "string")["string"]["pattern"]
    assert field_of_type(optional, "string", is_secret=True)
    for kind in ("bool", "enum", "display"):
        assert field_of_type(optional, kind)


def test_the_demo_runner_offers_three_scm_providers(api: Api, demo_runner: str) -> None:
    entries = {
        entry["scm_id"]: entry
        for entry in api("GetRunnerConfigurationSchema", runner_id=demo_runner)["schema"]["scm"]
    }
    offers = {scm_id: {"oauth", "pat"} & set(entry) for scm_id, entry in entries.items()}
    assert (
        offers.items()
        >= {
            "github": {"oauth", "pat"},
            "gitlab": {"oauth", "pat"},
            "azuredevops_server": {"pat"},
        }.items()
    )


def test_a_runner_without_a_schema_is_refused(api: Api) -> None:
    with refused("failed_precondition"):
        api("GetRunnerConfigurationSchema", runner_id=runner_id("schemaless"))
