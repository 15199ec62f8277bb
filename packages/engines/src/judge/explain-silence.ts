// Decides what to tell a user whose engine runs and does not become ready. Pure.

import type { EngineSurroundings } from './known-failure.ts';
import { interfaceHint } from './known-node-failures.ts';

/** Where the processes of an engine meet; a hang there has no line of its own. */
const MEETING = /distributed_init_method|world_size|rendezvous|nccl|gloo|pynccl|custom_all_reduce|parallel_state/i;
const LAST_LINES = 20;

const SLOW_HINT =
  'See `fairlead logs --source engine`. A large model on a slow file system needs a higher engine.readyLimitSeconds.';

export function explainSilence(
  lines: readonly string[],
  surroundings: EngineSurroundings,
): { lastLines: string[]; hint: string } {
  const lastLines = lines.filter((line) => line.trim() !== '').slice(-LAST_LINES);
  const isMeeting = lastLines.slice(-5).some((line) => MEETING.test(line));
  if (isMeeting) return { lastLines, hint: `${interfaceHint(surroundings)} ${SLOW_HINT}` };
  const mayHang = `An engine on several GPUs may also wait for its own processes without a word (NCCL, gloo): NCCL_DEBUG=INFO in \`env\` of this cluster shows that, and NCCL_SOCKET_IFNAME and GLOO_SOCKET_IFNAME name the interface.`;
  return { lastLines, hint: `${SLOW_HINT} ${mayHang}` };
}
