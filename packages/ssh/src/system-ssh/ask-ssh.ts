// Asks the system's ssh for its settings of a host (`ssh -G`): ssh itself evaluates Match, Include, canonical names and tokens.

import { sshError } from '../ssh-error.ts';
import { type EffectiveSettings, parseEffectiveSettings } from './effective-settings.ts';
import { type ProcessEnv, runSsh } from './run-ssh.ts';
import { settingsArguments } from './ssh-arguments.ts';

export type AskedWay = Parameters<typeof settingsArguments>[0] & {
  port?: number | undefined;
  user?: string | undefined;
};

/** Questions without an answer yet, by the environment in which they are asked. */
const open = new WeakMap<ProcessEnv, Map<string, Promise<EffectiveSettings>>>();

/**
 * The answer may change at any time (`Match exec`), so it is not cached; it costs a process of some 10 ms. Callers that ask
 * the same question at the same time share one process. Throws `ssh_unusable` if there is no ssh that can answer, and
 * `ssh_config_invalid` with ssh's own words if ssh refuses its configuration.
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
  // An OpenSSH before 6.8, another program of that name, or an account without an entry on this system.
  if (/(?:unknown|illegal|invalid) option|unrecognized option|No user exists for uid|^usage:/im.test(stderr))
    throw sshError('ssh_unusable', what, { hint: 'Install OpenSSH 7.6 or newer.' });
  throw sshError('ssh_config_invalid', what, { hint: `Run \`ssh -G ${way.name}\`: it names the line.` });
}
