import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';

import {
  api,
  createScm,
  createToken,
  getToken,
  listed,
  oauth,
  OAUTH,
  pat,
  refused,
  runnerId,
  secret,
  uniqueHost,
  user,
} from './harness.mjs';

const tokens = api.hostAuthenticationTokens;
const idsOf = async (filter) => (await listed(tokens, filter)).map((item) => item.id);

test('a token comes back as it was sent but for the secrets', async () => {
  const host = uniqueHost();
  const subject = user();
  const sent = {
    runnerId: runnerId('demo'),
    host,
    source: OAUTH,
    expiresAt: '2031-02-03T04:05:06.789012345Z',
    integrationId: await createScm('demo', { host, ...oauth() }),
    scopes: ['repo', 'read:org', 'workflow'],
    subject,
  };
  const { token } = await tokens.create({
    ...sent,
    token: secret('token'),
    refreshToken: secret('refresh_token'),
  });
  assert.deepEqual(token, { ...sent, id: token.id, userId: subject.id });
  assert.deepEqual(await getToken(token.id), token);
});

test('a deprecated user id names the owner, unless a subject does', async () => {
  const userId = randomUUID();
  const byUser = await getToken(await createToken('demo', { subject: undefined, userId }));
  assert.deepEqual(byUser.subject, { id: userId, principal: 'PRINCIPAL_USER' });
  const subject = user();
  const both = await getToken(await createToken('demo', { subject, userId }));
  assert.deepEqual([both.subject, both.userId], [subject, subject.id]);
  const robot = { id: randomUUID(), principal: 'PRINCIPAL_SERVICE_ACCOUNT' };
  const robots = await getToken(await createToken('demo', { subject: robot }));
  assert.deepEqual([robots.subject, robots.userId], [robot, undefined]);
});

test('of many equal creates at once exactly one succeeds', async () => {
  const fields = pat();
  const outcomes = await Promise.allSettled(
    Array.from({ length: 12 }, () => tokens.create(fields)),
  );
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  const codes = new Set(
    outcomes.filter(({ reason }) => reason).map(({ reason }) => reason.error.code),
  );
  assert.deepEqual(codes, new Set(['already_exists']));
});

test('an update changes just what it names', async () => {
  const id = await createToken('demo', { scopes: ['repo'], expiresAt: '2031-01-01T00:00:00Z' });
  let expected = await getToken(id);
  const changes = [
    {},
    { token: secret('token'), refreshToken: secret('refresh_token') },
    { scopes: [] },
    { token: null, refreshToken: null, expiresAt: null },
  ];
  for (const change of changes) {
    assert.deepEqual(await tokens.update({ id, ...change }), {});
    assert.deepEqual(await getToken(id), expected);
  }
  for (const change of [{ expiresAt: '2032-01-01T00:00:00Z' }, { scopes: ['read:org', 'gist'] }]) {
    await tokens.update({ id, ...change });
    expected = { ...expected, ...change };
    assert.deepEqual(await getToken(id), expected);
  }
  await refused('invalid_argument', tokens.update({ id, token: '' }));
});

test('a deleted token is gone', async () => {
  const id = await createToken();
  assert.deepEqual(await tokens.delete({ id }), {});
  for (const call of ['retrieve', 'update', 'delete'])
    await refused('not_found', tokens[call]({ id }));
});

test('lists are filtered by subject, user and runner', async () => {
  const subject = user();
  const [here, there] = [
    await createToken('demo', { subject }),
    await createToken('local', { subject }),
  ];
  assert.deepEqual(await idsOf({ subjectId: subject.id }), [here, there]);
  assert.deepEqual(await idsOf({ userId: subject.id }), [here, there]);
  assert.deepEqual(await idsOf({ subjectId: subject.id, runnerId: runnerId('demo') }), [here]);
  assert.deepEqual(await idsOf({ subjectId: randomUUID() }), []);
});

test('a broken request is refused', async () => {
  const elsewhere = await createScm('local');
  const wrong = [
    { host: '' },
    { token: '' },
    { userId: 'not-a-uuid' },
    { source: 99 },
    { scopes: Array(101).fill('s') },
    { integrationId: elsewhere },
  ];
  for (const fields of wrong) await refused('invalid_argument', createToken('demo', fields));
});

test('a token for a runner without a key is refused', async () => {
  await refused('failed_precondition', createToken('keyless'), 'runner does not have a public key');
});
