import { describe, expect, it } from 'vitest';

import { refuseWindows, runSsh } from './run-ssh.ts';

describe('runSsh', () => {
  it('reports a machine without ssh', async () => {
    await expect(runSsh(['-V'], { PATH: '/nonexistent' })).rejects.toMatchObject({
      code: 'ssh_unusable',
      message: expect.stringContaining('none on the PATH') as string,
      hint: expect.stringContaining('driver: ssh') as string,
    });
  });

  it('is refused on Windows, whose ssh shares no connections', () => {
    expect(() => refuseWindows('win32')).toThrow(expect.objectContaining({ code: 'ssh_unusable' }));
    expect(() => refuseWindows('darwin')).not.toThrow();
  });
});
