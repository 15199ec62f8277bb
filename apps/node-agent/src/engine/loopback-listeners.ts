// Who listens at a port, as Linux tells it (proc_pid_net(5), /proc/net/tcp): on a shared node another user may, and must
// get neither prompts nor the engine's key.

import { readFile } from 'node:fs/promises';
import { errnoOf } from '@fairlead/kit';

export interface LoopbackListener {
  uid: number;
  /** Reached from other hosts too. */
  isWide: boolean;
}

/** Empty where nothing listens, and where there is no such table (macOS). */
export async function loopbackListeners(port: number): Promise<LoopbackListener[]> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(readTable));
  return tables.flatMap((table) => parseListeners(table, port));
}

async function readTable(path: string): Promise<string> {
  try {
    return await readFile(path, 'latin1');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return '';
    throw error;
  }
}

const listening = '0A';
/** 127.0.0.0/8, ::1, and 127.0.0.0/8 mapped into IPv6, in the byte order of a little-endian or a big-endian machine. */
const loopback = /^(?:\w{6}7F|7F\w{6}|0{24}01000000|0{31}1|0{16}FFFF0000\w{6}7F|0{20}FFFF7F\w{6})$/;

/** Pure. */
export function parseListeners(table: string, port: number): LoopbackListener[] {
  return table.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , uid] = line.trim().split(/\s+/);
    const [address = '', portHex = ''] = local.split(':');
    if (state !== listening || Number.parseInt(portHex, 16) !== port) return [];
    return [{ uid: Number(uid), isWide: !loopback.test(address) }];
  });
}
