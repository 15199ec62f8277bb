import { describe, expect, it } from 'vitest';

import { markHandled } from './mark-handled.ts';

describe('A promise that is marked as handled', () => {
  it('does not end the process when it rejects, and still rejects for its reader', async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', onUnhandled);
    try {
      const failing = Promise.reject(new Error('gone'));
      markHandled(failing);
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).toEqual([]);
      await expect(failing).rejects.toThrow('gone');
    } finally {
      process.off('unhandledRejection', onUnhandled);
    }
  });
});
