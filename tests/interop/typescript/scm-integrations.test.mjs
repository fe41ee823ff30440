import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  api,
  createScm,
  createToken,
  getScm,
  listed,
  oauth,
  OAUTH,
  openSealed,
  PAT,
  refused,
  runnerId,
  secret,
  uniqueHost,
} from './harness.mjs';

const integrations = api.scmIntegrations;
const WORDS_WITHOUT_KEY = 'runner does not have a public key';

test('an integration comes back as it was sent with the secret sealed', async () => {
  const host = uniqueHost();
  const app = oauth();
  const id = await createScm('demo', {
    scmId: 'gitlab',
    host,
    issuerUrl: 'https://login.example.com/realm',
    ...app,
  });
  const stored = await getScm(id);
  const { encryptedClientSecret, ...rest } = stored.oauth;
  assert.equal(openSealed('demo', encryptedClientSecret), app.oauthPlaintextClientSecret);
  assert.deepEqual(rest, { clientId: 'client-1', issuerUrl: 'https://login.example.com/realm' });
  delete stored.oauth;
  assert.deepEqual(stored, { id, runnerId: runnerId('demo'), scmId: 'gitlab', host, pat: true });
});

test('an update changes just what it names', async () => {
  const id = await createScm('demo', { issuerUrl: 'https://login.example.com', ...oauth() });
  const expected = await getScm(id);
  const updated = async (change) => {
    assert.deepEqual(await integrations.update({ id, ...change }), {});
    return getScm(id);
  };
  assert.deepEqual(await updated({}), expected);
  const nulls = {
    oauthClientId: null,
    oauthPlaintextClientSecret: null,
    pat: null,
    issuerUrl: null,
  };
  assert.deepEqual(await updated(nulls), expected);
  expected.oauth.clientId = 'client-2';
  assert.deepEqual(await updated({ oauthClientId: 'client-2' }), expected);
  const replacement = secret('oauth_plaintext_client_secret');
  const stored = await updated({ oauthPlaintextClientSecret: replacement });
  assert.notEqual(stored.oauth.encryptedClientSecret, expected.oauth.encryptedClientSecret);
  assert.equal(openSealed('demo', stored.oauth.encryptedClientSecret), replacement);
  delete stored.oauth.issuerUrl;
  assert.deepEqual(await updated({ issuerUrl: '' }), stored);
  delete stored.pat;
  assert.deepEqual(await updated({ pat: false }), stored);
});

const withTokens = async () => {
  const host = uniqueHost();
  const id = await createScm('demo', { host, ...oauth() });
  const tokens = {
    oauth: await createToken('demo', { host, source: OAUTH }),
    pat: await createToken('demo', { host, source: PAT }),
  };
  const surviving = async () => {
    const found = new Set(
      (await listed(api.hostAuthenticationTokens, { runnerId: runnerId('demo') })).map(
        (token) => token.id,
      ),
    );
    return Object.keys(tokens).filter((name) => found.has(tokens[name]));
  };
  return { id, surviving };
};

test('an empty client id removes OAuth and its tokens', async () => {
  const { id, surviving } = await withTokens();
  await integrations.update({ id, oauthClientId: '' });
  assert.equal((await getScm(id)).oauth, undefined);
  assert.deepEqual(await surviving(), ['pat']);
});

test('turning PATs off removes the PATs', async () => {
  const { id, surviving } = await withTokens();
  await integrations.update({ id, pat: false });
  assert.deepEqual(await surviving(), ['oauth']);
});

test('a deleted integration is gone with the tokens that rest on it', async () => {
  const { id, surviving } = await withTokens();
  assert.deepEqual(await integrations.delete({ id }), {});
  for (const call of ['retrieve', 'update', 'delete'])
    await refused('not_found', integrations[call]({ id }));
  assert.deepEqual(await surviving(), []);
});

test('a wrong integration is reported by validation and refused on create', async () => {
  const wrong = [
    [{ scmId: 'no-such-scm' }, ['scmIdError']],
    [{ host: 'git hub.com' }, ['hostError']],
    [{ oauthClientId: 'client-1' }, ['oauthError']],
    [{ ...oauth(), issuerUrl: 'http://login.example.com' }, ['oauthError']],
    [{ ...oauth(), scmId: 'azuredevops_server' }, ['oauthError']],
    [{ host: '', ...oauth(), issuerUrl: 'login' }, ['hostError', 'oauthError']],
  ];
  for (const [fields, errors] of wrong) {
    const scmIntegration = { scmId: 'github', host: uniqueHost(), pat: true, ...fields };
    const reply = await api.validate({ runnerId: runnerId('demo'), scmIntegration });
    assert.deepEqual(Object.keys(reply.scmIntegration).sort(), errors);
    await refused(
      'invalid_argument',
      integrations.create({ runnerId: runnerId('demo'), ...scmIntegration }),
    );
  }
});

test('a managed runner takes no integrations, and a runner without a key no OAuth', async () => {
  await refused(
    'failed_precondition',
    createScm('managed'),
    'cannot add SCM integrations to managed runners',
  );
  await refused('failed_precondition', createScm('keyless', oauth()), WORDS_WITHOUT_KEY);
  assert.ok((await getScm(await createScm('keyless'))).pat);
});
