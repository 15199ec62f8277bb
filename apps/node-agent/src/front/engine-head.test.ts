import { HeadParser, interpretHead } from '@fairlead/openai-wire';
import { describe, expect, test } from 'vitest';
import { engineFields, renderEngineHead } from './engine-head.ts';
import { frontLimits } from './front-limits.ts';
import { fuzzHead } from '@fairlead/openai-wire/testing';

const engine = engineFields('engine-key');

function render(bytes: Buffer): string | undefined {
  const step = new HeadParser(frontLimits).push(bytes);
  if (step.kind !== 'head') return undefined;
  const interpreted = interpretHead(step.head);
  return interpreted.ok ? renderEngineHead(step.head, interpreted.value, engine).toString('latin1') : undefined;
}

describe('renderEngineHead', () => {
  test('keeps what is end to end, byte for byte and in order, and puts the engine key in', () => {
    const lines = [
      'POST /v1/completions?a=b HTTP/1.1',
      'Connection: keep-alive, x-mine',
      'HOST: a',
      'Accept:  */*\t',
      'X-Mine: 1',
      'Authorization: Bearer client-key',
      'X-Latin: caf\xe9',
      'TE: trailers',
      'Upgrade: websocket',
      'Proxy-Connection: keep-alive',
      'Content-Length: 5',
      'X-Api-Keys: other',
    ];
    expect(render(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'))?.split('\r\n')).toEqual([
      'POST /v1/completions?a=b HTTP/1.1',
      'HOST: a',
      'Accept:  */*\t',
      'X-Latin: caf\xe9',
      'Content-Length: 5',
      'X-Api-Keys: other',
      'authorization: Bearer engine-key',
      'connection: close',
      '',
      '',
    ]);
  });

  test('drops an empty line ahead of the request line, and works when nothing is kept', () => {
    expect(render(Buffer.from('\r\nGET /health HTTP/1.0\r\nx-api-key: k\r\n\r\n'))).toBe(
      'GET /health HTTP/1.0\r\nauthorization: Bearer engine-key\r\nconnection: close\r\n\r\n',
    );
  });

  test('gives, for random heads, one line a field and no key but ours', () => {
    let rendered = 0;
    for (let seed = 1; seed <= 5_000; seed += 1) {
      const text = render(fuzzHead(seed));
      if (text === undefined) continue;
      rendered += 1;
      const lines = text.split('\r\n');
      expect(lines.slice(-2), `seed ${seed}`).toEqual(['', '']);
      expect(/[\r\n\0]/.test(lines.join('')), `seed ${seed}`).toBe(false);
      const names = lines.slice(1, -2).map((line) => line.split(':')[0]!.toLowerCase());
      const of = (name: string) => names.filter((other) => other === name).length;
      expect([of('authorization'), of('connection'), of('x-api-key'), of('expect')], `seed ${seed}`).toEqual([
        1, 1, 0, 0,
      ]);
      expect(of('content-length') + of('transfer-encoding'), `seed ${seed}`).toBeLessThanOrEqual(1);
    }
    expect(rendered).toBeGreaterThan(50);
  });
});
