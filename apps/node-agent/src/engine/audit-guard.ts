// Whether others can use an engine on a loopback port: asked of the engine itself, for only it knows whether it checks its key.

import { type Clock, detach, errorText, type Log, openTimeLimit } from '@fairlead/kit';
import type { EngineAddress } from './engine-address.ts';
import type { EngineClient } from './engine-client.ts';
import { loopbackListeners } from './loopback-listeners.ts';

export interface AuditedEngine {
  address: EngineAddress;
  client: Pick<EngineClient, 'getWithoutKey'>;
  /** As the engine's kind says. */
  guard: 'socket' | 'key' | 'none';
}

const auditTimeoutMs = 10_000;

/** One sentence for each way that is open. */
export async function auditGuard({ address, client, guard }: AuditedEngine, signal: AbortSignal): Promise<string[]> {
  if ('path' in address) return [];
  const isOpen = guard === 'none' || (await client.getWithoutKey('/v1/models', signal)).status === 200;
  const isWide = (await loopbackListeners(address.port)).some((listener) => listener.isWide);
  if (!isOpen && !isWide) return [];
  const who = isWide ? 'every host that reaches this node' : 'every process of this node';
  const what = isOpen ? 'can use the engine: it answers without a key' : 'can try keys of the engine';
  const cure = isWide ? ' Have it listen at 127.0.0.1 alone.' : ' Have it listen at {socket}, or check the key.';
  return [`${who} ${what}.${cure}`];
}

/** At the first call: what others can do stays the same as long as the command does. A failure is logged. */
export function auditOnce(
  { auditGuard: audit }: { auditGuard: (signal: AbortSignal) => Promise<string[]> },
  { clock, log }: { clock: Clock; log: Log },
  say: (message: string) => void,
): () => void {
  let isDone = false;
  const run = async () => {
    using limit = openTimeLimit(clock, auditTimeoutMs);
    try {
      for (const message of await audit(limit.signal)) say(message);
    } catch (error) {
      log.warn(
        { op: 'engine.audit', ok: false, error: errorText(error) },
        'cannot tell whether others can use the engine',
      );
    }
  };
  return () => {
    if (isDone) return;
    isDone = true;
    detach(run());
  };
}
