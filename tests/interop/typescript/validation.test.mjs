import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  api,
  classConfiguration,
  createScm,
  listed,
  oauth,
  refused,
  runnerId,
  uniqueHost,
  withValue,
} from './harness.mjs';

const demo = { runnerId: runnerId('demo') };
const names = { displayName: 'A class', description: 'A description' };
const validateClass = async (fields) =>
  (await api.validate({ ...demo, environmentClass: { ...names, ...fields } })).environmentClass;

test('a right class is valid', async () => {
  assert.deepEqual(await validateClass({ configuration: await classConfiguration() }), {
    valid: true,
  });
});

test('everything wrong with a class is reported field by field', async () => {
  const configuration = withValue(await classConfiguration(), 'cpu', '0');
  const result = await validateClass({ displayName: 'x', description: 'x', configuration });
  assert.deepEqual(Object.keys(result).sort(), [
    'configurationErrors',
    'descriptionError',
    'displayNameError',
  ]);
  assert.deepEqual(
    result.configurationErrors.map((problem) => problem.key),
    ['cpu'],
  );
  assert.ok(result.configurationErrors[0].error);
});

test('a right integration is valid, and its id stands in for its secret', async () => {
  const fields = { scmId: 'github', host: uniqueHost(), oauthClientId: 'client-1' };
  const validate = async (more) =>
    (await api.validate({ ...demo, scmIntegration: { ...fields, ...more } })).scmIntegration;
  assert.deepEqual(await validate(oauth()), { valid: true });
  assert.deepEqual(Object.keys(await validate({})), ['oauthError']);
  assert.deepEqual(await validate({ id: await createScm('demo', { ...fields, ...oauth() }) }), {
    valid: true,
  });
});

test('validation stores nothing', async () => {
  const unused = { runnerId: runnerId('unused') };
  await api.validate({
    ...unused,
    scmIntegration: { scmId: 'github', host: 'github.com', pat: true },
  });
  assert.deepEqual(await listed(api.scmIntegrations, { runnerIds: [runnerId('unused')] }), []);
});

test('a request that asks nothing is refused', async () => {
  await refused('invalid_argument', api.validate(demo));
});
