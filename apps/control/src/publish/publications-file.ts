// Which deployments are published, and to which gateways: a file beside control's records, with the tokens of the publisher.

import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

import { errnoOf, type Log } from '@fairlead/kit';
import { decodeText, deploymentName, encodeText, publishTarget, type PublishTarget } from '@fairlead/protocol';
import { z } from 'zod';

import { replaceFile } from '../state/state-dir.ts';

const publicationsFile = z.object({
  publications: z.array(z.object({ deployment: deploymentName, gateway: publishTarget })),
});

/** By the names of the deployments. */
export type Publications = ReadonlyMap<string, PublishTarget>;

/** A file that cannot be read is told in the log and set aside: control serves without it. */
export function readPublications(stateDir: string, log: Log): Map<string, PublishTarget> {
  const path = fileOf(stateDir);
  const decoded = decodeText(publicationsFile, readText(path) ?? '{"publications":[]}');
  if (decoded.ok) return new Map(decoded.value.publications.map(({ deployment, gateway }) => [deployment, gateway]));
  const why = `${decoded.path} ${decoded.message}`.trim();
  log.error({ op: 'publish.load', ok: false, path, why }, 'what was published cannot be read: it is set aside');
  renameSync(path, `${path}.unreadable`);
  return new Map();
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Atomic, mode 0600. Throws `store_failed`. */
export function writePublications(stateDir: string, publications: Publications): void {
  const list = [...publications].map(([deployment, gateway]) => ({ deployment, gateway }));
  replaceFile(fileOf(stateDir), `${encodeText(publicationsFile, { publications: list })}\n`);
}

function fileOf(stateDir: string): string {
  return join(stateDir, 'publications.json');
}
