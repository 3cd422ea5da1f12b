'use strict';
// Performs calls with the AWS SDK for JavaScript v3, unmodified. What goes in and out is told in ClientDriver.cs.
// The endpoint is in REKEY_ENDPOINT, the keys are where the SDK looks for them.

const readline = require('node:readline');
const sdk = require('@aws-sdk/client-secrets-manager');
const { version } = require('@aws-sdk/client-secrets-manager/package.json');

const clients = new Map();

function clientFor(options = {}) {
  const name = JSON.stringify(options);
  if (!clients.has(name)) {
    const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey } = options;
    clients.set(name, new sdk.SecretsManagerClient({
      endpoint: process.env.REKEY_ENDPOINT,
      ...(options.Region && { region: options.Region }),
      ...(accessKeyId && { credentials: { accessKeyId, secretAccessKey } }),
      ...(options.RetryMode && { retryMode: options.RetryMode, maxAttempts: options.Attempts }),
    }));
  }
  return clients.get(name);
}

const namesOf = (pattern) => Object.keys(sdk).flatMap((name) => name.match(pattern)?.slice(1) ?? []);

const describe = () => ({
  Version: version,
  Operations: namesOf(/^(?!\$)(.+)Command$/),
  Paginators: namesOf(/^paginate(.+)$/),
  Waiters: namesOf(/^wait(.+)$/),
});

/** JSON to what a programmer passes: a binary value is bytes. */
function toNative(value) {
  if (Array.isArray(value)) return value.map(toNative);
  if (value === null || typeof value !== 'object') return value;
  if ('$blob' in value) return Buffer.from(value.$blob, 'base64');
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toNative(inner)]));
}

/** What a programmer gets to JSON: bytes and times are marked as such. */
function toJson(value) {
  if (value instanceof Uint8Array) return { $blob: Buffer.from(value).toString('base64') };
  if (value instanceof Date) return { $time: value.getTime() };
  if (Array.isArray(value)) return value.map(toJson);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toJson(inner)]));
}

function answerOf({ $metadata, ...members }) {
  return { Result: toJson(members), Status: $metadata.httpStatusCode, RequestId: $metadata.requestId, Attempts: $metadata.attempts };
}

async function call({ Operation, Parameters, Client, PageSize }) {
  const client = clientFor(Client);
  const parameters = toNative(Parameters);
  if (!PageSize) return answerOf(await client.send(new sdk[`${Operation}Command`](parameters)));
  const pages = [];
  for await (const page of sdk[`paginate${Operation}`]({ client, pageSize: PageSize }, parameters)) pages.push(answerOf(page).Result);
  return { Pages: pages };
}

function refusalOf(error) {
  if (!error.$metadata?.httpStatusCode) return { Fault: String(error) };
  const { httpStatusCode, requestId, attempts } = error.$metadata;
  return {
    Code: error.name, Message: error.message, Status: httpStatusCode, RequestId: requestId, Attempts: attempts,
    Modelled: typeof sdk[error.name] === 'function' && error instanceof sdk[error.name],
  };
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    const answer = request.Operation ? await call(request).catch(refusalOf) : describe();
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
