import { describe, expect, test } from 'vitest';
import { refuse, renderRefusal } from './refusal.ts';

function parse(bytes: Buffer): { lines: string[]; body: string } {
  const [head = '', body = ''] = bytes.toString().split('\r\n\r\n');
  return { lines: head.split('\r\n'), body };
}

describe('renderRefusal', () => {
  test('is a whole response in the shape of OpenAI, and closes the connection', () => {
    const { lines, body } = parse(renderRefusal(refuse('draining', 'Wäit.', 1.2)));
    expect(lines).toEqual([
      'HTTP/1.1 503 Service Unavailable',
      'content-type: application/json',
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
      'retry-after: 2',
    ]);
    const error = { message: 'Wäit.', type: 'server_error', param: null, code: 'draining' };
    expect(JSON.parse(body)).toEqual({ error });
  });

  test('asks for the key when it is the key', () => {
    const { lines, body } = parse(renderRefusal(refuse('unauthorized', 'No key.')));
    expect(lines).toContain('www-authenticate: Bearer');
    expect(JSON.parse(body)).toMatchObject({ error: { type: 'authentication_error' } });
  });

  test('has no content for HEAD, but its length', () => {
    const whole = renderRefusal(refuse('route_refused', 'No.'), 'GET');
    const head = renderRefusal(refuse('route_refused', 'No.'), 'HEAD');
    expect(whole.subarray(0, head.length)).toEqual(head);
    expect(head.toString().endsWith('\r\n\r\n')).toBe(true);
  });
});
