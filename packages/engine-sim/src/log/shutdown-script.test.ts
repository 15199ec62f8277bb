import { expect, test } from 'vitest';
import { readGolden } from '../testing/recorded-answer.ts';
import { type LogLine, renderLine } from './log-line.ts';
import { engineStopped, serverFinished, shutdownBegun, waitingForConnections } from './shutdown-script.ts';

function own(lines: readonly LogLine[]): string[] {
  return normalize(lines.map((line) => renderLine(line, { pid: 4711, now: new Date() })).join(''));
}

function normalize(text: string): string[] {
  const lines = text
    .replaceAll(/pid[= ]\d+/g, 'pid')
    .replaceAll(/\d\d-\d\d \d\d:\d\d:\d\d/g, 'TIME')
    .split('\n');
  return lines.filter((line) => line !== '');
}

/** Lines of several processes: their order between processes is chance, what is there is not. */
test.each([
  ['shutdown-idle', [...shutdownBegun(0, 0), ...engineStopped('idle'), ...serverFinished]],
  ['shutdown-streams', [...shutdownBegun(0, 4), ...engineStopped('killed'), waitingForConnections]],
  ['shutdown-drain-expired', [...shutdownBegun(60, 2), ...engineStopped('killed'), waitingForConnections]],
])('%s: every line is a recorded one', (name, lines) => {
  const recorded = normalize(readGolden(`log/${name}.log`));
  expect(own(lines).filter((line) => !recorded.includes(line))).toEqual([]);
});

test.each(['shutdown-idle', 'shutdown-streams', 'shutdown-drain-expired'])(
  '%s: no [shutdown] line of the server is left out',
  (name) => {
    const recorded = normalize(readGolden(`log/${name}.log`)).filter((line) => /^\(APIServer.*\[shutdown\]/.test(line));
    const lines = {
      'shutdown-idle': [...shutdownBegun(0, 0), ...engineStopped('idle')],
      'shutdown-streams': [...shutdownBegun(0, 4), ...engineStopped('killed')],
      'shutdown-drain-expired': [...shutdownBegun(60, 2), ...engineStopped('killed')],
    }[name];
    expect(recorded.filter((line) => !own(lines ?? []).includes(line))).toEqual([]);
  },
);
