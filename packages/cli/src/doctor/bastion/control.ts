// Control on the bastion, as every command finds it: the gate answers, the host is the right one, versions fit.

import { checkGateLine } from '@fairlead/carrier';
import { shellQuote } from '@fairlead/kit';
import { decodeText, gateLine, type LaptopProfile, ourVersions, pickVersion } from '@fairlead/protocol';
import { join } from 'node:path/posix';

import { cacheDir } from '@fairlead/client/cache-dir';
import { findBundle } from '@fairlead/launch';
import { fail, type Finding, passed, warn } from '../check.ts';
import type { Inspection } from '../inspection.ts';

const noProfile: Finding = {
  status: 'skipped',
  found: 'skipped because the bastion is not prepared yet: `fairlead init` does it',
};

export async function askGate(inspection: Inspection, signal: AbortSignal): Promise<Finding> {
  const profile = await inspection.profile();
  if (!profile) return noProfile;
  const attempt = await inspection.bastion.attempt();
  if (!attempt.ok) throw attempt.error;
  await using gate = await attempt.connection.gate(shellQuote(join(profile.bastion.stateDir, 'gate')), { signal });
  const decoded = decodeText(gateLine, gate.identityLine);
  if (!decoded.ok) return fail(`the gate said ${gate.identityLine.slice(0, 100)}`, 'Run `fairlead init`.');
  checkGateLine(decoded.value, profile);
  if ('error' in decoded.value) return fail(decoded.value.message ?? decoded.value.error, 'Run `fairlead init`.');
  const { host, control, why } = decoded.value;
  if (why) return fail(`the gate on ${host} cannot start control: ${why.message}`, why.hint ?? 'Run `fairlead init`.');
  if (control === 'absent') {
    const why = await lastWords(inspection, profile, signal);
    return fail(
      `the gate on ${host} cannot start control${why ? `, which says: ${why}` : ''}`,
      `Do as it says; its whole log is ${profile.bastion.stateDir}/control.log there. Where programs are missing, \`fairlead init\` puts them in place.`,
    );
  }
  return passed(`${host}: control ${control === 'started' ? 'was not running and was started' : 'is running'}`);
}

/** The end of control's log: a line of JSON, or what Node said. */
async function lastWords(inspection: Inspection, profile: LaptopProfile, signal: AbortSignal): Promise<string> {
  const host = await inspection.bastion.host();
  const log = join(profile.bastion.stateDir, 'control.log');
  const { stdout } = await host.runner.run(['tail', '-n', '3', '--', log], { signal });
  return stdout.trim().replaceAll(/\s+/g, ' ').slice(-400);
}

export async function askControl(inspection: Inspection, signal: AbortSignal): Promise<Finding> {
  const profile = await inspection.profile();
  if (!profile) return noProfile;
  const hello = await (await inspection.session()).api.hello(signal);
  const ours = `${ourVersions.min}-${ourVersions.max}`;
  const theirs = `${hello.protocol.min}-${hello.protocol.max}`;
  if (pickVersion(ourVersions, hello.protocol) === undefined)
    return fail(
      `control speaks protocol ${theirs}, this command ${ours}`,
      hello.protocol.min > ourVersions.max
        ? 'Update the command on this machine.'
        : 'Run `fairlead init`: it replaces control.',
    );
  const found = `control ${hello.controlVersion} on ${hello.hostname}, protocol ${theirs}`;
  if (await isOurs(inspection, profile, signal)) return passed(found);
  return warn(`${found}; this machine has another build of it`, 'It works together. `fairlead init` replaces control.');
}

/** Whether the bastion runs the very control that this command would put there. */
async function isOurs(inspection: Inspection, profile: LaptopProfile, signal: AbortSignal): Promise<boolean> {
  const host = await inspection.bastion.host();
  const linked = await host.runner.run(['readlink', join(profile.bastion.stateDir, 'bin', 'control.mjs')], { signal });
  const bundle = await findBundle('control', cacheDir(inspection.context));
  return linked.code !== 0 || linked.stdout.trim() === `control-${bundle.version}.mjs`;
}

/** A key other than the profile's means another machine, or an attacker in between. */
export async function askPinnedKey(inspection: Inspection): Promise<Finding> {
  const profile = await inspection.profile();
  if (!profile) return noProfile;
  const attempt = await inspection.bastion.attempt();
  if (!attempt.ok) throw attempt.error;
  const { type, base64, fingerprint } = attempt.connection.hostKey;
  const isPinned = profile.bastion.hostKeys.some((line) => line.split(' ')[1] === base64);
  if (isPinned) return passed(`${type} ${fingerprint} is the one that \`fairlead init\` wrote down`);
  return fail(
    `the bastion shows ${type} ${fingerprint}, which is not the key that \`fairlead init\` wrote down`,
    'If its operator confirms the new key, run `fairlead init` again; jobs that run then keep the old one and lose the bastion.',
  );
}
