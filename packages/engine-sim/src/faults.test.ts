import { expect, test } from 'vitest';
import { type Fault, faultUsage, parseFault } from './faults.ts';

const readable: Array<[string, Fault]> = [
  ['start-failure:cuda-oom', { name: 'start-failure', failure: 'cuda-oom' }],
  ['never-ready', { name: 'never-ready' }],
  ['exit', { name: 'exit', code: 0, afterMs: 0 }],
  ['exit:3:500', { name: 'exit', code: 3, afterMs: 500 }],
  ['engine-death:100', { name: 'engine-death', afterMs: 100 }],
  ['hang', { name: 'hang', afterMs: 0 }],
  ['hang:50', { name: 'hang', afterMs: 50 }],
  ['lose-term', { name: 'lose-term', times: 1 }],
  ['lose-term:4', { name: 'lose-term', times: 4 }],
  ['hang-on-stop', { name: 'hang-on-stop' }],
  ['leave-child', { name: 'leave-child', session: false }],
  ['leave-child:session', { name: 'leave-child', session: true }],
  ['cut:5', { name: 'cut', token: 5, times: Infinity }],
  ['stall:0:1', { name: 'stall', token: 0, times: 1 }],
  ['status:503:2', { name: 'status', status: 503, times: 2 }],
  ['log:10', { name: 'log', megabytes: 10 }],
];

test.each(readable)('parseFault: reads %s', (text, fault) => {
  expect(parseFault(text)).toEqual({ ok: true, fault });
});

test('parseFault: every fault of the catalogue is tried above', () => {
  expect(new Set(readable.map(([, fault]) => fault.name))).toEqual(new Set(Object.keys(faultUsage)));
});

test.each([
  '',
  'nope',
  'constructor',
  'cut',
  'cut:x',
  'cut:5:x',
  'status:200',
  'exit:300',
  'hang:soon',
  'start-failure:nope',
  'leave-child:x',
  'log',
])('parseFault: refuses %j and says why', (text) => {
  const parsed = parseFault(text);
  expect(parsed).toMatchObject({ ok: false });
  expect('reason' in parsed && parsed.reason).toMatch(/usage: |there are /);
});
