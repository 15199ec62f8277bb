// The test job from the laptop's side: submitted as a deployment's job would be, followed line by line, and every trace of it removed.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path/posix';

import type { Session } from '@fairlead/client';
import { openTimeLimit, Scope, shellQuote } from '@fairlead/kit';
import { encodeText } from '@fairlead/protocol';

import {
  dropUnusedJobKeys,
  ensureJobKey,
  findBundle,
  type HostFacts,
  jobDirOf,
  jobName,
  jobScript,
  routesForJobs,
  schedulerOf,
  shipRuntime,
  type Site,
} from '@fairlead/launch';
import { launchRun } from '../../launch/launch-run.ts';
import type { Context } from '../../context.ts';
import { cacheDir } from '@fairlead/client/cache-dir';
import { type Finding, skipped } from '../check.ts';
import { engineWanted, scriptArguments } from '../engine/engine-checks.ts';
import { engineScript } from '../engine/engine-script.ts';
import { directoryScript } from '../host/directory.ts';
import { gpusScript } from '../host/gpus.ts';
import { noteFolders } from '../host/made-folders.ts';
import { siteOf } from '../slurm/test-only.ts';
import { wantedJobOf } from '../slurm/wanted-job.ts';
import type { Inspection } from '../inspection.ts';
import { followTestJob } from './follow-test-job.ts';
import { noteBackup } from './note-backup.ts';
import { type ProbeSpec, probeSpec } from '../probe/probe-spec.ts';
import { quietContext } from './quiet-context.ts';

/** What the job's time limit is: it takes some seconds. */
const timeMinutes = 2;
const holdTimeoutMs = 30_000;
const tidyMs = 30_000;

export async function runTestJob(inspection: Inspection, signal: AbortSignal): Promise<Finding> {
  const refusal = await permission(inspection);
  if (refusal) return refusal;
  const profile = await inspection.profile();
  if (!profile) return skipped('skipped because the bastion is not prepared yet: `fairlead init` does it');
  // Each trace is registered here before it is made. All are removed in reverse order, also after a failure or Ctrl-C.
  await using traces = new Scope();
  const context = quietContext(inspection.context);
  const [site, session] = [await siteOf(inspection), await inspection.session()];
  const id = randomBytes(3).toString('hex');
  const job = await placeJob({ inspection, context, site, session, id, traces, signal });
  const socketPath = join(profile.bastion.runDir, `doctor.${id}.sock`);
  traces.defer(async () => {
    const connection = await session.link.connection();
    await connection.run(`rm -f -- ${shellQuote(socketPath)}`);
  });
  const word = randomBytes(16).toString('hex');
  const spec = await specOf(inspection, {
    account: site.host.facts,
    session,
    jobKeyDir: job.jobKeyDir,
    scratch: site.paths.scratch,
    socketPath,
    word,
  });
  await site.host.upload(Buffer.from(encodeText(probeSpec, spec)), join(job.folder, 'spec.json'), {
    mode: 0o600,
    signal,
  });
  const { jobId, cluster } = await site.scheduler.submit({
    name: job.name,
    scriptPath: job.script,
    workDir: job.folder,
  });
  if (cluster !== undefined) await site.jobClusters?.remember(`doctor-${id}`, cluster);
  const scheduler = await schedulerOf(site, `doctor-${id}`);
  traces.defer(() => scheduler.cancel(jobId, 'stop'));
  // Awaited here: the traces are removed when this function has ended.
  return await followTestJob({
    inspection,
    site,
    scheduler,
    jobId,
    logPath: join(job.folder, 'job.log'),
    dial: async () => ({ stream: await (await session.link.connection()).dial(socketPath, { signal }), word }),
    signal,
  });
}

/** Undefined: go on. */
async function permission({ args, context }: Inspection): Promise<Finding | undefined> {
  if (args.job === 'yes') return undefined;
  if (args.job === 'no') return skipped('skipped because of --no-job');
  const asked =
    'Submit a test job of a minute (as large as a deployment), to try from a compute node what nothing else can?';
  if (!context.ask)
    return skipped(
      'skipped because there is no terminal to ask at: --yes allows a test job of a minute on a compute node',
    );
  return (await context.ask.confirm(asked, true)) ? undefined : skipped('skipped because you said no');
}

interface Placing {
  inspection: Inspection;
  context: Context;
  site: Site;
  session: Session;
  id: string;
  traces: Scope;
  signal: AbortSignal;
}

/** Key, Node, program and script in their places. */
async function placeJob({ inspection, context, site, session, id, traces, signal }: Placing) {
  const instance = `doctor-${id}`;
  const folder = jobDirOf(site.paths, instance);
  const remove = (script: string, ...args: string[]) =>
    traces.defer(async () => void (await site.host.runner.run(['sh', '-c', script, 'sh', ...args])));
  const { state, runtime } = site.paths;
  traces.defer(await noteFolders(site.host, runtime, [], signal));
  traces.defer(await noteFolders(site.host, state, ['jobs', 'keys', 'queue'], signal));
  const { authorizedKeysFile } = await inspection.bastion.config();
  traces.defer(await noteBackup(await inspection.bastion.host(), authorizedKeysFile, signal));
  // Under a signal of its own: traces are removed after Ctrl-C, too.
  traces.defer(async () => {
    using limit = openTimeLimit(context.clock, tidyMs);
    await dropUnusedJobKeys(site, {
      session,
      run: { ...launchRun(context), signal: limit.signal },
      ended: instance,
      authorizedKeysFile,
    });
  });
  const jobKeyDir = await ensureJobKey(site, {
    session,
    run: launchRun(context),
    user: instance,
    authorizedKeysFile,
  });
  remove('rm -rf -- "$1"', folder);
  const node = await shipRuntime(site.host, runtime, {
    cacheDir: cacheDir(context),
    nodePath: context.nodePath,
    configuredNode: site.cluster.config.node,
    onProgress: (_what, sent, total) =>
      inspection.context.output.busy(`uploading Node ${Math.floor((100 * sent) / total)} %`),
    signal,
  });
  if (node.sent) remove('rm -f -- "$1"', node.path);
  const program = join(folder, 'probe.mjs');
  const bundle = await findBundle('probe', cacheDir(context));
  await site.host.upload({ path: bundle.path }, program, { mode: 0o600, signal });
  const plan = { ...(await wantedJobOf(inspection)).plan, name: 'doctor', timeMinutes };
  const script = jobScript(plan, site.cluster, {
    instance,
    paths: site.paths,
    nodePath: node.path,
    agentPath: program,
  });
  await site.host.upload(Buffer.from(script), join(folder, 'job.sh'), { mode: 0o700, signal });
  return { folder, script: join(folder, 'job.sh'), name: jobName('doctor', id), jobKeyDir };
}

async function specOf(
  inspection: Inspection,
  job: {
    session: Session;
    account: HostFacts;
    jobKeyDir: string;
    scratch: string | undefined;
    socketPath: string;
    word: string;
  },
): Promise<ProbeSpec> {
  const { profile } = job.session.link;
  const engine = scriptArguments(await engineWanted(inspection));
  return {
    routes: await routesForJobs(
      (await inspection.config()).bastion,
      { profile, account: job.account },
      launchRun(inspection.context),
    ),
    jobKeyDir: job.jobKeyDir,
    socketPath: job.socketPath,
    word: job.word,
    holdMs: holdTimeoutMs,
    scripts: {
      scratch: { text: directoryScript, args: [job.scratch ?? '{tmp}'] },
      gpus: { text: gpusScript, args: [] },
      engine: { text: engineScript, args: engine },
    },
  };
}
