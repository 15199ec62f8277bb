// For which machine a program is: the first bytes of an ELF file (https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html).

const machines: ReadonlyMap<number, string> = new Map([
  [62, 'x86-64'],
  [183, 'aarch64'],
]);

/** Undefined for what is no 64-bit little-endian ELF; twenty bytes are enough. */
export function elfMachine(head: Buffer): string | undefined {
  const isElf = head.length >= 20 && head.readUInt32BE(0) === 0x7f454c46 && head[4] === 2 && head[5] === 1;
  if (!isElf) return undefined;
  const machine = head.readUInt16LE(18);
  return machines.get(machine) ?? `machine ${machine}`;
}
