// Makes the calls that it reads from standard input, a JSON array per line, and answers with an array of outcomes.
//
// A call has `transport`, `rpc`, `request` (proto3 JSON) and `headers`, and it may have `timeoutMs`. With `service`, that
// service is called in place of ours, and `rpc` need not exist. With `open: true` the request never ends.
// An outcome has `headers` (those of the reply), and `reply`, or else `code`, `message`, `details` and `violations`.

import { createInterface } from 'node:readline';

import { fromJson, toJson } from '@bufbuild/protobuf';
import { EmptySchema } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from '@connectrpc/connect-node';

import { ViolationsSchema } from './gen/buf/validate/validate_pb.js';
import { RunnerConfigurationService } from './gen/gitpod/v1/runner_configuration_pb.js';

// The leak check can read replies in gzip over HTTP/1.1, and uncompressed ones in frames.
const http1 = { httpVersion: '1.1', acceptCompression: [compressionGzip] };
const http2 = { httpVersion: '2', acceptCompression: [] };
const frames = { acceptCompression: [] };
const json = { useBinaryFormat: false };
const binary = { useBinaryFormat: true };
const get = { useHttpGet: true };

const baseUrl = process.env.INTEROP_BASE_URL;
const transports = {
  'connect-json-http1': createConnectTransport({ baseUrl, ...http1, ...json }),
  'connect-json-http2-get': createConnectTransport({ baseUrl, ...http2, ...json, ...get }),
  'connect-binary-http1-get': createConnectTransport({ baseUrl, ...http1, ...binary, ...get }),
  'connect-binary-http2': createConnectTransport({ baseUrl, ...http2, ...binary }),
  'grpcweb-http1': createGrpcWebTransport({ baseUrl, ...http1, ...binary, ...frames }),
  'grpcweb-http2': createGrpcWebTransport({ baseUrl, ...http2, ...binary }),
  'grpc-http2': createGrpcTransport({ baseUrl, ...http2, ...binary }),
};

const methods = new Map(RunnerConfigurationService.methods.map((method) => [method.name, method]));

// A method that the server does not have, or one of ours.
function methodOf({ service, rpc }) {
  if (!service) return methods.get(rpc);
  const like = RunnerConfigurationService.methods[0];
  return {
    ...like,
    name: rpc,
    parent: { ...like.parent, typeName: service },
    input: EmptySchema,
    output: EmptySchema,
  };
}

async function* neverEnding(message) {
  yield message;
  await new Promise(() => {});
}

async function answered({ headers, open, request, timeoutMs, transport, ...call }) {
  const method = methodOf(call);
  const message = fromJson(method.input, request);
  if (open) {
    const stream = { ...method, methodKind: 'client_streaming' };
    const reply = await transports[transport].stream(
      stream,
      undefined,
      timeoutMs,
      headers,
      neverEnding(message),
    );
    for await (const item of reply.message) return { ...reply, message: item, method };
  }
  return {
    ...(await transports[transport].unary(method, undefined, timeoutMs, headers, message)),
    method,
  };
}

async function outcome(call) {
  try {
    const { header, message, method } = await answered(call);
    return {
      headers: Object.fromEntries(header),
      reply: toJson(method.output, message, { useProtoFieldName: true }),
    };
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    return {
      headers: Object.fromEntries(error.metadata),
      code: Code[error.code].replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase(),
      message: error.rawMessage,
      details: error.details.map(({ type, value }) => ({
        type,
        value: Buffer.from(value).toString('base64'),
      })),
      violations: error
        .findDetails(ViolationsSchema)
        .flatMap(
          (detail) => toJson(ViolationsSchema, detail, { useProtoFieldName: true }).violations,
        ),
    };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await Promise.all(JSON.parse(line).map(outcome))));
}
process.exit(); // connections are kept open
