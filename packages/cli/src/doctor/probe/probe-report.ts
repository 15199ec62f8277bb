// The lines that the test job prints, as the laptop reads them: only the fields that it needs.

import { z } from 'zod';

const outcome = {
  ok: z.boolean(),
  code: z.string().optional(),
  message: z.string().optional(),
  hint: z.string().optional(),
};

export const probeLine = z.discriminatedUnion('probe', [
  z.object({
    probe: z.literal('started'),
    host: z.string(),
    node: z.string(),
    machine: z.string(),
    nowMs: z.number(),
  }),
  z.object({ probe: z.literal('route'), ...outcome, name: z.string(), fingerprint: z.string().optional() }),
  z.object({ probe: z.literal('name'), ...outcome, addresses: z.array(z.string()).default([]) }),
  z.object({ probe: z.literal('login'), ...outcome, fingerprint: z.string().optional() }),
  z.object({ probe: z.literal('gate'), ...outcome, line: z.string().optional() }),
  z.object({ probe: z.literal('listening'), ...outcome }),
  z.object({ probe: z.literal('scratch'), text: z.string() }),
  z.object({ probe: z.literal('gpus'), text: z.string(), visible: z.string().optional() }),
  z.object({ probe: z.literal('engine'), text: z.string() }),
  z.object({ probe: z.literal('done') }),
]);
export type ProbeLine = z.infer<typeof probeLine>;

export interface ProbeReport {
  lines: ProbeLine[];
  /** The laptop's clock when the first line was read. */
  readAtMs?: number;
  /** Whether the laptop reached the job's socket through the bastion. */
  hop?: { ok: true; roundTripMs: number } | { ok: false; error: unknown };
}

export function lineOf<Name extends ProbeLine['probe']>(
  report: ProbeReport,
  name: Name,
): Extract<ProbeLine, { probe: Name }> | undefined {
  return report.lines.find((line): line is Extract<ProbeLine, { probe: Name }> => line.probe === name);
}
