// The gateways that this machine has joined, by their names: a file for each, beside the profile.

import { readdir, readFile, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { CodedError, errnoOf, nearestNames } from '@fairlead/kit';
import { decodeText, encodeText, type GatewayPlace, gatewayPlace } from '@fairlead/protocol';

import type { ClientErrorCode } from '../client-error.ts';
import { isReadableByOthers, writePrivateFile } from '../private-file.ts';

const suffix = '.json';
const nameShape = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export function isGatewayName(text: string): boolean {
  return nameShape.test(text);
}

/** `llm.example.org`, `127.0.0.1-18080`. */
export function gatewayNameOf(host: string): string {
  return (
    host
      .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
      .replace(/^[-._]+|[-._]+$/g, '')
      .slice(0, 64) || 'gateway'
  );
}

/** `profileFile`: where the profile is, or would be. */
export function gatewaysDir(profileFile: string): string {
  return join(dirname(profileFile), 'gateways');
}

/** Sorted. */
export async function listGatewayNames(dir: string): Promise<string[]> {
  try {
    const names = await readdir(dir);
    return names
      .filter((name) => name.endsWith(suffix))
      .map((name) => name.slice(0, -suffix.length))
      .filter(isGatewayName)
      .sort();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Undefined where there is none of that name. Throws `gateway_unsafe` and `gateway_invalid`. */
export async function readGatewayPlace(dir: string, name: string): Promise<GatewayPlace | undefined> {
  const path = fileOf(dir, name);
  let text: string;
  try {
    if (await isReadableByOthers(path))
      throw new CodedError<ClientErrorCode>('gateway_unsafe', `cannot use ${path} because other users may read it`, {
        hint: `It holds your key. Run: chmod 600 ${path}; and \`fairlead keys rotate\` if others have accounts here.`,
      });
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  const decoded = decodeText(gatewayPlace, text);
  if (decoded.ok) return decoded.value;
  throw new CodedError<ClientErrorCode>(
    'gateway_invalid',
    `cannot use ${path} because ${decoded.path || 'it'} ${decoded.message}`,
    { hint: 'Remove the file, and join again with another line.' },
  );
}

export async function writeGatewayPlace(dir: string, name: string, place: GatewayPlace): Promise<void> {
  await writePrivateFile(fileOf(dir, name), `${encodeText(gatewayPlace, place)}\n`);
}

/** Writes a file into the folder, and removes it: an invitation is used up before its key can be written. Rejects with the error of the system. */
export async function tryGatewaysDir(dir: string): Promise<void> {
  const path = join(dir, '.try');
  await writePrivateFile(path, 'may be removed\n');
  await unlink(path);
}

/** False where there was none. */
export async function removeGatewayPlace(dir: string, name: string): Promise<boolean> {
  try {
    await unlink(fileOf(dir, name));
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** The one of that name; without a name the only one. Throws `gateway_missing`, and as `readGatewayPlace` does. */
export async function findGatewayPlace(
  dir: string,
  wanted: string | undefined,
): Promise<{ name: string; place: GatewayPlace }> {
  const names = await listGatewayNames(dir);
  const name = wanted ?? (names.length === 1 ? names[0] : undefined);
  const place = name !== undefined && isGatewayName(name) ? await readGatewayPlace(dir, name) : undefined;
  if (name !== undefined && place) return { name, place };
  throw missing(wanted, names);
}

function missing(wanted: string | undefined, names: readonly string[]): CodedError<ClientErrorCode> {
  const [near] = wanted === undefined ? [] : nearestNames(wanted, names);
  const why =
    names.length === 0
      ? 'this machine has joined none'
      : wanted === undefined
        ? `this machine has joined several: ${names.join(', ')}`
        : `this machine has joined none of that name; it has joined ${names.join(', ')}`;
  const hint =
    names.length === 0
      ? 'Ask the owner of the gateway for a line: `fairlead join <line>`.'
      : wanted === undefined
        ? `Say which: --gateway ${names[0]}, or FAIRLEAD_GATEWAY=${names[0]} in the environment.`
        : `Use one of these names${near === undefined ? '' : `: --gateway ${near}`}.`;
  return new CodedError('gateway_missing', `cannot use ${wanted ?? 'a gateway'} because ${why}`, { hint });
}

function fileOf(dir: string, name: string): string {
  return join(dir, `${name}${suffix}`);
}
