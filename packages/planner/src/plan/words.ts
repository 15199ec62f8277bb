// Formats sizes for messages.

import { gib } from './memory.ts';

export function gibWords(bytes: number): string {
  const size = bytes / gib;
  return `${size >= 100 ? size.toFixed(0) : size.toFixed(1)} GiB`;
}
