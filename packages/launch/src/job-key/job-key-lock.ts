// One laptop at a time makes, takes or removes a bastion's keys on a cluster: else one removes what another is about to use.

import { randomUUID } from 'node:crypto';

import { backoffMs, CodedError } from '@fairlead/kit';
import { releaseLock, TAKE_LOCK } from '@fairlead/ssh';

import type { LaunchErrorCode } from '../launch-error.ts';
import type { Run } from '../machine.ts';
import type { Site } from '../site/open-site.ts';

const wait = { baseMs: 250, maxMs: 2_000, minMs: 100 };
/** Making a key takes some seconds: an edit of authorized_keys and two logins. */
const waitTimeoutMs = 60_000;

/** Waits for its turn. A lock older than ten minutes is abandoned and is taken over. */
export async function lockJobKeys(site: Site, dir: string, run: Run): Promise<AsyncDisposable> {
  const { clock, signal } = run;
  const lock = `${dir}.lock`;
  const token = randomUUID();
  const untilMs = clock.monotonicMs() + waitTimeoutMs;
  for (let turn = 0; ; turn += 1) {
    const { code, stderr } = await site.host.runner.run(['sh', '-c', lockScript, 'sh', lock, token]);
    if (code === 0) break;
    if (code !== held) throw refused(site, `it cannot take its turn there: ${stderr.trim()}`);
    if (clock.monotonicMs() > untilMs)
      throw refused(site, `another machine has been making it for ${waitTimeoutMs / 1000} s (${lock})`);
    await clock.sleep(backoffMs(wait, turn, 0.5), signal);
  }
  return {
    [Symbol.asyncDispose]: async () => {
      await site.host.runner.run(['sh', '-c', unlockScript, 'sh', lock, token]);
    },
  };
}

function refused({ cluster, host }: Site, why: string): CodedError<LaunchErrorCode> {
  return new CodedError('remote_unfit', `cannot make the job's key for ${cluster.name} because ${why}`, {
    hint: `Try again in some minutes, or see what holds it on ${host.label}.`,
  });
}

const held = 72;

const lockScript = `${TAKE_LOCK}
umask 077
mkdir -p "\${1%/*}" || exit 1
take_lock "$1"
case $? in
  1) exit 1 ;;
  2) exit ${held} ;;
esac
echo "$2" >"$1/owner"
`;

const unlockScript = `${releaseLock}
release_lock "$1" "$2"
`;
