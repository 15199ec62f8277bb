// Searches the files of a host, as its root, for all secrets at once. The secrets go in by stdin; matches come back to this process only.

import type { SecretFinder } from '@fairlead/testkit';
import type { TestbedHandle } from '../../../testbed.ts';

export interface FileFound {
  host: string;
  kind: string;
  path: string;
  /** `<mode> <owner>` of the file and of its directory. */
  file: string;
  directory: string;
}

/** Directories where users and daemons may write. */
const writable =
  '/home /tmp /dev/shm /run /var/tmp /var/log /var/spool /var/crash /var/lib/slurm /var/lib/systemd'.split(' ');

/** $1: since when, in seconds of the epoch. $2: empty, or the restriction to users' files. The rest: the directories. */
const search = `export LC_ALL=C
since=$1 people=$2; shift 2
patterns=$(cat)
tests=(-type f -newerct "@$since" -size +0)
[ -z "$people" ] || tests+=('(' -user alice -o -user bob ')')
mapfile -d '' -t files < <(find "$@" -ignore_readdir_race "\${tests[@]}" -print0 2>/dev/null)
for ((at = 0; at < \${#files[@]}; at += 1000)); do
  grep -saoFHZ -D skip -f <(printf '%s\\n' "$patterns") -- "\${files[@]:at:1000}"
done
true`;

/** Searches files that were made or changed since then. Searches homes that several hosts share once, on the login host. */
export async function searchFiles(testbed: TestbedHandle, finder: SecretFinder, sinceMs: number): Promise<FileFound[]> {
  const { hosts } = testbed.plan();
  const found = await Promise.all(
    hosts.map(async ({ name, role, home }) => {
      const where = writable.filter((path) => path !== '/home' || home !== 'cluster' || role === 'login');
      // The laptop shows the machine's files in a lower layer.
      return searchHost(testbed, finder, { host: name, sinceMs, people: role === 'laptop' ? 'people' : '', where });
    }),
  );
  return found.flat();
}

async function searchHost(
  testbed: TestbedHandle,
  finder: SecretFinder,
  { host, sinceMs, people, where }: { host: string; sinceMs: number; people: string; where: string[] },
): Promise<FileFound[]> {
  const since = String(Math.floor(sinceMs / 1000));
  const asRoot = { user: 'root', cwd: '/' };
  const searched = await testbed.exec(host, ['bash', '-c', search, 'bash', since, people, ...where], {
    ...asRoot,
    stdin: finder.patterns(),
  });
  if (searched.code !== 0) throw new Error(`cannot search ${host}: exit ${searched.code}: ${searched.stderr}`);
  const hits = new Map<string, Set<string>>();
  for (const line of searched.stdout.split('\n')) {
    const [path = '', match = ''] = line.split('\0');
    const kinds = hits.get(path) ?? new Set();
    for (const kind of finder.kindsIn(match)) kinds.add(kind);
    if (kinds.size > 0) hits.set(path, kinds);
  }
  return Promise.all(
    [...hits].map(async ([path, kinds]) => {
      const stat = 'stat -c "%a %U" -- "$0" "$(dirname -- "$0")"';
      const { stdout } = await testbed.exec(host, ['sh', '-c', stat, path], asRoot);
      const [file = 'gone', directory = 'gone'] = stdout.trim().split('\n');
      return [...kinds].map((kind) => ({ host, kind, path, file, directory }));
    }),
  ).then((lists) => lists.flat());
}
