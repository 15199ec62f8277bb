// Which other nodes have failed when Slurm ends the job: those whose link is gone, those that Slurm names, and those whose agent ended before
// it had a link. Pure.

import { expandHostList, failedNodesIn } from '@fairlead/scheduler';
import { nameNode } from '../roster/roster.ts';
import type { RosterNode } from '../roster/roster-state.ts';

export interface MissingNodes {
  message: string;
  hint: string;
  hosts: readonly string[];
}

interface SeenNodes {
  suspicion: { message: string; hosts: readonly string[] } | undefined;
  awaited: ReadonlyArray<Pick<RosterNode, 'rank' | 'host'>>;
}

/** `jobLog`: what srun and all agents have written last. Undefined where no node is to blame. */
export function missingNodes({ suspicion, awaited }: SeenNodes, jobLog: string): MissingNodes | undefined {
  const hint = 'The job log (`fairlead logs <name> --source job`) has what its agent and Slurm said last.';
  if (suspicion) return { ...suspicion, message: `the job ended because a node is gone: ${suspicion.message}`, hint };
  const lines = jobLog.split('\n');
  const failed = failedNodesIn(lines);
  if (failed.length > 0) {
    const message = `the job ended because a node is gone: Slurm tells of a failure of ${failed.join(', ')}`;
    return { message, hint, hosts: failed };
  }
  const ended = awaited.flatMap((node) => {
    const why = endOf(node, lines);
    return why === undefined ? [] : [{ host: node.host, words: `${nameNode(node)}: ${why}` }];
  });
  if (ended.length === 0) return undefined;
  const message = `the agent of a node ended before it joined the others: ${ended.map(({ words }) => words).join('; ')}`;
  return { message, hint, hosts: ended.map(({ host }) => host) };
}

/** As srun tells the end of tasks: `srun: error: node[2-3]: tasks 1-2: Exited with exit code 1`. */
const srunPattern = /^srun: error: (\S+): tasks? [\d,-]+: (.+)$/;

/** What its agent said last of why, else srun's words. Undefined where srun tells no end of it. */
function endOf({ rank, host }: Pick<RosterNode, 'rank' | 'host'>, lines: readonly string[]): string | undefined {
  const told = lines.map((line) => srunPattern.exec(line)).find((match) => hasHost(match?.[1], host));
  if (!told) return undefined;
  const agent = ` (rank ${rank}): `;
  const said = lines
    .filter((line) => line.includes(agent))
    .map((line) => line.slice(line.indexOf(agent) + agent.length));
  return said.findLast((line) => !line.startsWith('exit ')) ?? told[2];
}

function hasHost(list: string | undefined, host: string): boolean {
  return list !== undefined && (expandHostList(list)?.includes(host) ?? false);
}
