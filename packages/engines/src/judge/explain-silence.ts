// Decides the hint for a user whose engine runs but does not become ready. Pure.

import type { EngineSurroundings } from '../catalogue/failure-entry.ts';
import type { Verdict } from '../diagnose/verdict.ts';
import { fillText, surroundingNames } from '../catalogue/fill-text.ts';

/** Lines of the moment at which an engine's processes connect to each other. A hang there has no line of its own. */
const meeting = /distributed_init_method|world_size|rendezvous|nccl|gloo|pynccl|custom_all_reduce|parallel_state/i;
const meetingHint =
  "The engine's processes may wait for each other: the node's own name may resolve to the loopback or to an address that does not work. Name the interface in `env` of this cluster: GLOO_SOCKET_IFNAME and NCCL_SOCKET_IFNAME, and for vLLM also VLLM_HOST_IP with its address.{interfaces} NCCL_DEBUG=INFO shows more.";

const maxLastLines = 20;

const slowHint =
  'See `fairlead logs --source engine`. A large model on a slow file system needs a higher `engines.{engine}.readyLimitSeconds` of this cluster.';

export function explainSilence(
  lines: readonly string[],
  surroundings: EngineSurroundings,
  verdict?: Verdict,
): { lastLines: string[]; hint: string } {
  const lastLines = lines.filter((line) => line.trim() !== '').slice(-maxLastLines);
  // An engine that has failed does not always end: vLLM on a full disk stays.
  if (verdict?.kind === 'failed') {
    const names = { ...surroundingNames(surroundings), ...verdict.names };
    const { what, why, cure } = verdict.entry;
    return {
      lastLines,
      hint: `It has failed and did not end: ${fillText(what, names)}. ${fillText(`${why} ${cure}`, names)}`,
    };
  }
  const names = surroundingNames(surroundings);
  const slow = fillText(slowHint, names);
  const isMeeting = lastLines.slice(-5).some((line) => meeting.test(line));
  if (isMeeting) return { lastLines, hint: `${fillText(meetingHint, names)} ${slow}` };
  const mayHang = `An engine on several GPUs may also wait for its own processes and write nothing (NCCL, gloo): NCCL_DEBUG=INFO in \`env\` of this cluster shows that, and NCCL_SOCKET_IFNAME and GLOO_SOCKET_IFNAME name the interface.`;
  return { lastLines, hint: `${slow} ${mayHang}` };
}
