"""Every RPC of the contract, granted and refused; an RPC without an entry in `calls.RPCS` fails."""

import pytest
from buf.validate import validate_pb2

from calls import RPCS
from clients import CLIENT
from harness import Api, refused


def path(violation: validate_pb2.Violation) -> str:
    return ".".join(
        element.field_name + (f"[{element.index}]" if element.HasField("index") else "")
        for element in violation.field.elements
    )


@pytest.mark.parametrize("rpc", CLIENT.METHODS)
def test_an_rpc_answers_what_the_contract_says(api: Api, rpc: str) -> None:
    call = RPCS[rpc].call(api)
    assert api(rpc, **call.asked) == call.answered
    call.afterwards()


@pytest.mark.parametrize("rpc", CLIENT.METHODS)
def test_a_broken_rule_is_detailed_by_field(api: Api, rpc: str) -> None:
    with refused("invalid_argument") as caught:
        api(rpc, **RPCS[rpc].broken)
    ((type_name, value),) = caught.value.details
    assert type_name == "buf.validate.Violations"
    violations = validate_pb2.Violations.FromString(value).violations
    assert {path(violation) for violation in violations} == RPCS[rpc].violated
    assert all(violation.message and violation.rule_id for violation in violations)
