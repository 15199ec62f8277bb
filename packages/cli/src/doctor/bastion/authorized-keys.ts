// Whether the user may edit authorized_keys, where each cluster's job key gets its line. Edits nothing.

import type { Host } from '@fairlead/launch';
import { type Answers, askHost } from '../ask-host.ts';
import { fail, type Finding, passed, warn } from '../check.ts';

const keysScript = `
path=$1
[ -n "$path" ] || path=$HOME/.ssh/authorized_keys
links=0
while [ -h "$path" ] && [ "$links" -lt 20 ]; do
  links=$((links + 1)); to=$(readlink "$path")
  case $to in /*) path=$to ;; *) path=\${path%/*}/$to ;; esac
done
echo "path=$path"
dir=\${path%/*}
[ -d "$dir" ] && echo "dir=yes"
[ -e "$path" ] && echo "file=yes"
[ -w "$path" ] && echo "writable=yes"
probe=$dir/.fairlead-doctor-$$
trap 'rmdir "$probe" 2>/dev/null' EXIT
said=$(mkdir -m 700 "$probe" 2>&1) && echo "room=yes" || echo "roomError=$said"
ls -ldn "$dir" 2>/dev/null | awk '{print "dirMode=" $1}'
ls -ldn "$path" 2>/dev/null | awk '{print "mode=" $1; print "size=" $5}'
if [ -r /etc/ssh/sshd_config ]; then
  echo "sshd=$(grep -ihE '^[[:space:]]*AuthorizedKeysFile[[:space:]]' /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf 2>/dev/null | head -n 1 | awk '{$1=""; print}')"
fi
`;

export async function askAuthorizedKeys(host: Host, path: string | undefined, signal: AbortSignal): Promise<Finding> {
  return judgeAuthorizedKeys(await askHost(host, keysScript, [path ?? ''], { signal }));
}

export function judgeAuthorizedKeys(answers: Answers): Finding {
  const path = answers.get('path') ?? '~/.ssh/authorized_keys';
  const todo =
    "Fairlead adds one marked line for each cluster's job key, in a file that is replaced as a whole. Make file and directory writable for yourself, or have the operator say where your keys are kept (bastion.authorizedKeysFile); where the file isn't yours, the operator must add the line that `fairlead deploy` prints.";
  if (answers.get('file') === 'yes' && answers.get('writable') !== 'yes')
    return fail(`${path} is read-only for this account (${answers.get('mode') ?? 'mode unknown'})`, todo);
  if (answers.get('dir') === 'yes' && answers.get('room') !== 'yes')
    return fail(`the directory of ${path} is read-only: ${answers.get('roomError') ?? ''}`, todo);
  if (/^.{5}w|^.{8}w/.test(answers.get('mode') ?? '') || /^.{5}w|^.{8}w/.test(answers.get('dirMode') ?? ''))
    return warn(
      `others may write ${path} or its directory (${answers.get('mode')}, ${answers.get('dirMode')}): sshd may ignore it`,
      `Run there: chmod go-w ${path.replace(/\/[^/]*$/, '')} ${path}`,
    );
  if (answers.get('file') !== 'yes')
    return warn(
      `${path} does not exist, and yet a key let us in`,
      `The server reads keys elsewhere${answers.get('sshd') ? ` (${answers.get('sshd')})` : ''}: set bastion.authorizedKeysFile.`,
    );
  return passed(`${path} can be edited by this account`);
}
