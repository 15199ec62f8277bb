import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { proveAddress, takeAddress } from './engine-address.ts';
import { loopbackListeners, parseListeners } from './loopback-listeners.ts';

const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';

/** A row of /proc/net/tcp: port 0x1F90 is 8080. */
function row(local: string, state: string, uid: number): string {
  return `   0: ${local}:1F90 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  ${uid}        0 23456 1 0 100 0 0 10 0`;
}

describe('parseListeners', () => {
  it.each([
    ['127.0.0.1', '0100007F', false],
    ['127.0.1.1', '0101007F', false],
    ['::1', '00000000000000000000000001000000', false],
    ['::ffff:127.0.0.1', '0000000000000000FFFF00000100007F', false],
    ['0.0.0.0', '00000000', true],
    ['::', '00000000000000000000000000000000', true],
    ['10.1.2.3', '0302010A', true],
  ])('reads whose listener is at %s, and whether other hosts reach it', (_address, local, isWide) => {
    expect(parseListeners([head, row(local, '0A', 1004), ''].join('\n'), 8080)).toEqual([{ uid: 1004, isWide }]);
  });

  it('passes over connections, other ports and what is no row', () => {
    const table = [head, row('0100007F', '01', 1004), '', 'x'].join('\n');
    expect(parseListeners(table, 8080)).toEqual([]);
    expect(parseListeners([head, row('0100007F', '0A', 1004)].join('\n'), 8081)).toEqual([]);
  });
});

describe('an address on a port', () => {
  it('is free when it is taken, and another one than before', async () => {
    const address = await takeAddress('port', '/unused');
    if ('path' in address) return expect.fail('it is a socket');
    expect(await loopbackListeners(address.port)).toEqual([]);
    await expect(proveAddress(address)).resolves.toBeUndefined();
  });

  it.skipIf(process.platform !== 'linux')('is refused where another user listens there', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const own = process.getuid!();
    expect(await loopbackListeners(port)).toEqual([{ uid: own, isWide: false }]);
    const address = { host: '127.0.0.1', port } as const;
    await expect(proveAddress(address)).resolves.toBeUndefined();
    await expect(proveAddress(address, own + 1)).rejects.toThrow(`user ${own} of this node listens at port ${port}`);
    server.close();
  });

  it('on a socket is in a directory of ours, and is not looked at', async () => {
    expect(await takeAddress('socket', '/d/e.sock')).toEqual({ path: '/d/e.sock' });
    await expect(proveAddress({ path: '/d/e.sock' }, -1)).resolves.toBeUndefined();
  });
});
