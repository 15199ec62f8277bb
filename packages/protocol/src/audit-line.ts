// One line of audit.jsonl in the job's directory: an event in the life of an instance, written by its agent.

import { z } from 'zod';

import { boundedText, messageLength, nameLength, shortenedText } from './bounds.ts';
import { instanceId } from './ids.ts';

export const auditLine = z.object({
  /** ISO 8601, UTC. */
  at: z.iso.datetime(),
  kind: shortenedText(64),
  message: shortenedText(messageLength),
  instanceId,
  jobId: boundedText(nameLength),
});
export type AuditLine = z.infer<typeof auditLine>;
