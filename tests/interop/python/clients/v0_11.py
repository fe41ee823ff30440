"""`gitpod-sdk==0.11.0`: JSON over POST, a synchronous and an asynchronous client."""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from operator import attrgetter
from typing import Any

import gitpod
from gitpod import APIStatusError, AsyncGitpod, Gitpod

import harness
from harness import Api, Fields, Refused

METHODS = {
    "CreateEnvironmentClass": "environment_classes.create",
    "GetEnvironmentClass": "environment_classes.retrieve",
    "ListEnvironmentClasses": "environment_classes.list",
    "UpdateEnvironmentClass": "environment_classes.update",
    "CreateHostAuthenticationToken": "host_authentication_tokens.create",
    "GetHostAuthenticationToken": "host_authentication_tokens.retrieve",
    "ListHostAuthenticationTokens": "host_authentication_tokens.list",
    "UpdateHostAuthenticationToken": "host_authentication_tokens.update",
    "DeleteHostAuthenticationToken": "host_authentication_tokens.delete",
    "GetRunnerConfigurationSchema": "schema.retrieve",
    "CreateSCMIntegration": "scm_integrations.create",
    "GetSCMIntegration": "scm_integrations.retrieve",
    "ListSCMIntegrations": "scm_integrations.list",
    "UpdateSCMIntegration": "scm_integrations.update",
    "DeleteSCMIntegration": "scm_integrations.delete",
    "ValidateRunnerConfiguration": "validate",
}

# Which HTTP status each code comes with, and the exception that the client makes of it.
ERRORS = {
    "invalid_argument": (400, gitpod.BadRequestError),
    "failed_precondition": (400, gitpod.BadRequestError),
    "unauthenticated": (401, gitpod.AuthenticationError),
    "permission_denied": (403, gitpod.PermissionDeniedError),
    "not_found": (404, gitpod.NotFoundError),
    "unimplemented": (404, gitpod.NotFoundError),
    "already_exists": (409, gitpod.ConflictError),
}


def refusal(error: APIStatusError) -> Refused:
    body = error.body
    assert isinstance(body, dict), f"not a Connect error: {body!r}"
    assert (error.status_code, type(error)) == ERRORS[body["code"]]
    details = [(d["type"], base64.b64decode(d["value"] + "==")) for d in body.get("details", [])]
    return Refused(body["code"], body.get("message", ""), details)


def as_fields(reply: Any) -> Fields:
    """A reply as a dict; the client passes on the empty reply to Update and Delete as it is."""
    plain = reply.to_dict(mode="json", use_api_names=False) if hasattr(reply, "to_dict") else reply
    return harness.without_defaults(harness.with_proto_names(plain))


class SyncApi(Api):
    def __init__(self, key: str | None) -> None:
        headers: Any = {"Authorization": gitpod.Omit()} if key is None else None
        self.client = Gitpod(
            base_url=harness.BASE_URL, bearer_token=key or "", default_headers=headers
        )

    def with_key(self, key: str | None) -> Api:
        return type(self)(key)

    def wait(self, reply: Any) -> Any:
        """The reply itself: the scenarios call this on what either client returns."""
        return reply

    def method(self, rpc: str) -> Callable[..., Any]:
        return attrgetter(METHODS[rpc])(self.client.runners.configurations)

    def _call(self, rpc: str, fields: Fields) -> Fields:
        try:
            return as_fields(self.wait(self.method(rpc)(**fields)))
        except APIStatusError as error:
            raise refusal(error) from error

    def _pages(self, rpc: str, fields: Fields) -> Iterable[Fields]:
        for page in islice(self.method(rpc)(**fields).iter_pages(), harness.MOST_PAGES + 1):
            yield as_fields(page)

    def _at_once(self, rpc: str, requests: Sequence[Fields]) -> list[Fields | Refused]:
        with ThreadPoolExecutor(len(requests)) as pool:
            return list(
                pool.map(
                    lambda fields: harness.outcome_of(lambda: self._call(rpc, fields)), requests
                )
            )


class AsyncApi(SyncApi):
    def __init__(self, key: str | None, loop: asyncio.AbstractEventLoop | None = None) -> None:
        headers: Any = {"Authorization": gitpod.Omit()} if key is None else None
        self.client = AsyncGitpod(
            base_url=harness.BASE_URL, bearer_token=key or "", default_headers=headers
        )
        self._loop = loop or asyncio.new_event_loop()

    def with_key(self, key: str | None) -> Api:
        return AsyncApi(key, self._loop)

    def wait(self, reply: Awaitable[Any]) -> Any:
        async def settle() -> Any:
            return await reply

        return self._loop.run_until_complete(settle())

    def _pages(self, rpc: str, fields: Fields) -> Iterable[Fields]:
        async def collect() -> list[Fields]:
            pages: list[Fields] = []
            first = await self.method(rpc)(**fields)
            async for page in first.iter_pages():
                pages.append(as_fields(page))
                if len(pages) > harness.MOST_PAGES:
                    break
            return pages

        return self._loop.run_until_complete(collect())

    def _at_once(self, rpc: str, requests: Sequence[Fields]) -> list[Fields | Refused]:
        async def outcome(fields: Fields) -> Fields | Refused:
            try:
                return as_fields(await self.method(rpc)(**fields))
            except APIStatusError as error:
                return refusal(error)

        async def gather() -> list[Fields | Refused]:
            return list(await asyncio.gather(*map(outcome, requests)))

        return self._loop.run_until_complete(gather())


def connect(mode: str) -> Api:
    return {"sync": SyncApi, "async": AsyncApi}[mode](harness.KEY)
