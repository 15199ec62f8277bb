// A process of an engine over several nodes that is not rank 0: it answers no requests, never says that it is ready, and does not
// notice the end of rank 0.

import { systemClock } from '@fairlead/kit';
import type { ServeOptions } from '../cli/parse-argv.ts';
import { failureLines } from '../log/failure-lines.ts';
import { failures } from '../log/failures.ts';
import { headlessJoined, headlessLaunched, headlessStopping } from '../log/headless-script.ts';
import { type LogLine, renderLine } from '../log/log-line.ts';
import { logFlood } from './log-flood.ts';
import { answerSteps, joinRanks, type RankOptions } from './meeting.ts';
import type { ProcessPort } from './sim-process.ts';

/** Resolves when it has joined the others, or never will. It ends through the port. */
export async function runHeadless(options: ServeOptions, ranks: RankOptions, port: ProcessPort): Promise<void> {
  const { faults, model, startMs } = options;
  const print = (lines: readonly LogLine[]) => {
    for (const line of lines) port.write(line.stream, renderLine(line, { pid: port.pid, now: new Date() }));
  };
  let signalsToLose = faults.reduce((sum, fault) => sum + (fault.name === 'lose-term' ? fault.times : 0), 0);
  port.onStopSignal(() => {
    signalsToLose -= 1;
    if (signalsToLose >= 0 || faults.some(({ name }) => name === 'hang-on-stop')) return;
    print(headlessStopping(ranks));
    port.end({ code: 0 });
  });
  print(headlessLaunched(ranks));
  for (const fault of faults) if (fault.name === 'leave-child') port.leaveChild(fault.session);
  await systemClock.sleep(startMs * 0.35);
  const failed = faults.find((fault) => fault.name === 'start-failure');
  if (failed) {
    print(failureLines(failures[failed.failure], model));
    return port.end(endOf(failures[failed.failure].end));
  }
  if (faults.some(({ name }) => name === 'never-ready')) return;
  const met = await joinRanks(ranks, new AbortController().signal);
  if (!met.ok) {
    print(failureLines({ at: 'worker', source: 'recorded', cause: met.cause }, model));
    return port.end({ code: 1 });
  }
  answerSteps(met.value);
  print(headlessJoined(ranks));
  for (const fault of faults) {
    if (fault.name === 'exit') setTimeout(() => port.end({ code: fault.code }), fault.afterMs);
    if (fault.name === 'log') logFlood(fault.megabytes, (line) => print([line]));
  }
}

function endOf(end: (typeof failures)[keyof typeof failures]['end']) {
  return end === undefined || end === 'never' ? { code: 1 } : end;
}
