import { expect, test } from 'vitest';
import { readGolden } from '../testing/recorded-answer.ts';
import { renderLine } from './log-line.ts';
import { shardLine } from './shard-line.ts';
import { type StartupOptions, startupComplete, startupScript } from './startup-script.ts';

const options: StartupOptions = {
  model: '/models/m3',
  nonDefaultArgs:
    "{'model_tag': '/models/m3', 'host': '127.0.0.1', 'port': 8622, 'model': '/models/m3', 'max_model_len': 2048, 'enforce_eager': True, 'served_model_name': ['tiny']}",
  maxModelLen: 2048,
  shards: 3,
  enforceEager: true,
  listen: 'http://127.0.0.1:8622',
  totalMs: 10_000,
  kvCapacity: 2_097_152,
  offer: { generate: true, embed: false, score: false, transcribe: false, adapterUpdates: false },
};

/** Lines per stream as recorded: process ids, clock and measured times made equal. */
function recordedLines(stream: 'out' | 'err'): string[] {
  const reads = readGolden('log/startup.jsonl').trim().split('\n');
  const parsed = reads.map((read) => JSON.parse(read) as [number, 'out' | 'err', string]);
  return normalize(
    parsed
      .filter(([, from]) => from === stream)
      .map(([, , text]) => text)
      .join(''),
  );
}

function ownLines(stream: 'out' | 'err'): string[] {
  const lines = [...startupScript(options).flatMap((step) => step.lines), ...startupComplete];
  const context = { pid: 4711, now: new Date(2026, 10, 21, 2, 0, 21) };
  // The recorded start was too quick for tqdm to show the shards between the first and the last.
  const shown = lines.filter((line) => line.stream === stream && !/[12]\/3 \[/.test(line.text));
  return normalize(shown.map((line) => renderLine(line, context)).join(''));
}

function normalize(text: string): string[] {
  return text
    .replaceAll(/pid=\d+|process \[\d+\]/g, 'pid')
    .replaceAll(/\d\d-\d\d \d\d:\d\d:\d\d/g, 'TIME')
    .replaceAll(/\d+\.\d+ s(econds)?\b|\[\d\d:\d\d<.*\]/g, 'TOOK')
    .replaceAll(/vllm_dist_\w+/g, 'vllm_dist')
    .replaceAll(/mq_connect_ip=\S+/g, 'IP')
    .replaceAll(/(enforce_eager=True), .*/g, '$1')
    .split(/(?<=\n)/);
}

test.each(['out', 'err'] as const)(
  'startupScript: every line on %s is a recorded one, in the recorded order',
  (stream) => {
    const recorded = recordedLines(stream);
    let at = 0;
    for (const line of ownLines(stream)) {
      const found = recorded.indexOf(line, at);
      expect(found, `${JSON.stringify(line)} after ${JSON.stringify(recorded[at - 1])}`).toBeGreaterThanOrEqual(at);
      at = found + 1;
    }
  },
);

test('startupScript: time goes forward, and the phases in their order', () => {
  const steps = startupScript({ ...options, enforceEager: false, shards: 8 });
  const times = steps.map((step) => step.at);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times.at(-1)).toBeLessThanOrEqual(1);
  expect([...new Set(steps.map((step) => step.phase))]).toEqual(['importing', 'configuring', 'handshaking', 'loading']);
});

test('startupScript: every kind of failure has exactly one place', () => {
  const places = startupScript({ ...options, shards: 0 }).flatMap((step) => step.strikes ?? []);
  expect(places.toSorted()).toEqual(['bind', 'config', 'engine', 'silent', 'worker']);
});

test('startupScript: dummy weights have no shards, eager starts no compilation', () => {
  const text = (more: Partial<StartupOptions>) =>
    startupScript({ ...options, ...more })
      .flatMap((step) => step.lines)
      .map((line) => line.text)
      .join('\n');
  expect(text({ shards: 0 })).not.toMatch(/checkpoint shards|Loading weights/);
  expect(text({})).not.toContain('torch.compile took');
  expect(text({ enforceEager: false })).toMatch(/torch\.compile took 0\.80 s in total/);
});

test.each([
  [
    { done: 0, shards: 3, seconds: 0 },
    '\rLoading safetensors checkpoint shards:   0% Completed | 0/3 [00:00<?, ?it/s]',
  ],
  [
    { done: 1, shards: 4, seconds: 30 },
    '\rLoading safetensors checkpoint shards:  25% Completed | 1/4 [00:30<01:30, 30.00s/it]',
  ],
  [
    { done: 3, shards: 3, seconds: 1.5 },
    '\rLoading safetensors checkpoint shards: 100% Completed | 3/3 [00:01<00:00, 2.00it/s]\n',
  ],
])('shardLine: %j as tqdm writes it', (progress, line) => {
  expect(shardLine(progress)).toBe(line);
});
