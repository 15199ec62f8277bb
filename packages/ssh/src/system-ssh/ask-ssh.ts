// Asks the system's ssh what it makes of a name (`ssh -G`): Match, Include, canonical names and tokens are its business.

import { sshError } from '../ssh-error.ts';
import { type EffectiveSettings, parseEffectiveSettings } from './effective-settings.ts';
import { type ProcessEnv, runSsh } from './run-ssh.ts';
import { settingsArguments } from './ssh-arguments.ts';

export type AskedWay = Parameters<typeof settingsArguments>[0] & {
  port?: number | undefined;
  user?: string | undefined;
};

/** Questions that are open, by the environment in which they are asked. */
const open = new WeakMap<ProcessEnv, Map<string, Promise<EffectiveSettings>>>();

/**
 * What it says is true of this moment (`Match exec`), so that nothing of it is kept; it costs a process of some 10 ms.
 * Callers that ask the same at the same time share one. Throws `ssh_unusable` where there is no ssh that could answer,
 * `ssh_config_invalid` with ssh's own words where it refuses its configuration.
 */
export function askSsh(way: AskedWay, env: ProcessEnv): Promise<EffectiveSettings> {
  const questions = open.get(env) ?? new Map<string, Promise<EffectiveSettings>>();
  open.set(env, questions);
  const question = JSON.stringify(settingsArguments(way, way));
  const answer = questions.get(question) ?? ask(way, env).finally(() => questions.delete(question));
  questions.set(question, answer);
  return answer;
}

async function ask(way: AskedWay, env: ProcessEnv): Promise<EffectiveSettings> {
  const { code, stdout, stderr } = await runSsh(settingsArguments(way, way), env);
  const settings = parseEffectiveSettings(stdout);
  if (code === 0 && settings.hostName !== '') return settings;
  const why = stderr.trim() || (code === null ? 'it took too long' : `exit code ${code}`);
  const what = `cannot ask ssh about ${way.name}: ${why}`;
  // A version before 6.8, another program of that name, an account that only the container knows.
  if (/(?:unknown|illegal|invalid) option|unrecognized option|No user exists for uid|^usage:/im.test(stderr))
    throw sshError('ssh_unusable', what, { hint: 'Install OpenSSH 7.6 or newer.' });
  throw sshError('ssh_config_invalid', what, { hint: `Run \`ssh -G ${way.name}\`: it names the line.` });
}
