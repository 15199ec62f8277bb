// Every number, text and list of a message has a bound, so that what is accepted can be stored, and no record can grow without end.

import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import * as protocol from './index.ts';

/** What is read from the wire, and the views that stored records are shown as. */
const onTheWire = {
  agentMessage: protocol.agentMessage,
  controlMessage: protocol.controlMessage,
  watchMessage: protocol.watchMessage,
  controlHello: protocol.controlHello,
  createDeployment: protocol.createDeployment,
  deploymentCreated: protocol.deploymentCreated,
  deploymentList: protocol.deploymentList,
  deploymentQuery: protocol.deploymentQuery,
  deploymentStopped: protocol.deploymentStopped,
  createInstance: protocol.createInstance,
  endpointList: protocol.endpointList,
  errorBody: protocol.errorBody,
  eventList: protocol.eventList,
  eventQuery: protocol.eventQuery,
  instanceList: protocol.instanceList,
  instanceQuery: protocol.instanceQuery,
  jobObserved: protocol.jobObserved,
  logLine: protocol.logLine,
  logQuery: protocol.logQuery,
  stopQuery: protocol.stopQuery,
  watchQuery: protocol.watchQuery,
  gateLine: protocol.gateLine,
  connectionFile: protocol.connectionFile,
};

/** Bounded by code of its own, which JSON Schema cannot show. */
const boundedByCode = ['agentMessage.log.chunk.lines'];
/** Read from a query: the words of a yes or no. */
const words = new Set(['all', 'events', 'follow']);

interface JsonSchema {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  maximum?: number;
  minimum?: number;
  maxLength?: number;
  maxItems?: number;
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
}

/** The paths of what has no bound. */
function unbounded(schema: JsonSchema, path: string): string[] {
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return options.flatMap((option) => unbounded(option, kindOf(option, path)));
  if (schema.const !== undefined || schema.enum !== undefined) return [];
  switch (schema.type) {
    case 'object':
      return Object.entries(schema.properties ?? {}).flatMap(([name, of]) => unbounded(of, `${path}.${name}`));
    case 'array':
      return [...(schema.maxItems === undefined ? [path] : []), ...unbounded(schema.items ?? {}, `${path}[]`)];
    case 'string':
      return schema.maxLength === undefined && !words.has(path.split('.').at(-1)!) ? [path] : [];
    case 'number':
    case 'integer':
      return schema.minimum === undefined || schema.maximum === undefined ? [path] : [];
    case 'boolean':
      return [];
    case undefined:
    default:
      return boundedByCode.includes(path) ? [] : [path];
  }
}

function kindOf({ properties }: JsonSchema, path: string): string {
  const kind = properties?.['type']?.const;
  return typeof kind === 'string' ? `${path}.${kind}` : path;
}

describe('A message of the wire', () => {
  it.each(Object.entries(onTheWire))('%s has a bound on each number, text and list', (name, schema) => {
    const shown = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
    expect(unbounded(shown, name)).toEqual([]);
  });
});

const hello = {
  type: 'agent.hello',
  protocol: { min: 2, max: 2 },
  agentVersion: '1',
  instanceId: 'abcdefgh',
  deployment: 'a',
  jobId: '1',
  restart: 0,
  processId: 'p',
  hostname: 'h',
  apiKey: 'k',
};
const report = {
  type: 'instance.reported',
  state: { status: 'ready' },
  servedModels: [],
  nodes: [],
  load: { inFlight: 0 },
};

describe('The limits of the wire', () => {
  it.each([
    ['a restart whose generations would be no numbers of sockets', { ...hello, restart: 10_000 }, 'restart'],
    ['a deadline beyond all times', { ...report, deadlineMs: 1.7e308 }, 'deadlineMs'],
    ['too many models', { ...report, servedModels: Array.from({ length: 1001 }, String) }, 'servedModels'],
    ['a host name of a novel', { ...hello, hostname: 'h'.repeat(257) }, 'hostname'],
  ])('refuse %s, and name the field', (_what, message, path) => {
    expect(protocol.decodeValue(protocol.agentMessage, message)).toMatchObject({ ok: false, path });
  });

  it('give the last generation of the last restart its own socket', () => {
    const last = protocol.firstGeneration(9999);
    expect(protocol.parseSocketName(protocol.socketName('abcdefgh', last, 'data'))?.generation).toBe(last);
  });

  it('cut a text for people instead of refusing the message that carries it', () => {
    const cause = { code: 'engine_crash_loop', message: 'm'.repeat(5000), lastLines: ['l'.repeat(5000)] };
    const decoded = protocol.decodeValue(protocol.agentMessage, { ...report, state: { status: 'failed', cause } });
    const short = { message: 'm'.repeat(4096), lastLines: ['l'.repeat(4096)] };
    expect(decoded).toMatchObject({ ok: true, value: { state: { cause: short } } });
  });

  it('accept an agent whose clock is out of range', () => {
    const decoded = protocol.decodeValue(protocol.agentMessage, { ...hello, clockMs: -1.7e308 });
    expect(decoded).toMatchObject({ ok: true, value: { clockMs: -protocol.timeLimitMs } });
  });

  it('take the nearest number in range from an engine, and none if it sends no number', () => {
    const load = { inFlight: 1, running: -3, waiting: 1e300, generationTokens: null };
    const decoded = protocol.decodeValue(protocol.agentMessage, { type: 'instance.heartbeat', load });
    expect(decoded).toEqual({
      ok: true,
      value: { type: 'instance.heartbeat', load: { inFlight: 1, running: 0, waiting: 1e15 } },
    });
  });
});
