// Whether a process outlives the login that started it: some hosts end all of a user's processes at logout.

import { openSsh, type SshConnection, type SshTarget } from '@fairlead/ssh';

import { passed, type Finding, warn } from '../check.ts';

/** As the gate starts control; ends by itself. */
const startScript = `sh -c 'if command -v setsid >/dev/null 2>&1; then setsid sleep 20 </dev/null >/dev/null 2>&1 & else nohup sleep 20 </dev/null >/dev/null 2>&1 & fi; echo "pid $!"; if [ -e "/var/lib/systemd/linger/$(id -un)" ]; then echo lingers; fi'`;

export interface StaysFacts {
  survived: boolean;
  lingers: boolean;
}

export async function tryStays(target: SshTarget, connection: SshConnection, signal: AbortSignal): Promise<StaysFacts> {
  let pid = '';
  let lingers = false;
  {
    await using short = await openSsh(target, { signal, isFresh: true });
    const { stdout } = await short.run(startScript, { signal, timeoutMs: 15_000 });
    pid = /pid (\d+)/.exec(stdout)?.[1] ?? '';
    lingers = /^lingers$/m.test(stdout);
  }
  // The session's end takes a moment to be noticed. kill's word is the answer, and it takes the process away.
  const { stdout } = await connection.run(
    `sh -c 'for i in 1 2 3 4 5; do kill -0 ${pid || 0} 2>/dev/null || break; sleep 0.2 2>/dev/null || sleep 1; done; kill ${pid || 0} 2>/dev/null && echo survived'`,
    { signal, timeoutMs: 15_000 },
  );
  return { survived: pid !== '' && stdout.includes('survived'), lingers };
}

export function judgeStays({ survived, lingers }: StaysFacts): Finding {
  if (survived) return passed(`a process outlived its login${lingers ? '; lingering is on' : ''}`);
  return warn(
    'a process ended with the login that had started it',
    'Control would be started again at each connection. Run `loginctl enable-linger` there, or ask the operator to let processes live on (logind.conf: KillUserProcesses=no).',
  );
}
