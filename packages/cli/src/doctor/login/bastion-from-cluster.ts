// What the login node knows of the bastion's name inside the cluster. Compute nodes mostly know the same; the test job proves it.

import { asList, type ClusterRoute } from '@fairlead/config';

import { type Answers, askHost } from '../ask-host.ts';
import { fail, type Finding, passed, warn } from '../check.ts';
import type { Inspection } from '../inspection.ts';

const routeScript = `
host=$1 port=$2
if command -v getent >/dev/null 2>&1; then
  echo "asked=yes"
  echo "addresses=$(getent ahosts "$host" 2>/dev/null | awk '{print $1}' | sort -u | tr '\\n' ' ')"
fi
if command -v timeout >/dev/null 2>&1 && command -v bash >/dev/null 2>&1; then
  if said=$(timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1" && IFS= read -r -t 4 line <&3 && echo "$line"' "$host" "$port" 2>/dev/null); then
    echo "banner=$said"
  else echo "closed=yes"; fi
fi
`;

export async function askBastionFromCluster(
  inspection: Inspection,
  willRun: boolean,
  signal: AbortSignal,
): Promise<Finding> {
  const { fromCluster } = await inspection.bastion.config();
  const target = await inspection.bastion.target();
  const login = await inspection.login.host();
  const findings = await Promise.all(
    (fromCluster ? asList<ClusterRoute>(fromCluster) : [{}]).map(async (route: ClusterRoute) => {
      const host = route.host ?? target.host;
      const port = route.port ?? (route.host ? 22 : target.port);
      const answers = await askHost(login, routeScript, [host, String(port)], { signal });
      return judgeBastionFromCluster({ host, port }, answers, willRun);
    }),
  );
  return best(findings);
}

/** One route is enough; the others are said. */
function best(findings: readonly Finding[]): Finding {
  const [first] = findings;
  if (findings.length < 2) return first!;
  const found = findings.map((finding) => finding.found).join('\n');
  const lame = findings.find(({ status }) => status !== 'ok');
  if (!lame) return passed(found);
  const isServed = findings.some(({ status }) => status === 'ok');
  return isServed ? warn(found, lame.todo ?? '') : { ...lame, found };
}

/** `willRun`: a test job will try the same from a compute node and have the last word. */
export function judgeBastionFromCluster(
  { host, port }: { host: string; port: number },
  answers: Answers,
  willRun: boolean,
): Finding {
  const addresses = answers.get('addresses') ?? '';
  if (answers.get('asked') === 'yes' && addresses === '') {
    const found = `the login node knows no address for ${host}`;
    const todo = 'Set bastion.fromCluster.host to the name or address that compute nodes know the bastion by.';
    return willRun ? warn(found, `${todo} The test job below says whether compute nodes know it.`) : fail(found, todo);
  }
  if (answers.get('closed') === 'yes')
    return warn(
      `the login node gets no answer from ${host} port ${port}`,
      'Compute nodes must: `fairlead doctor --yes` tries it from one, with a short test job. If they cannot either, ask the site to let SSH out to this host.',
    );
  return passed(`${host} port ${port} answers${addresses ? ` (${addresses.trim()})` : ''}`);
}
