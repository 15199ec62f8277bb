// Writes megabytes of log, as a verbose engine does.

import { type LogLine, record } from '../log/log-line.ts';

const filler = 'This is a line of a flood of log lines, and it says nothing. '.repeat(15);

export function logFlood(megabytes: number, print: (line: LogLine) => void): void {
  const lines = Math.ceil((megabytes * 1e6) / 1000);
  for (let index = 0; index < lines; index++)
    print(record('EngineCore', 'WARNING', 'sim.py:1', `${index} ${filler}`.slice(0, 940)));
}
