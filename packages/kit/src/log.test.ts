import { expect, it } from 'vitest';
import { type Log, type LogFields, silentLog, withFields } from './log.ts';

it('withFields puts its fields into every line, and a line may say otherwise', () => {
  const lines: Array<[level: string, fields: LogFields, message: string | undefined]> = [];
  const level = (name: string) => (fields: LogFields, message?: string) => lines.push([name, fields, message]);
  const log: Log = { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') };
  const named = withFields(log, { id: 'a', op: 'none' });
  named.debug({ op: 'one' });
  named.info({ op: 'two' }, 'text');
  named.warn({});
  named.error({ id: 'b' });
  expect(lines).toEqual([
    ['debug', { id: 'a', op: 'one' }, undefined],
    ['info', { id: 'a', op: 'two' }, 'text'],
    ['warn', { id: 'a', op: 'none' }, undefined],
    ['error', { id: 'b', op: 'none' }, undefined],
  ]);
});

it('silentLog takes every level', () => {
  for (const level of ['debug', 'info', 'warn', 'error'] as const)
    expect(silentLog[level]({ op: 'x' })).toBeUndefined();
});
