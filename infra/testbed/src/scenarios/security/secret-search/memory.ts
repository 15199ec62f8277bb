// Searches the memory of the processes of a host, as root of the machine.

import { closeSync, openSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { isOutOfReach, listPids } from '@fairlead/kit';
import type { TestbedHandle } from '../../../testbed.ts';

export interface MemorySearched {
  /** `ps` shows the process so. */
  program: string;
  pid: number;
  bytes: number;
  /** Which of the texts it holds. */
  found: string[];
}

/** The largest piece that is read at a time; the next one begins before its end, so that no text is cut. */
const pieceBytes = 8 * 1024 * 1024;
const overlapBytes = 4096;

/** Of the processes of that host for which `match` holds. Leaves out one that ends meanwhile. */
export function searchMemory(
  testbed: TestbedHandle,
  host: string,
  options: { match: (program: string) => boolean; texts: readonly string[] },
): MemorySearched[] {
  const namespace = namespaceOf(testbed.state().hosts[host]!.pid);
  return listPids().flatMap((pid) => {
    try {
      if (namespaceOf(pid) !== namespace) return [];
      const program = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      return options.match(program) ? [searchOne(pid, program, options.texts)] : [];
    } catch (error) {
      if (isOutOfReach(error)) return [];
      throw error;
    }
  });
}

function namespaceOf(pid: number): string {
  return readlinkSync(`/proc/${pid}/ns/pid`);
}

function searchOne(pid: number, program: string, texts: readonly string[]): MemorySearched {
  const found = new Set<string>();
  let bytes = 0;
  for (const piece of piecesOf(pid)) {
    bytes += piece.length;
    for (const text of texts) if (piece.includes(text)) found.add(text);
  }
  return { program, pid, bytes, found: [...found] };
}

function* piecesOf(pid: number): Generator<Buffer> {
  const ranges = readFileSync(`/proc/${pid}/maps`, 'utf8').matchAll(/^([0-9a-f]+)-([0-9a-f]+) r/gm);
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  const buffer = Buffer.alloc(pieceBytes);
  try {
    for (const [, from = '0', to = '0'] of ranges) {
      const end = BigInt(`0x${to}`);
      for (let at = BigInt(`0x${from}`); at < end; at += BigInt(pieceBytes - overlapBytes)) {
        const length = Number(end - at < BigInt(pieceBytes) ? end - at : BigInt(pieceBytes));
        const read = readAt(memory, buffer, { at, length });
        if (read > 0) yield buffer.subarray(0, read);
      }
    }
  } finally {
    closeSync(memory);
  }
}

/** 0 for what the kernel gives to no reader, such as its own pages. */
function readAt(memory: number, buffer: Buffer, { at, length }: { at: bigint; length: number }): number {
  try {
    return readSync(memory, buffer, 0, length, at);
  } catch {
    return 0;
  }
}
