// The Node end of the Lambda Runtime API: imports the handler, then asks for events and answers them.
// Handlers may be CommonJS or ES modules, return promises, or call back.

import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import util from 'node:util';

const BASE = '/2018-06-01/runtime';
const ROOT = process.env.LAMBDA_TASK_ROOT;
// Where code lies on AWS; shown instead of this machine's folders.
const ROOT_SHOWN = '/var/task';
// A line end within one log event: the reader of our output turns it back.
const SOFT_END = '\r';

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
let requestId;
// Tank time, where it stands still.
let nowMs = process.argv[2] === undefined ? undefined : Number(process.argv[2]);

function call(method, where, body) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, method, agent, path: BASE + where }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) }));
      answer.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

function write(level, text) {
  const when = new Date(nowMs ?? Date.now()).toISOString();
  process.stdout.write(`${when}\t${requestId}\t${level}\t${text.replaceAll('\n', SOFT_END)}\n`);
}

const LEVELS = { log: 'INFO', info: 'INFO', debug: 'DEBUG', trace: 'TRACE', warn: 'WARN', error: 'ERROR' };
for (const [name, level] of Object.entries(LEVELS)) {
  console[name] = (...said) => write(level, util.format(...said));
}

class Failed extends Error {
  constructor(name, message) {
    super(message);
    this.name = name;
    this.stack = `${name}: ${message}`;
  }
}

function fileOf(module) {
  for (const ending of ['.js', '.mjs', '.cjs', '']) {
    const file = path.resolve(ROOT, module + ending);
    if (fs.existsSync(file) && fs.statSync(file).isFile()) return file;
  }
  const message = `Error: Cannot find module '${path.basename(module)}'`;
  throw new Failed('Runtime.ImportModuleError', message);
}

async function load(name) {
  const folder = name.slice(0, name.lastIndexOf('/') + 1);
  const [module, ...names] = name.slice(folder.length).split('.');
  if (names.length === 0) throw new Failed('Runtime.MalformedHandlerName', 'Bad handler');
  let found;
  try {
    found = await import(pathToFileURL(fileOf(folder + module)).href);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Failed('Runtime.UserCodeSyntaxError', `SyntaxError: ${error.message}`);
    const missing = error?.code === 'ERR_MODULE_NOT_FOUND' || error?.code === 'MODULE_NOT_FOUND';
    if (missing) throw new Failed('Runtime.ImportModuleError', shown(`Error: ${error.message}`));
    throw error;
  }
  const within = (start) => names.reduce((at, key) => at?.[key], start);
  const handler = within(found) ?? within(found.default);
  if (handler === undefined) throw new Failed('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
  if (typeof handler !== 'function') throw new Failed('Runtime.HandlerNotFound', `${name} is not a function`);
  return handler;
}

function shown(text) {
  return text.replaceAll(ROOT, ROOT_SHOWN);
}

function documentOf(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  const own = (line) => !line.includes('bootstrap.mjs') && !line.includes('node:internal');
  const trace = shown(error.stack ?? '').split('\n').filter(own).map((line) => line.replaceAll('file://', ''));
  return { errorType: error.name, errorMessage: error.message, trace };
}

function contextOf(headers, settle) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const client = headers['lambda-runtime-client-context'];
  return {
    awsRequestId: requestId,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: client ? JSON.parse(Buffer.from(client, 'base64').toString()) : undefined,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    succeed: (value) => settle(null, value),
    fail: (error) => settle(error),
    done: (error, value) => settle(error, value),
  };
}

// What the handler returns, or calls back with. One that does neither answers null once nothing is left to do.
async function run(handler, headers, event) {
  let settle;
  const called = new Promise((resolve, reject) => {
    settle = (error, value) => (error === null || error === undefined ? resolve(value) : reject(error));
  });
  const returned = handler(event, contextOf(headers, settle), settle);
  if (typeof returned?.then === 'function') return returned;
  const idle = () => settle(null, null);
  process.once('beforeExit', idle);
  return called.finally(() => process.off('beforeExit', idle));
}

async function fail(error, kind) {
  const said = documentOf(error);
  if (kind) said.errorType = kind;
  const where = requestId === undefined ? '/init/error' : `/invocation/${requestId}/error`;
  write('ERROR', `${kind ? 'Uncaught Exception' : 'Invoke Error'} \t${JSON.stringify(said)}`);
  await call('POST', where, JSON.stringify(said));
}

for (const [event, kind] of [
  ['uncaughtException', undefined],
  ['unhandledRejection', 'Runtime.UnhandledPromiseRejection'],
]) {
  process.on(event, async (error) => {
    await fail(error, kind).catch(() => {});
    process.exit(129);
  });
}

async function main() {
  let handler;
  try {
    handler = await load(process.env._HANDLER);
  } catch (error) {
    await fail(error);
    process.exit(1);
  }
  for (;;) {
    const next = await call('GET', '/invocation/next');
    if (next.status !== 200) return;
    requestId = next.headers['lambda-runtime-aws-request-id'];
    const now = next.headers['wavetank-now-ms'];
    nowMs = now === undefined ? undefined : Number(now);
    process.env._X_AMZN_TRACE_ID = next.headers['lambda-runtime-trace-id'] ?? '';
    try {
      const answer = await run(handler, next.headers, JSON.parse(next.body.toString()));
      await call('POST', `/invocation/${requestId}/response`, JSON.stringify(answer) ?? 'null');
    } catch (error) {
      await fail(error);
    }
  }
}

// A connection that ends means that the tank has gone.
main().then(() => process.exit(0), () => process.exit(0));
