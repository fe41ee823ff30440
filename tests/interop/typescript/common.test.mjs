// Pages, filters and refusals, which the resources have in common.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';

import {
  api,
  client,
  clientWithKey,
  clientWithoutKey,
  createToken,
  FACTS,
  oauth,
  pages,
  pat,
  refused,
  requestsOnTheWire,
  RESOURCES,
  runnerId,
  secret,
  SERVICE,
} from './harness.mjs';

const ids = (items) => items.map((item) => item.id);
const filled = async (create, runner, count) => {
  const created = [];
  for (let n = 0; n < count; n++) created.push(await create(runner));
  return created;
};

for (const { name, rpcs, idField, create, get, of } of RESOURCES) {
  const other = RESOURCES.find((resource) => resource.rpcs !== rpcs);

  test(`${name}: a list of seven comes in three pages of three in the order of creation`, async () => {
    const created = await filled(create, 'paging', 7);
    const found = await pages(rpcs, of('paging'), 3);
    assert.deepEqual(found.map(ids), [created.slice(0, 3), created.slice(3, 6), created.slice(6)]);
    assert.deepEqual(found.flat(), await Promise.all(created.map(get)));
  });

  test(`${name}: a page has 25 items where no size is given`, async () => {
    const created = await filled(create, 'defaults', 26);
    const page = await rpcs.list({ filter: of('defaults') });
    assert.deepEqual(ids(page.getPaginatedItems()), created.slice(0, 25));
    assert.deepEqual(ids((await page.getNextPage()).getPaginatedItems()), created.slice(25));
  });

  test(`${name}: a list with nothing in it is one empty page`, async () => {
    const page = await rpcs.list({ filter: of('unused') });
    assert.deepEqual(page.getPaginatedItems(), []);
    assert.equal(page.hasNextPage(), false);
  });

  test(`${name}: page size and token in the URL override those in the body`, async () => {
    const created = await filled(create, 'query', 3);
    const page = await rpcs.list({ filter: of('query'), pageSize: 1, pagination: { pageSize: 3 } });
    assert.deepEqual(ids(page.getPaginatedItems()), created.slice(0, 1));
    const token = page.pagination.nextToken;
    const second = await rpcs.list({
      filter: of('query'),
      token,
      pagination: { pageSize: 1, token: 'no-such-token' },
    });
    assert.deepEqual(ids(second.getPaginatedItems()), created.slice(1, 2));
  });

  test(`${name}: a page token belongs to its RPC and its filter`, async () => {
    await filled(create, 'local', 2);
    const { nextToken: token } = (await rpcs.list({ filter: of('local'), pageSize: 1 })).pagination;
    await refused('invalid_argument', rpcs.list({ filter: of('demo'), token }));
    await refused('invalid_argument', rpcs.list({ filter: of('demo'), pagination: { token } }));
    await refused('invalid_argument', other.rpcs.list({ filter: other.of('local'), token }));
    await refused('invalid_argument', rpcs.list({ token: 'no-such-token' }));
  });

  test(`${name}: a page size out of range is refused`, async () => {
    for (const pageSize of [101, -1]) {
      await refused('invalid_argument', rpcs.list({ pageSize }));
      await refused('invalid_argument', rpcs.list({ pagination: { pageSize } }));
    }
  });

  test(`${name}: a broken id is invalid, and an id of nothing is not found`, async () => {
    const calls = ['retrieve', 'update', 'delete'].filter((call) => rpcs[call]);
    for (const call of calls) {
      await refused('invalid_argument', rpcs[call]({ [idField]: 'not-a-uuid' }));
      await refused('not_found', rpcs[call]({ [idField]: randomUUID() }));
    }
  });
}

const EVERY_RPC = {
  CreateEnvironmentClass: ({ environmentClasses }) => environmentClasses.create({}),
  GetEnvironmentClass: ({ environmentClasses }) => environmentClasses.retrieve({}),
  ListEnvironmentClasses: ({ environmentClasses }) => environmentClasses.list({}),
  UpdateEnvironmentClass: ({ environmentClasses }) => environmentClasses.update({}),
  CreateHostAuthenticationToken: ({ hostAuthenticationTokens }) =>
    hostAuthenticationTokens.create({}),
  GetHostAuthenticationToken: ({ hostAuthenticationTokens }) =>
    hostAuthenticationTokens.retrieve({}),
  ListHostAuthenticationTokens: ({ hostAuthenticationTokens }) => hostAuthenticationTokens.list({}),
  UpdateHostAuthenticationToken: ({ hostAuthenticationTokens }) =>
    hostAuthenticationTokens.update({}),
  DeleteHostAuthenticationToken: ({ hostAuthenticationTokens }) =>
    hostAuthenticationTokens.delete({}),
  GetRunnerConfigurationSchema: ({ schema }) => schema.retrieve({}),
  CreateSCMIntegration: ({ scmIntegrations }) => scmIntegrations.create({}),
  GetSCMIntegration: ({ scmIntegrations }) => scmIntegrations.retrieve({}),
  ListSCMIntegrations: ({ scmIntegrations }) => scmIntegrations.list({}),
  UpdateSCMIntegration: ({ scmIntegrations }) => scmIntegrations.update({}),
  DeleteSCMIntegration: ({ scmIntegrations }) => scmIntegrations.delete({}),
  ValidateRunnerConfiguration: (configurations) => configurations.validate({}),
};

for (const [rpc, call] of Object.entries(EVERY_RPC)) {
  test(`${rpc} with a wrong key or none is unauthenticated whatever it asks`, async () => {
    await refused('unauthenticated', call(clientWithKey('not-the-key').runners.configurations));
    await refused('unauthenticated', call(clientWithoutKey().runners.configurations));
  });
}

const OF_A_RUNNER = {
  CreateEnvironmentClass: (runner) =>
    api.environmentClasses.create({
      ...runner,
      displayName: 'A class',
      description: 'A description',
    }),
  CreateHostAuthenticationToken: (runner) =>
    api.hostAuthenticationTokens.create({ ...pat(), token: secret('token'), ...runner }),
  CreateSCMIntegration: (runner) =>
    api.scmIntegrations.create({
      ...runner,
      scmId: 'github',
      host: 'github.com',
      pat: true,
      ...oauth(),
    }),
  GetRunnerConfigurationSchema: (runner) => api.schema.retrieve(runner),
  ValidateRunnerConfiguration: (runner) =>
    api.validate({ ...runner, scmIntegration: { scmId: 'github', host: 'github.com', pat: true } }),
};

for (const [rpc, call] of Object.entries(OF_A_RUNNER)) {
  test(`${rpc}: a broken runner id is invalid, and an unknown runner is not found`, async () => {
    await refused('invalid_argument', call({ runnerId: 'not-a-uuid' }));
    await refused('not_found', call({ runnerId: randomUUID() }));
  });
}

test('a schema comes back as the runner registered it', async () => {
  const { schema } = await api.schema.retrieve({ runnerId: runnerId('paging') });
  assert.deepEqual(schema, FACTS.schema);
});

test('a runner without a schema is refused', async () => {
  await refused('failed_precondition', api.schema.retrieve({ runnerId: runnerId('schemaless') }));
});

test('already_exists is final and asked once', async () => {
  const fields = pat();
  await api.hostAuthenticationTokens.create(fields);
  const before = requestsOnTheWire('CreateHostAuthenticationToken');
  const error = await refused('already_exists', api.hostAuthenticationTokens.create(fields));
  assert.equal(error.headers.get('x-should-retry'), 'false');
  assert.equal(requestsOnTheWire('CreateHostAuthenticationToken'), before + 1);
});

test('an unknown RPC is unimplemented in the words of Connect', async () => {
  for (const path of [
    `${SERVICE}/NoSuchRpc`,
    '/gitpod.v1.EnvironmentService/ListEnvironments',
    '/no/such/path',
  ]) {
    await refused('unimplemented', client.post(path, { body: {} }));
  }
  assert.equal(requestsOnTheWire('NoSuchRpc'), 1);
});

test('a field that the contract does not know is ignored', async () => {
  assert.ok(await createToken('demo', { noSuchField: { a: [1] } }));
});
