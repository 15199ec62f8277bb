import { connect } from 'node:tls';
import { duplexPair } from 'node:stream';
import { once } from 'node:events';
import { preface } from '@fairlead/mux';
import { describe, expect, it } from 'vitest';
import { sniffGuest } from './sniff-guest.ts';

describe('A guest of the front', () => {
  it('is told by its first bytes, wherever they are cut', async () => {
    const [near, far] = duplexPair();
    const socket = connect({ socket: near, servername: 'agent' }).on('error', () => undefined);
    const [hello] = (await once(far, 'data')) as [Buffer];
    socket.destroy();
    expect(sniffGuest(hello)).toBe('tls');
    expect(sniffGuest(hello.subarray(0, 1))).toBe('tls');
    expect(sniffGuest(preface)).toBe('mux');
    for (let cut = 1; cut < preface.length; cut += 1) expect(sniffGuest(preface.subarray(0, cut))).toBe('more');
    for (const text of ['G', 'GET / HTTP/1.1', 'FLM ', '\r\n']) expect(sniffGuest(Buffer.from(text))).toBe('plain');
  });
});
