// Control refuses whatever exceeds the limits of the wire, its memory stays small, and other clients are served.

import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

import { type Log, silentLog } from '@fairlead/kit';
import { ourVersions } from '@fairlead/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';

import { collectGarbage } from '../testing/collect-garbage.ts';
import { openTestControl, type TestControl } from '../testing/open-test-control.ts';
import { decodeAgentFrame } from '../ws/decode-agent-frame.ts';
import { maxFrameBytes } from '../ws/upgrades.ts';

let testControl: TestControl | undefined;
afterEach(async () => {
  await testControl?.[Symbol.asyncDispose]();
  testControl = undefined;
});

const payloadRoomBytes = maxFrameBytes - 300;
const many = (item: string, room = payloadRoomBytes) =>
  Array(Math.floor(room / (item.length + 1)))
    .fill(item)
    .join();
const nested = (open: string, close: string) => {
  const depth = Math.floor(payloadRoomBytes / (open.length + close.length));
  return open.repeat(depth) + (open.endsWith(':') ? '1' : '') + close.repeat(depth);
};
const report = (state: string, models = '') =>
  `{"type":"instance.reported","state":${state},"servedModels":[${models}],"nodes":[],"load":{"inFlight":0}}`;

const hostile: ReadonlyArray<[string, string]> = [
  ['lines that are numbers', `{"type":"log.chunk","orderId":"o","lines":[${many('1')}]}`],
  ['empty lines', `{"type":"log.chunk","orderId":"o","lines":[${many('""')}]}`],
  ['models that are numbers', report('{"status":"ready"}', many('1'))],
  [
    'a cause with numbers for lines',
    report(`{"status":"failed","cause":{"code":"x","message":"m","lastLines":[${many('1')}]}}`),
  ],
  ['deep arrays', `{"type":"log.chunk","orderId":${nested('[', ']')},"lines":[]}`],
  ['deep objects', report(nested('{"a":', '}'))],
  ['very many fields', `{"type":"instance.heartbeat",${Array.from({ length: 80_000 }, (_, n) => `"k${n}":1`).join()}}`],
  ['a very long type', `{"type":"${'x'.repeat(payloadRoomBytes)}"}`],
  [
    'a very long name',
    `{"type":"agent.hello","agentVersion":"${'x'.repeat(payloadRoomBytes)}","protocol":{"min":7,"max":9}}`,
  ],
  ['half a message', `{"type":"log.chunk","lines":["${'x'.repeat(payloadRoomBytes)}`],
];

describe('A frame of a megabyte', () => {
  it.each(hostile)('with %s costs little', (_what, text) => {
    const frame = Buffer.from(text);
    expect(frame.length).toBeLessThanOrEqual(maxFrameBytes);
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    const cpu = process.cpuUsage();
    const read = decodeAgentFrame(frame, false, ourVersions);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(100_000_000);
    expect(process.cpuUsage(cpu).user).toBeLessThan(500_000);
    if (read.kind === 'refused') expect(read.message.length).toBeLessThan(400);
  });
});

/** What the WebSocket stands on. */
function rawOf(socket: WebSocket): Socket {
  return (socket as unknown as { _socket: Socket })._socket;
}

const malformed: ReadonlyArray<[string, number[], number]> = [
  ['an unknown opcode', [0x83, 0x80, 0, 0, 0, 0], 1002],
  ['a frame without its mask', [0x81, 0x02, 0x7b, 0x7d], 1002],
  ['reserved bits', [0xf1, 0x80, 0, 0, 0, 0], 1002],
  ['a length beyond all bounds', [0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0], 1009],
  ['a length over the limit', [0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0], 1009],
  ['text that is no UTF-8', [0x81, 0x82, 0, 0, 0, 0, 0xff, 0xff], 1007],
  ['a long ping', [0x89, 0xfe, 0x01, 0x00, 0, 0, 0, 0], 1002],
];

describe('Malformed frames', () => {
  it('of agents and watchers close their own connection with a code, and no other', async () => {
    testControl = await openTestControl();
    const bystander = await testControl.owner.watch();
    const made = { ...(await testControl.deploy('a')), name: 'a' };
    const seen: unknown[] = [];
    for (const [index, [what, bytes]] of malformed.entries()) {
      const watch = await testControl.owner.watch();
      const agent = await testControl.agent(made, { generation: index + 1, processId: 'p' });
      await agent.next('control.welcome', true);
      const ends = [once(watch.socket, 'close'), agent.nextClose()] as const;
      rawOf(watch.socket).write(Buffer.from(bytes));
      rawOf(agent.socket!).write(Buffer.from(bytes));
      const [[watcherCode], { code }] = await Promise.all(ends);
      seen.push([what, watcherCode, code]);
      await agent.close();
    }
    expect(seen).toEqual(malformed.map(([what, , code]) => [what, code, code]));
    await testControl.deploy('b');
    await bystander.find((message) => message.type === 'deployment.changed' && message.deployment.name === 'b');
  });

  it('in very many fragments are cut off', async () => {
    testControl = await openTestControl();
    const watch = await testControl.owner.watch();
    const closed = once(watch.socket, 'close');
    const raw = rawOf(watch.socket);
    raw.write(Buffer.from([0x01, 0x80, 0, 0, 0, 0]));
    raw.write(Buffer.concat(Array.from({ length: 20_000 }, () => Buffer.from([0x00, 0x81, 0, 0, 0, 0, 0x20]))));
    expect((await closed)[0]).toBe(1008);
  });
});

describe('Heads', () => {
  it.each([
    [
      'a head that does not end',
      `GET /healthz HTTP/1.1\r\nHost: control\r\nX: ${'x'.repeat(20_000)}`,
      /^HTTP\/1.1 431/,
    ],
    ['very many headers', `GET /healthz HTTP/1.1\r\nHost: control\r\n${'X: y\r\n'.repeat(4000)}\r\n`, /^HTTP\/1.1 431/],
    ['no HTTP', `${'\0'.repeat(1000)}\r\n\r\n`, /^HTTP\/1.1 400/],
    [
      'a length and chunks at once',
      'POST /v1/deployments HTTP/1.1\r\nHost: c\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n',
      /^HTTP\/1.1 400/,
    ],
  ])('%s is refused and closed', async (_what, head, answer) => {
    testControl = await openTestControl();
    const socket = connectTls({
      path: testControl.control.socketPath,
      ca: testControl.certificate,
      servername: 'control',
    });
    let said = '';
    socket.on('data', (chunk) => (said += String(chunk)));
    socket.on('error', () => undefined);
    socket.write(head);
    await once(socket, 'close');
    expect(said).toMatch(answer);
    expect((await testControl.owner.call('GET', '/v1/hello')).status).toBe(200);
  });
});

describe('An agent that does not read the answers', () => {
  it('is dropped before its answers fill the memory', async () => {
    const dropped = Promise.withResolvers<void>();
    const warn: Log['warn'] = (_fields, text) => text?.startsWith('dropped: it does not read') && dropped.resolve();
    testControl = await openTestControl({ log: { ...silentLog, warn } });
    const made = { ...(await testControl.deploy('a')), name: 'a' };
    const agent = await testControl.agent(made);
    await agent.next('control.welcome', true);
    agent.socket!.pause();
    const event = { type: 'event.happened', id: 1, atMs: 0, kind: 'k', message: '' } as const;
    for (let n = 0; n < 60_000; n += 1) agent.send(event);
    await dropped.promise;
    agent.socket!.resume();
  });
});
