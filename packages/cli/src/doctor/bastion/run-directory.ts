// The directory of the sockets on the bastion, before the gate is asked: who owns it, where it lies, whether control's socket is there.

import { posix } from 'node:path';

import type { LaptopProfile } from '@fairlead/protocol';

import type { Host } from '@fairlead/launch';
import { type Answers, askHost } from '../ask-host.ts';
import { fail, type Finding, passed, warn } from '../check.ts';
import { sharedFileSystems } from '../host/directory.ts';

const runScript = `
run=$1 state=$2
uid=$(id -u) usual=/tmp/fairlead-$(id -u)
is_there() { [ -e "$1" ] || [ -h "$1" ]; }
if is_there "$run"; then
  ls -ldn "$run" | awk '{print "mode=" $1; print "owner=" $3}'
  ls -ld "$run" | awk '{print "ownerName=" $3}'
fi
echo "me=$uid"
if is_there "$usual" && [ "$(ls -ldn "$usual" | awk '{print $3}')" != "$uid" ]; then
  echo "usual=$usual"
  ls -ld "$usual" | awk '{print "squatter=" $3}'
fi
at=$run
while [ -n "$at" ] && ! [ -d "$at" ]; do at=\${at%/*}; done
echo "type=$(stat -f -c %T "\${at:-/}" 2>/dev/null)"
[ -S "$run/control.sock" ] && echo "socket=yes"
pid=$(sed -n 's/.*"pid":\\([0-9]*\\).*/\\1/p' "$state/owner.json" 2>/dev/null)
if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then
  case $(tr '\\000' ' ' <"/proc/$pid/cmdline" 2>/dev/null || ps -ww -o args= -p "$pid") in *"$state/bin/control.mjs "*) echo "alive=$pid" ;; esac
fi
`;

export async function askRunDirectory(host: Host, profile: LaptopProfile, signal: AbortSignal): Promise<Finding> {
  const { runDir, stateDir } = profile.bastion;
  return judgeRunDirectory(runDir, await askHost(host, runScript, [runDir, stateDir], { signal }));
}

/** sun_path holds 104 bytes on the smallest systems; the longest of our names takes 24 and a slash. */
const longestRunDir = 103 - 25;

export function judgeRunDirectory(runDir: string, answers: Answers): Finding {
  const alive = answers.get('alive');
  const mode = answers.get('mode');
  const elsewhere = 'Set bastion.runDir to a short directory of your own on local disk, then run `fairlead init`.';
  const restart = (pid: string) =>
    `Control (process ${pid}) runs on in a place that no client reaches: end it there (kill ${pid}); the next command starts it anew, and running deployments come back by themselves.`;
  if (Buffer.byteLength(runDir) > longestRunDir)
    return fail(`${runDir} is too long for sockets: ${Buffer.byteLength(runDir)} bytes of ${longestRunDir}`, elsewhere);
  if (sharedFileSystems.test(answers.get('type') ?? ''))
    return fail(`${runDir} is on ${answers.get('type')}, which several hosts share`, elsewhere);
  if (mode === undefined)
    return alive
      ? fail(`${runDir} is gone, with control's socket in it`, restart(alive))
      : passed(`${runDir} is not there yet; the gate makes it`);
  if (!mode.startsWith('drwx------') || answers.get('owner') !== answers.get('me'))
    return notOurs(runDir, mode, answers);
  if (alive && answers.get('socket') !== 'yes') return fail(`control's socket is gone from ${runDir}`, restart(alive));
  const squatter = answers.get('squatter');
  const good = `${runDir}: yours alone, on ${answers.get('type') || 'local disk'}`;
  if (squatter === undefined) return passed(good);
  return warn(
    `${good}. User ${squatter} holds the usual name, ${answers.get('usual')}`,
    `Nothing has to be done for Fairlead, which uses another name. Ask ${squatter}, or the administrator of the host, what ${answers.get('usual')} is for.`,
  );
}

function notOurs(runDir: string, mode: string, answers: Answers): Finding {
  const owner = answers.get('owner');
  const name = answers.get('ownerName') ?? owner;
  if (owner === answers.get('me'))
    return fail(
      `${runDir} must be a directory with mode 0700: got ${mode}`,
      `Run there: chmod 700 ${posix.normalize(runDir)}. Where it is a link or a file, remove it.`,
    );
  return fail(
    `${runDir} belongs to user ${name} (uid ${owner}), who took the name: got ${mode}`,
    `Run \`fairlead init\`: it finds another name, unless bastion.runDir names this one; then choose another there first. Ask ${name}, or the administrator of the host, what the directory is for.`,
  );
}
