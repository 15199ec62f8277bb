// `fairlead upgrade`: puts this version's control on the bastion and its agent on the clusters. Deployments go on meanwhile:
// their requests pass control by, and their agents register anew with the control that follows.

import { join } from 'node:path/posix';

import type { Session } from '@fairlead/client';
import { type DeploymentView, hasEnded } from '@fairlead/protocol';

import { configPlace } from '../config/config-place.ts';
import { proveControl } from '../bastion/prove-control.ts';
import { linkPrograms, putPrograms, versionOfControl } from '../bastion/put-programs.ts';
import { replaceControl } from '../bastion/replace-control.ts';
import { startControl } from '../bastion/start-control.ts';
import { loadConfig } from '@fairlead/config';
import type { Context } from '../context.ts';
import { findBundle, type Host, openSshHost } from '@fairlead/launch';
import { openCliSession } from '../open-cli-session.ts';
import { cacheDir } from '@fairlead/client/cache-dir';
import { awaitAgents } from '../upgrade/await-agents.ts';
import { upgradeAgents } from '../upgrade/upgrade-agents.ts';

export interface UpgradeArgs {
  dryRun: boolean;
}

export async function runUpgrade(args: UpgradeArgs, context: Context): Promise<void> {
  await using session = await openCliSession(context);
  const live = (await session.api.listDeployments({}, context.signal)).filter((deployment) => !hasEnded(deployment));
  if (args.dryRun) return await sayWhatWouldBe(session, live, context);
  const control = await upgradeControl(session, context);
  const agents = await upgradeAgents(context);
  const back = control.replaced ? await awaitAgents(session, live, context) : live.map(({ name }) => name);
  const away = live.map(({ name }) => name).filter((name) => !back.includes(name));
  if (away.length > 0)
    context.output.warn(
      `not heard of yet: ${away.join(', ')}. Their jobs run; their agents try again by themselves: fairlead status ${away[0]}`,
    );
  context.output.result(
    { event: 'upgraded', ok: true, control, agents, keepTheirAgent: live.map(({ name }) => name) },
    [
      control.replaced
        ? `control is now ${control.version} (it was ${control.before})`
        : `control was ${control.version} already`,
      ...agents.map(({ cluster, uploaded }) =>
        uploaded.length > 0 ? `${cluster}: new jobs get the new agent` : `${cluster}: has this agent already`,
      ),
      ...keepWords(live),
    ].join('\n'),
  );
}

interface ControlOutcome {
  version: string;
  before: string | undefined;
  replaced: boolean;
}

async function upgradeControl(session: Session, context: Context): Promise<ControlOutcome> {
  const { config } = await loadConfig(configPlace(context));
  const { profile } = session.link;
  const { stateDir, runDir } = profile.bastion;
  const connection = await session.link.connection();
  // The session's own connection: it is closed with the session.
  const host = await openSshHost(connection, profile.bastion.host);
  const programs = await putPrograms(host, stateDir, config.bastion, context);
  const { version, before } = programs;
  const isOther = before !== version || (await isOlderThanItsLink(host, stateDir));
  if (isOther) {
    const prove = () => proveControl(profile, context);
    await replaceControl({ connection, host, stateDir, runDir, programs, prove, context });
    context.output.event(
      'control.replaced',
      { version, before },
      `control ${version} runs; its database was copied first`,
    );
  } else {
    await linkPrograms(host, stateDir, programs);
    await startControl(connection, stateDir);
  }
  return { version, before, replaced: isOther };
}

/** Whether the links were switched after the control that runs was started: an upgrade was cut off in between. */
async function isOlderThanItsLink(host: Host, stateDir: string): Promise<boolean> {
  const link = join(stateDir, 'bin', 'control.mjs');
  // Control writes this file at its start only.
  const found = await host.runner.run(['find', link, '-newer', join(stateDir, 'owner.json')]);
  return found.code === 0 && found.stdout.trim() !== '';
}

async function sayWhatWouldBe(session: Session, live: DeploymentView[], context: Context): Promise<void> {
  const { config } = await loadConfig(configPlace(context));
  const { bastion } = session.link.profile;
  const host = await openSshHost(await session.link.connection(), bastion.host);
  const link = await host.runner.run(['readlink', join(bastion.stateDir, 'bin', 'control.mjs')]);
  const before = versionOfControl(link.stdout);
  const { version } = await findBundle('control', cacheDir(context));
  const clusters = Object.keys(config.clusters ?? {});
  context.output.result(
    {
      event: 'upgrade.planned',
      ok: true,
      control: { before, version, replaced: before !== version },
      clusters,
      keepTheirAgent: live.map(({ name }) => name),
    },
    [
      before === version
        ? `control is ${version} already`
        : `would replace control ${before ?? '(none)'} by ${version}`,
      `would put this version's agent on ${clusters.join(', ') || 'no cluster'}, where it is not there yet`,
      ...keepWords(live),
    ].join('\n'),
  );
}

function keepWords(live: readonly DeploymentView[]): string[] {
  if (live.length === 0) return [];
  const names = live.map(({ name }) => name).join(', ');
  return [
    `${names}: keep${live.length === 1 ? 's' : ''} the agent of the job that runs; the next deploy of the name gets the new one`,
  ];
}
