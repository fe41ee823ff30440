"""Pages and filters, which all lists have in common."""

import pytest

from harness import Api, refused, runner_id
from resources import CLASSES, RESOURCES, SCM, Resource, ids, listed

each_resource = pytest.mark.parametrize("resource", RESOURCES, ids=str)


@each_resource
def test_a_list_of_seven_comes_in_three_pages_of_three_in_the_order_of_creation(
    api: Api, resource: Resource
) -> None:
    created = [resource.create(api, "paging") for _ in range(7)]
    pages = api.pages(
        resource.list_rpc, filter=resource.of_runners("paging"), pagination={"page_size": 3}
    )
    assert [ids(page, resource) for page in pages] == [created[:3], created[3:6], created[6:]]
    items = [item for page in pages for item in page[resource.items]]
    assert items == [resource.get(api, item_id) for item_id in created]


@each_resource
def test_a_page_has_25_items_where_no_size_is_given(api: Api, resource: Resource) -> None:
    created = [resource.create(api, "defaults") for _ in range(26)]
    pages = api.pages(resource.list_rpc, filter=resource.of_runners("defaults"))
    assert [ids(page, resource) for page in pages] == [created[:25], created[25:]]


@each_resource
def test_a_list_with_nothing_in_it_is_one_empty_page(api: Api, resource: Resource) -> None:
    pages = api.pages(resource.list_rpc, filter=resource.of_runners("unused"))
    assert [ids(page, resource) for page in pages] == [[]]


@pytest.fixture
def first_page(api: Api, resource: Resource) -> tuple[list[str], str]:
    """The ids of a first page of two out of three, and the token of the next page."""
    for _ in range(3):
        resource.create(api, "local")
    page = api(resource.list_rpc, filter=resource.of_runners("local"), pagination={"page_size": 2})
    return ids(page, resource), page["pagination"]["next_token"]


@each_resource
def test_the_page_size_may_change_between_pages(
    api: Api, resource: Resource, first_page: tuple[list[str], str]
) -> None:
    first, token = first_page
    second = api(
        resource.list_rpc,
        filter=resource.of_runners("local"),
        pagination={"page_size": 100, "token": token},
    )
    assert first + ids(second, resource) == listed(api, resource, **resource.of_runners("local"))


@each_resource
def test_a_page_token_of_another_filter_is_refused(
    api: Api, resource: Resource, first_page: tuple[list[str], str]
) -> None:
    with refused("invalid_argument"):
        api(
            resource.list_rpc,
            filter=resource.of_runners("demo"),
            pagination={"token": first_page[1]},
        )


@each_resource
def test_a_page_token_of_another_rpc_is_refused(
    api: Api, resource: Resource, first_page: tuple[list[str], str]
) -> None:
    other = SCM if resource is CLASSES else CLASSES
    with refused("invalid_argument"):
        api(other.list_rpc, filter=other.of_runners("local"), pagination={"token": first_page[1]})


@each_resource
@pytest.mark.parametrize("token", ["no-such-token", "AAAA", "…"])
def test_a_token_that_no_page_gave_is_refused(api: Api, resource: Resource, token: str) -> None:
    with refused("invalid_argument"):
        api(resource.list_rpc, pagination={"token": token})


@each_resource
@pytest.mark.parametrize("page_size", [101, -1])
def test_a_page_size_out_of_range_is_refused(api: Api, resource: Resource, page_size: int) -> None:
    with refused("invalid_argument"):
        api(resource.list_rpc, pagination={"page_size": page_size})


@each_resource
def test_the_runner_filter_keeps_the_others_out(api: Api, resource: Resource) -> None:
    here, elsewhere = resource.create(api, "demo"), resource.create(api, "local")
    found = listed(api, resource, **resource.of_runners("demo"))
    assert here in found
    assert elsewhere not in found


each_list_of_several_runners = pytest.mark.parametrize(
    "resource", [resource for resource in RESOURCES if not resource.of_one_runner], ids=str
)


@each_list_of_several_runners
def test_a_list_is_filtered_by_several_runners_and_an_empty_list_filters_nothing(
    api: Api, resource: Resource
) -> None:
    created = {name: resource.create(api, name) for name in ("demo", "local", "gcp")}
    both = listed(api, resource, **resource.of_runners("demo", "local"))
    assert created["demo"] in both
    assert created["local"] in both
    assert created["gcp"] not in both
    assert set(created.values()) <= set(listed(api, resource, runner_ids=[]))


@each_list_of_several_runners
def test_more_than_25_runners_in_a_filter_are_refused(api: Api, resource: Resource) -> None:
    with refused("invalid_argument"):
        api(resource.list_rpc, filter={"runner_ids": [runner_id("demo")] * 26})


@each_resource
def test_a_malformed_runner_id_in_a_filter_is_refused(api: Api, resource: Resource) -> None:
    broken = {"runner_id": "no-uuid"} if resource.of_one_runner else {"runner_ids": ["no-uuid"]}
    with refused("invalid_argument"):
        api(resource.list_rpc, filter=broken)
