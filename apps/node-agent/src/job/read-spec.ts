// Reads the instance spec: a file that no other user may read, of a version that this agent speaks.

import { open } from 'node:fs/promises';
import { errorText, isCodedError, retryPassing, systemClock } from '@fairlead/kit';
import { decodeText, type InstanceSpec, instanceSpec, ourVersions } from '@fairlead/protocol';
import { agentError } from '../agent-error.ts';

/** A shared file system that is away for a moment is waited for. */
const retry = { clock: systemClock, random: () => 0.5, limitMs: 30_000, doubtfulLimitMs: 3_000 };

export async function readSpec(path: string): Promise<InstanceSpec> {
  const text = await retryPassing(() => readPrivate(path), retry);
  const version = decodeVersion(text);
  if (version !== undefined && (version < ourVersions.min || version > ourVersions.max)) {
    throw agentError(
      'spec_version',
      `cannot use ${path} because it was written for protocol ${version}: this agent speaks ${ourVersions.min} to ${ourVersions.max}`,
      { hint: 'The CLI and the agent it uploaded differ. Deploy again; the CLI uploads the agent of its own version.' },
    );
  }
  const spec = decodeText(instanceSpec, text);
  if (!spec.ok) {
    throw agentError('spec_invalid', `cannot use ${path} because ${spec.path || 'it'} ${spec.message}`, {
      hint: 'Deploy again; the CLI writes this file anew.',
    });
  }
  return spec.value;
}

async function readPrivate(path: string): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const { mode } = await file.stat();
    if ((mode & 0o077) !== 0) {
      const found = (mode & 0o777).toString(8).padStart(4, '0');
      throw agentError('spec_exposed', `cannot use ${path} because others may read it: its mode is ${found}`, {
        hint: 'It holds secrets: stop this deployment and deploy again. (chmod 600 alone does not take back what was read.)',
      });
    }
    return await file.readFile('utf8');
  } catch (error) {
    if (isCodedError(error)) throw error;
    throw agentError('spec_unreadable', `cannot read the spec ${path}: ${errorText(error)}`, { cause: error });
  }
}

function decodeVersion(text: string): number | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const version = typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined;
    return typeof version === 'number' ? version : undefined;
  } catch (error) {
    // decodeText says so in its own words.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
