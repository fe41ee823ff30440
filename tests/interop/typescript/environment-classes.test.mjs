import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  api,
  classConfiguration,
  classFields,
  createClass,
  getClass,
  listed,
  openSealed,
  refused,
  runnerId,
  withValue,
} from './harness.mjs';

const idsOf = async (filter) =>
  (await listed(api.environmentClasses, filter)).map((item) => item.id);
const update = (environmentClassId, change) =>
  api.environmentClasses.update({ environmentClassId, ...change });

test('a class comes back as it was sent and enabled, with its secret sealed', async () => {
  const configuration = await classConfiguration();
  const names = { displayName: 'Großes ☃ “class”', description: 'Two\nlines' };
  const id = await createClass('demo', { ...names, configuration });
  const { id: key } = (await classFields()).find((field) => field.secret);
  const stored = await getClass(id);
  const sealed = stored.configuration.find((field) => field.key === key);
  const sent = configuration.find((field) => field.key === key).value;
  assert.equal(openSealed('demo', sealed.value), sent);
  sealed.value = sent;
  assert.deepEqual(stored, {
    id,
    runnerId: runnerId('demo'),
    ...names,
    configuration,
    enabled: true,
  });
});

test('an update changes just what it names, and null names nothing', async () => {
  const id = await createClass();
  let expected = await getClass(id);
  for (const change of [{ displayName: 'Renamed' }, { description: 'Described anew' }]) {
    assert.deepEqual(await update(id, change), {});
    expected = { ...expected, ...change };
    assert.deepEqual(await getClass(id), expected);
  }
  await update(id, { displayName: null, description: null, enabled: null });
  assert.deepEqual(await getClass(id), expected);
  await update(id, { enabled: false });
  const { enabled, ...disabled } = expected;
  assert.equal(enabled, true);
  assert.deepEqual(await getClass(id), disabled);
});

test('names and descriptions have bounds', async () => {
  const id = await createClass();
  for (const [field, text] of [
    ['displayName', 'ab'],
    ['displayName', 'x'.repeat(128)],
    ['description', 'ab'],
    ['description', 'x'.repeat(201)],
  ]) {
    await refused('invalid_argument', createClass('demo', { [field]: text }));
    await refused('invalid_argument', update(id, { [field]: text }));
  }
  const longest = { displayName: 'ä'.repeat(127), description: '雪'.repeat(200) };
  const { displayName, description } = await getClass(await createClass('demo', longest));
  assert.deepEqual({ displayName, description }, longest);
});

test('a configuration against the schema is refused and the field named', async () => {
  const configuration = await classConfiguration();
  const fields = await classFields();
  const keyOf = (type) => fields.find((field) => field[type] && !field.secret).id;
  const wrong = [
    ['cpu', undefined],
    ['memory', undefined],
    ['cpu', '0'],
    ['cpu', '129'],
    ['cpu', '1.5'],
    ['no-such-field', 'x'],
    [keyOf('bool'), 'yes'],
    [keyOf('enum'), 'no such value'],
    [keyOf('string'), '\n'],
    [keyOf('display'), 'x'],
  ];
  for (const [key, value] of wrong) {
    await refused(
      'invalid_argument',
      createClass('demo', { configuration: withValue(configuration, key, value) }),
      key,
    );
  }
  const twice = [...configuration, { key: 'cpu', value: '2' }];
  await refused('invalid_argument', createClass('demo', { configuration: twice }), 'cpu');
});

test('lists are filtered by enabled and by what can create environments', async () => {
  const [enabled, disabled] = [await createClass(), await createClass()];
  await update(disabled, { enabled: false });
  const expectations = [
    [{}, [enabled, disabled]],
    [{ enabled: true }, [enabled]],
    [{ enabled: false }, [disabled]],
    [{ canCreateEnvironments: true }, [enabled]],
  ];
  for (const [filter, expected] of expectations) {
    const found = await idsOf({ runnerIds: [runnerId('demo')], ...filter });
    assert.deepEqual(
      found.filter((id) => id === enabled || id === disabled),
      expected,
    );
  }
});

test('filters on the runner combine with and', async () => {
  const created = {
    demo: await createClass('demo'),
    local: await createClass('local'),
    gcp: await createClass('gcp'),
  };
  const expectations = [
    [{ runnerKinds: ['RUNNER_KIND_REMOTE'] }, ['demo', 'gcp']],
    [{ runnerProviders: ['RUNNER_PROVIDER_DEV_AGENT', 'RUNNER_PROVIDER_GCP'] }, ['local', 'gcp']],
    [{ runnerKinds: ['RUNNER_KIND_REMOTE'], runnerProviders: ['RUNNER_PROVIDER_GCP'] }, ['gcp']],
    [
      { runnerKinds: ['RUNNER_KIND_REMOTE'], runnerIds: [runnerId('demo'), runnerId('local')] },
      ['demo'],
    ],
    [{ runnerKinds: [], runnerProviders: [], runnerIds: [] }, ['demo', 'local', 'gcp']],
  ];
  for (const [filter, expected] of expectations) {
    const found = new Set(await idsOf(filter));
    assert.deepEqual(
      Object.keys(created).filter((name) => found.has(created[name])),
      expected,
    );
  }
});
