// What the suites share: the facts of the run, markers in place of secrets, and ways to create the resources.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import Gitpod from '@gitpod/sdk';

const { INTEROP_BASE_URL, INTEROP_DIR, INTEROP_KEY, INTEROP_PYTHON, INTEROP_RUN_DIR } = process.env;

export const FACTS = JSON.parse(readFileSync(join(INTEROP_DIR, 'facts.json'), 'utf8'));
export const SERVICE = '/gitpod.v1.RunnerConfigurationService';
export const OAUTH = 'HOST_AUTHENTICATION_TOKEN_SOURCE_OAUTH';
export const PAT = 'HOST_AUTHENTICATION_TOKEN_SOURCE_PAT';

export const client = new Gitpod({ baseURL: INTEROP_BASE_URL, bearerToken: INTEROP_KEY });
export const clientWithKey = (bearerToken) =>
  new Gitpod({ baseURL: INTEROP_BASE_URL, bearerToken });
export const clientWithoutKey = () =>
  new Gitpod({
    baseURL: INTEROP_BASE_URL,
    bearerToken: 'none',
    defaultHeaders: { Authorization: null },
  });
export const api = client.runners.configurations;

export const runnerId = (name) => FACTS.runners[name].id;
export const uniqueHost = () => `${randomUUID()}.example.com`;
export const user = () => ({ id: randomUUID(), principal: 'PRINCIPAL_USER' });

// A marker to send as a secret; the leak check then looks for it everywhere.
export function secret(kind) {
  const marker = `${FACTS.marker_prefix}${randomUUID()}`;
  appendFileSync(join(INTEROP_RUN_DIR, 'markers.jsonl'), JSON.stringify({ kind, marker }) + '\n');
  return marker;
}

// Keeps what the client made of a reply: the leak check reads it.
export function seen(outcome) {
  appendFileSync(join(INTEROP_RUN_DIR, 'seen-by-client.jsonl'), JSON.stringify(outcome) + '\n');
  return outcome;
}

// Opens a sealed box, given as base64, with the private key of the runner.
export function openSealed(runner, ciphertext) {
  const program = [
    join(INTEROP_DIR, 'sealed_box.py'),
    join(INTEROP_RUN_DIR, 'keys', `${runner}.key`),
  ];
  return execFileSync(INTEROP_PYTHON, program, { input: ciphertext, encoding: 'utf8' });
}

// How many requests for the RPC have passed the recording proxy.
export function requestsOnTheWire(rpc) {
  const directory = join(INTEROP_RUN_DIR, 'requests');
  const requestLine = new RegExp(`POST \\S*${SERVICE}/${rpc}(\\?\\S*)? HTTP/1\\.1\\r\\n`, 'g');
  return readdirSync(directory)
    .map((name) => readFileSync(join(directory, name), 'latin1').match(requestLine)?.length ?? 0)
    .reduce((sum, count) => sum + count, 0);
}

// Which HTTP status each code comes with, and the exception that the client makes of it.
const ERRORS = {
  invalid_argument: [400, Gitpod.BadRequestError],
  failed_precondition: [400, Gitpod.BadRequestError],
  unauthenticated: [401, Gitpod.AuthenticationError],
  not_found: [404, Gitpod.NotFoundError],
  unimplemented: [404, Gitpod.NotFoundError],
  already_exists: [409, Gitpod.ConflictError],
};

// Expects the server to refuse with this code and with these words in the message.
export async function refused(code, call, saying = '') {
  const [status, kind] = ERRORS[code];
  const error = await Promise.resolve(call).then(
    (reply) => assert.fail(`expected ${code}, got ${JSON.stringify(reply)}`),
    (caught) => caught,
  );
  assert.ok(error instanceof kind, `expected ${code}, got ${error}`);
  seen([error.status, error.error]);
  assert.deepEqual([error.status, error.error.code], [status, code]);
  assert.ok(
    error.error.message?.includes(saying) || saying === '',
    `"${error.error.message}" lacks "${saying}"`,
  );
  return error;
}

export async function classFields(runner = 'demo') {
  const { schema } = await api.schema.retrieve({ runnerId: runnerId(runner) });
  return schema.environmentClasses;
}

function sampleValue(field) {
  if (field.int) {
    const { min = 0, max = 0 } = field.int;
    return String(max ? Math.min(min + 3, max) : min + 3);
  }
  if (field.bool) return 'true';
  if (field.enum)
    return (field.enum.possibleValues?.map((value) => value.title) ?? field.enum.values).at(-1);
  const { default: preset, pattern = '.*' } = field.string;
  return preset ?? FACTS.sample_strings.find((text) => new RegExp(`^(?:${pattern})$`).test(text));
}

// A configuration that sets every field that the runner's schema lets a class set; secrets are markers.
export async function classConfiguration(runner = 'demo') {
  return (await classFields(runner))
    .filter((field) => !field.display)
    .map((field) => ({
      key: field.id,
      value: field.secret ? secret('secret_class_field') : sampleValue(field),
    }));
}

// The configuration with one value changed, added, or (undefined) left out.
export function withValue(configuration, key, value) {
  const others = configuration.filter((field) => field.key !== key);
  return value === undefined ? others : [...others, { key, value }];
}

export async function createClass(runner = 'demo', fields = {}) {
  const configuration = fields.configuration ?? (await classConfiguration(runner));
  const names = {
    displayName: `Class ${randomUUID()}`,
    description: 'Created by the interop suite',
  };
  return seen(
    await api.environmentClasses.create({
      runnerId: runnerId(runner),
      ...names,
      ...fields,
      configuration,
    }),
  ).id;
}

export async function getClass(environmentClassId) {
  return seen(await api.environmentClasses.retrieve({ environmentClassId })).environmentClass;
}

// The fields of a personal access token for a new user at a new host, save for what is given.
export const pat = (runner = 'demo', fields = {}) => ({
  runnerId: runnerId(runner),
  host: uniqueHost(),
  token: secret('token'),
  source: PAT,
  subject: user(),
  ...fields,
});

export async function createToken(runner = 'demo', fields = {}) {
  return seen(await api.hostAuthenticationTokens.create(pat(runner, fields))).token.id;
}

export const getToken = async (id) =>
  seen(await api.hostAuthenticationTokens.retrieve({ id })).token;

// The fields that give an SCM integration OAuth.
export const oauth = () => ({
  oauthClientId: 'client-1',
  oauthPlaintextClientSecret: secret('oauth_plaintext_client_secret'),
});

export async function createScm(runner = 'demo', fields = {}) {
  const defaults = { runnerId: runnerId(runner), scmId: 'github', host: uniqueHost(), pat: true };
  return seen(await api.scmIntegrations.create({ ...defaults, ...fields })).id;
}

export const getScm = async (id) => seen(await api.scmIntegrations.retrieve({ id })).integration;

const of = (...names) => ({ runnerIds: names.map(runnerId) });

// What all lists have in common.
export const RESOURCES = [
  {
    name: 'environment classes',
    rpcs: api.environmentClasses,
    idField: 'environmentClassId',
    create: createClass,
    get: getClass,
    of,
  },
  {
    name: 'host authentication tokens',
    rpcs: api.hostAuthenticationTokens,
    idField: 'id',
    create: createToken,
    get: getToken,
    of: (name) => ({ runnerId: runnerId(name) }),
  },
  {
    name: 'SCM integrations',
    rpcs: api.scmIntegrations,
    idField: 'id',
    create: createScm,
    get: getScm,
    of,
  },
];

// More than any list here has; a client that goes on asking is stopped.
const MOST_PAGES = 100;

// The items of each page, through the client's own paging.
export async function pages(rpcs, filter, pageSize) {
  const found = [];
  for await (const page of (await rpcs.list({ filter, pagination: { pageSize } })).iterPages()) {
    found.push(page.getPaginatedItems());
    assert.ok(found.length <= MOST_PAGES, 'the list has no end');
  }
  return found;
}

export async function listed(rpcs, filter, pageSize = 100) {
  return seen((await pages(rpcs, filter, pageSize)).flat());
}
