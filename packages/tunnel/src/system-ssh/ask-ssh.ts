// Asks the system's ssh what it makes of a name (`ssh -G`): Match, Include, canonical names and tokens are its business.

import { tunnelError } from '../tunnel-error.ts';
import { type EffectiveSettings, parseEffectiveSettings } from './effective-settings.ts';
import { type ProcessEnv, runSsh } from './run-ssh.ts';
import { settingsArguments } from './ssh-arguments.ts';

export type AskedWay = Parameters<typeof settingsArguments>[0] & {
  port?: number | undefined;
  user?: string | undefined;
};

/**
 * What it says is true of this moment (`Match exec`), so that nothing of it is kept; it costs a process of some 10 ms.
 * Throws `ssh_unusable` where there is no ssh that could answer, `ssh_config_invalid` with ssh's own words where it
 * refuses its configuration.
 */
export async function askSsh(way: AskedWay, env: ProcessEnv): Promise<EffectiveSettings> {
  const { code, stdout, stderr } = await runSsh(settingsArguments(way, way), env);
  const settings = parseEffectiveSettings(stdout);
  if (code === 0 && settings.hostName !== '') return settings;
  const why = stderr.trim() || (code === null ? 'it took too long' : `exit code ${code}`);
  const what = `cannot ask ssh about ${way.name}: ${why}`;
  // A version before 6.8, another program of that name, an account that only the container knows.
  if (/(?:unknown|illegal|invalid) option|unrecognized option|No user exists for uid|^usage:/im.test(stderr))
    throw tunnelError('ssh_unusable', what, { hint: 'Install OpenSSH 7.6 or newer.' });
  throw tunnelError('ssh_config_invalid', what, { hint: `Run \`ssh -G ${way.name}\`: it names the line.` });
}
