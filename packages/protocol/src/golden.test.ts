import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import * as protocol from './index.ts';

const folder = fileURLToPath(new URL('../golden', import.meta.url));

/** The schema that reads each golden message. A version's files are never changed: a new version gets a folder of its own. */
const schemas: Record<string, protocol.Schema> = {
  agent: protocol.agentMessage,
  control: protocol.controlMessage,
  watch: protocol.watchMessage,
  node: protocol.nodeMessage,
  leader: protocol.leaderMessage,
  publisher: protocol.publisherMessage,
  gateway: protocol.gatewayMessage,
  'api/create-deployment': protocol.createDeployment,
  'api/deployment-created': protocol.deploymentCreated,
  'api/deployment-list': protocol.deploymentList,
  'api/job-observed': protocol.jobObserved,
  'api/create-instance': protocol.createInstance,
  'api/endpoint-list': protocol.endpointList,
  'api/endpoint-list-end-to-end': protocol.endpointList,
  'api/deployment-stopped': protocol.deploymentStopped,
  'api/event-list': protocol.eventList,
  'api/control-hello': protocol.controlHello,
  'api/publish-deployment': protocol.publishDeployment,
  'api/publication-list': protocol.publicationList,
  'api/error-body': protocol.errorBody,
  'file/connection-file': protocol.connectionFile,
  'file/laptop-profile': protocol.laptopProfile,
  'file/instance-spec': protocol.instanceSpec,
  'file/instance-spec-end-to-end': protocol.instanceSpec,
  'file/gate-line': protocol.gateLine,
};

const goldens = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({ name: name.replaceAll('\\', '/'), text: readFileSync(join(folder, name), 'utf8') }));

function schemaOf(name: string): protocol.Schema {
  const key = name.replace(/^v\d+\//, '').replace(/\.json$/, '');
  const schema = schemas[key] ?? schemas[key.split('/')[0] ?? ''];
  if (!schema) throw new Error(`no schema reads ${name}`);
  return schema;
}

function readOf(name: string, text: string): unknown {
  const decoded = protocol.decodeText(schemaOf(name), text);
  expect(decoded).toMatchObject({ ok: true });
  return decoded.ok ? decoded.value : undefined;
}

describe('A golden message', () => {
  it.each(goldens)('$name is decoded and encoded unchanged', ({ name, text }) => {
    expect(JSON.parse(protocol.encodeText(schemaOf(name), readOf(name, text)))).toEqual(JSON.parse(text));
  });

  it.each(goldens)('$name is decoded also with a field that this version does not know', ({ name, text }) => {
    const value = { ...(JSON.parse(text) as object), fromTheFuture: { a: 1 } };
    expect(readOf(name, JSON.stringify(value))).toEqual(readOf(name, text));
  });

  it.each(goldens)('$name is encoded without a field that its schema does not name', ({ name, text }) => {
    const value = { ...(readOf(name, text) as object), spread: 'extra' };
    expect(JSON.parse(protocol.encodeText(schemaOf(name), value))).toEqual(JSON.parse(text));
  });

  it('exists for every kind of message of the newest version', () => {
    const { agentMessage, controlMessage, watchMessage, nodeMessage, leaderMessage } = protocol;
    const { publisherMessage, gatewayMessage } = protocol;
    const unions = [agentMessage, controlMessage, watchMessage, nodeMessage, leaderMessage];
    const kinds = [...unions, publisherMessage, gatewayMessage].flatMap((union) =>
      union.options.map((option) => option.shape.type.value),
    );
    const shown = goldens
      .filter(({ name }) => name.startsWith(`v${protocol.protocolVersion}/`))
      .map(({ text }) => (JSON.parse(text) as { type?: string }).type);
    expect(kinds.filter((kind) => !shown.includes(kind))).toEqual([]);
  });
});

describe('The history of the protocol', () => {
  it('names every version, oldest first, with a date', () => {
    expect(protocol.protocolHistory.map(({ version }) => version)).toEqual(
      Array.from({ length: protocol.protocolVersion }, (_, index) => index + 1),
    );
    for (const { date, what } of protocol.protocolHistory) {
      expect(date).toMatch(/^\d{4}-\d\d-\d\d$/);
      expect(what.length).toBeGreaterThan(10);
    }
  });
});
