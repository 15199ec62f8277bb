import { expect, test } from 'vitest';
import { readGolden } from '../testing/recorded-answer.ts';
import { failureLines } from './failure-lines.ts';
import { type FailureName, failureNames, failures } from './failures.ts';
import { renderLine } from './log-line.ts';

function render(name: FailureName): string {
  const context = { pid: 4711, now: new Date(2026, 10, 21, 2, 0, 21) };
  return failureLines(failures[name], '/models/demo')
    .map((line) => renderLine(line, context))
    .join('');
}

// Finds the cause by the rule of measured.md (Wrong starts), as a supervisor does.
const errorLine =
  /^(?:\(\w+(?: pid=\d+)?\) ERROR \S+ \S+ \[\S+\] )?((?:\w+\.)*\w*(?:Error|Exception)): (.+)|^\s+Value error, (.+)/;
const wrapper = /EngineDeadError|Engine core initialization failed|WorkerProc initialization failed|pydantic_core/;

function firstCause(text: string): string {
  for (const line of text.split(/\r?\n/)) {
    const match = errorLine.exec(line);
    if (match && !wrapper.test(line)) return match[3] ? `Value error, ${match[3]}` : `${match[1]}: ${match[2]}`;
  }
  return '';
}

const speaking = failureNames.filter((name) => failures[name].at !== 'silent');

test.each(speaking)('failureLines: the cause of %s is the first specific line', (name) => {
  const [cause] = failures[name].cause.replaceAll('{model}', '/models/demo').split('\n');
  expect(firstCause(render(name))).toBe(cause);
});

test.each([
  ['kv-too-small', 'kv-too-small'],
  ['weights-missing', 'no-weights'],
  ['max-model-len', 'max-model-len'],
  ['port-in-use', 'port-in-use'],
] as const)('failureLines: %s is wrapped as recorded', (name, file) => {
  const normalize = (text: string) =>
    text
      .replaceAll(/pid=\d+/g, 'pid')
      .replaceAll(/\d\d-\d\d \d\d:\d\d:\d\d/g, 'TIME')
      .replaceAll(/`\/\S+`/g, '`MODEL`')
      .split('\n');
  const recorded = normalize(readGolden(`log/${file}.log`));
  let at = 0;
  for (const line of normalize(render(name)).filter((one) => one !== '')) {
    const found = recorded.indexOf(line, at);
    expect(found, line).toBeGreaterThanOrEqual(at);
    at = found + 1;
  }
});
