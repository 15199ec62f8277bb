// `fairlead doctor`: everything a deployment needs, tried from the laptop to the compute node; each line says what was tried, found, and what to do.

import { Scope } from '@fairlead/kit';
import { asList } from '@fairlead/config';

import { exit } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { CheckResult } from '../doctor/check.ts';
import { laptopChecks } from '../doctor/laptop/laptop-checks.ts';
import { lanesFor, type SiteKind } from '../doctor/lanes.ts';
import { countsOf, reportLine } from '../doctor/report.ts';
import { runLanes } from '../doctor/run-checks.ts';
import { configIfReadable, createInspection, type DoctorArgs, type Inspection } from '../doctor/inspection.ts';

export async function runDoctor(args: DoctorArgs, context: Context): Promise<void> {
  const { output } = context;
  await using scope = new Scope();
  const inspection = createInspection(args, context, scope);
  const done = new Map<string, CheckResult>();
  const results: CheckResult[] = [];
  const onResult = (result: CheckResult) => {
    results.push(result);
    output.event('check', { ...result });
    // What could not be tried for want of something else would only hide that: it is counted.
    if (result.lacks === undefined || context.flags.verbose)
      output.text(reportLine(result, (format, text) => output.style(format, text)));
  };
  const run = { inspection, clock: context.clock, signal: context.signal, done, onResult };
  await runLanes([laptopChecks], run);
  for (const lanes of lanesFor(await kindOf(inspection, done)))
    // Two prompts at once would be answered by one person: one lane after another, then.
    for (const together of context.ask ? lanes.map((lane) => [lane]) : [lanes]) await runLanes(together, run);
  conclude(results, context);
}

async function kindOf(inspection: Inspection, done: ReadonlyMap<string, CheckResult>): Promise<SiteKind> {
  const { fromLaptop } = (await configIfReadable(inspection))?.bastion ?? {};
  return {
    isLocal: await isLocal(inspection, done),
    hasRoutes: fromLaptop !== undefined && asList(fromLaptop).length > 1,
    waitSeconds: inspection.args.waitSeconds,
  };
}

/** Where no cluster can be chosen, a check has said so already. */
async function isLocal(inspection: Inspection, done: ReadonlyMap<string, CheckResult>): Promise<boolean> {
  return done.get('laptop.cluster')?.status === 'ok' && (await inspection.cluster()).config.kind === 'local';
}

function conclude(results: readonly CheckResult[], context: Context): void {
  const counts = countsOf(results);
  const failed = results.filter(({ status }) => status === 'fail').map(({ id }) => id);
  const isHealthy = failed.length === 0;
  const summary = `${counts.ok} ok, ${counts.warn} warning${counts.warn === 1 ? '' : 's'}, ${counts.fail} failed, ${counts.skipped} skipped${counts.skipped > 0 && !context.flags.verbose ? ' (--verbose lists them)' : ''}`;
  const advice = isHealthy ? '' : '. Begin at the top: later failures may follow from earlier ones.';
  context.output.result({ event: 'doctor.done', ok: isHealthy, counts, failed }, `\n${summary}${advice}`);
  if (!isHealthy) context.setExitCode(exit.failed);
}
