// Questions to a running engine besides completions: whether it is up, what its load is, and which other users could use it.

import { type EngineKind, type EngineMetrics, type EngineWanted, parseMetrics } from '@fairlead/engines';
import { auditGuard } from './audit-guard.ts';
import { type EngineAddress, proveAddress } from './engine-address.ts';
import type { EngineClient } from './engine-client.ts';

export interface EngineQuestions {
  /** Resolves when it says that it is up; rejects otherwise, and where another user's process answers in its place. */
  checkHealth: (signal: AbortSignal) => Promise<void>;
  /** Undefined where it does not report its load. */
  readMetrics: (signal: AbortSignal) => Promise<EngineMetrics | undefined>;
  /** One sentence for each way in which others can use it. */
  auditGuard: (signal: AbortSignal) => Promise<string[]>;
}

export interface AskedEngine {
  kind: EngineKind;
  wanted: EngineWanted;
  client: EngineClient;
  address: () => EngineAddress;
}

export function createEngineQuestions({ kind, wanted, client, address }: AskedEngine): EngineQuestions {
  return {
    async checkHealth(signal) {
      await proveAddress(address());
      const { healthPath } = kind.probe(wanted);
      const { status } = await client.get(healthPath, signal);
      if (status !== 200) throw new Error(`${healthPath} answers ${status}`);
    },
    async readMetrics(signal) {
      if (!kind.metrics) return undefined;
      const { status, body } = await client.get(kind.metrics.path, signal);
      return status === 200 ? parseMetrics(body, kind.metrics.names) : undefined;
    },
    auditGuard: (signal) => auditGuard({ address: address(), client, guard: kind.guard(wanted) }, signal),
  };
}
