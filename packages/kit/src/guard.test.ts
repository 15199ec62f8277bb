import { expect, it } from 'vitest';
import { Guard } from './guard.ts';
import { silentLog } from './log.ts';

function recordingLog() {
  const said: string[] = [];
  const keep = (level: string) => (fields: object, text?: string) =>
    void said.push([level, JSON.stringify({ ...fields, stack: undefined }), text].join(' '));
  return { said, log: { ...silentLog, error: keep('error'), debug: keep('debug'), info: keep('info') } };
}

it('Guard logs what an operation throws once per outage, and that it works again', async () => {
  const { said, log } = recordingLog();
  const guard = new Guard(log);
  const fail = () => {
    throw new Error('EIO');
  };
  const went = [
    guard.run('scan', fail),
    await guard.turn('scan', () => Promise.reject(new Error('ENOENT'))),
    guard.run('scan', () => undefined),
    guard.run('scan', () => undefined),
  ];
  guard.handler('look', fail)();
  expect(went).toEqual([false, false, true, true]);
  expect(said).toEqual([
    'error {"op":"scan","ok":false,"error":"EIO"} failed; goes on',
    'debug {"op":"scan","ok":false,"error":"ENOENT"} ',
    'info {"op":"scan","ok":true,"failures":2} works again',
    'error {"op":"look","ok":false,"error":"EIO"} failed; goes on',
  ]);
});

it('Guard counts failures that were caught elsewhere', () => {
  const { said, log } = recordingLog();
  const guard = new Guard(log);
  expect([guard.failed('dial', new Error('one')), guard.failed('dial', new Error('two'))]).toEqual([1, 2]);
  guard.worked('dial');
  guard.worked('dial');
  expect(said.filter((text) => !text.startsWith('debug'))).toHaveLength(2);
});
