// Runs checks: those of a lane one after another, lanes side by side. One that fails stops only those that need it.

import { type Clock, CodedError, detach, errorText, untilOver } from '@fairlead/kit';

import type { Check, CheckResult, Finding } from './check.ts';
import type { Inspection } from './inspection.ts';

export interface CheckRun {
  inspection: Inspection;
  clock: Clock;
  signal: AbortSignal;
  /** Results of checks that ran before, by id. */
  done: Map<string, CheckResult>;
  onResult: (result: CheckResult) => void;
}

const checkTimeoutMs = 45_000;

/** Results are told in the order of the lists, whichever lane is faster. Rejects only when the signal fires. */
export async function runLanes(lanes: ReadonlyArray<readonly Check[]>, run: CheckRun): Promise<void> {
  const order = lanes.flat().map(({ id }) => id);
  let told = 0;
  const tell = () => {
    for (let next = run.done.get(order[told] ?? ''); next; next = run.done.get(order[told] ?? '')) {
      run.onResult(next);
      told += 1;
    }
  };
  await Promise.all(
    lanes.map(async (lane) => {
      for (const check of lane) {
        run.done.set(check.id, await runCheck(check, run));
        tell();
      }
    }),
  );
}

async function runCheck(check: Check, run: CheckRun): Promise<CheckResult> {
  run.signal.throwIfAborted();
  const { id, title, tried } = check;
  const missing = blockedBy(check, run.done);
  if (!missing) return { id, title, tried, ...(await findingOf(check, run)) };
  const found = `skipped because it needs "${missing.title}" (${missing.id})`;
  return { id, title, tried, status: 'skipped', found, lacks: missing.id };
}

/** A check that is needed and not on the list says nothing about this site. */
function blockedBy({ needs = [] }: Check, done: CheckRun['done']): CheckResult | undefined {
  return needs
    .map((id) => done.get(id))
    .find((result) => result !== undefined && result.status !== 'ok' && result.status !== 'warn');
}

async function findingOf(check: Check, { inspection, clock, signal }: CheckRun): Promise<Finding> {
  const limitMs = check.limitMs ?? checkTimeoutMs;
  const ended = new AbortController();
  const within = AbortSignal.any([signal, ended.signal]);
  const late = async (): Promise<Finding> => {
    await clock.sleep(limitMs, within);
    return {
      status: 'fail',
      found: `no answer within ${limitMs / 1000} s`,
      todo: check.cure ?? 'Something hangs: a file system, a name service or a login shell. Try the same by hand.',
    };
  };
  const overtime = late();
  // Its end without a result is the usual case.
  detach(untilOver(overtime, within));
  const work = (async () => check.run(inspection, within))();
  try {
    // The interrupt comes through the time limit, for checks that do not listen to it.
    const finding = await Promise.race([work, overtime]);
    // What a check made of its interrupt is nothing that it found.
    signal.throwIfAborted();
    return finding;
  } catch (error) {
    signal.throwIfAborted();
    return findingFrom(error, check.cure);
  } finally {
    ended.abort(new CodedError('interrupted', 'the check has ended'));
    await settled(work, check.tidyMs ?? 0, clock);
  }
}

/** How it ends is told already; what it put somewhere is to be gone before connections are closed. */
async function settled(work: Promise<unknown>, limitMs: number, clock: Clock): Promise<void> {
  const done = work.then(
    () => undefined,
    () => undefined,
  );
  if (limitMs > 0) await Promise.race([done, clock.sleep(limitMs)]);
}

export function findingFrom(error: unknown, cure = 'Try the same by hand: it may say more.'): Finding {
  const hint = error instanceof CodedError ? error.hint : undefined;
  return {
    status: 'fail',
    found: errorText(error),
    todo: hint ?? cure,
  };
}
