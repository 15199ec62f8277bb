// Writes a whole file on a remote host, or nothing, through a plain shell: sftp may be switched off.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { anySignal, errorText, isCodedError, openTimeLimit } from '@fairlead/kit';
import { StreamLines } from './stream-lines.ts';
import type { ExecChannel, ExecHost } from './open-exec.ts';
import { afterMarker, remoteScript } from './remote-script.ts';
import { sshError } from './ssh-error.ts';
import { uploadError } from './upload-error.ts';
import { uploadScript } from './upload-script.ts';

export type UploadSource = Buffer | { path: string };

export interface UploadOptions {
  /** For example 0o600. */
  mode: number;
  /** Hex. Absent: computed. A file that already has this hash is not sent again. */
  sha256?: string | undefined;
  signal?: AbortSignal | undefined;
  /** For the whole upload. Default 15 min. */
  timeoutMs?: number | undefined;
  /** Counts bytes of the source, not of the wire. */
  onProgress?: ((sentBytes: number, totalBytes: number) => void) | undefined;
}

const uploadTimeoutMs = 15 * 60_000;

export async function uploadFile(
  host: ExecHost,
  { source, remotePath }: { source: UploadSource; remotePath: string },
  options: UploadOptions,
): Promise<void> {
  const totalBytes = Buffer.isBuffer(source) ? source.length : (await stat(source.path)).size;
  const sha256 = options.sha256 ?? (await hashOf(source));
  const script = remoteScript(uploadScript, {
    args: [remotePath, options.mode.toString(8), String(totalBytes), sha256],
  });
  const timeoutMs = options.timeoutMs ?? uploadTimeoutMs;
  using limit = openTimeLimit(host.clock, timeoutMs, () => tooSlow(remotePath, timeoutMs));
  const signal = anySignal(host.ended, limit.signal, options.signal);
  try {
    const exec = await host.exec(script.command, { signal });
    const onAbort = () => exec.stream.destroy();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const said = collectStderr(exec);
      exec.stream.write(script.preamble);
      const isDone = await converse(exec, source, {
        marker: script.marker,
        totalBytes,
        onProgress: options.onProgress,
      });
      if (isDone) return;
      signal.throwIfAborted();
      const { code } = await exec.exited;
      throw uploadError({ label: host.label, remotePath, code, said: afterMarker(said(), script.marker).trim() });
    } finally {
      signal.removeEventListener('abort', onAbort);
      exec.stream.destroy();
    }
  } catch (error) {
    if (host.ended.aborted && !options.signal?.aborted) throw cutOff(remotePath, host.ended.reason);
    throw signal.aborted && !isCodedError(error, 'upload_failed') ? signal.reason : error;
  }
}

interface Sending {
  marker: string;
  totalBytes: number;
  onProgress: UploadOptions['onProgress'];
}

/** False when the remote script gave up; it says why on stderr. */
async function converse(exec: ExecChannel, source: UploadSource, sending: Sending): Promise<boolean> {
  const answers = new StreamLines(exec.stream);
  let answer = await answers.next();
  while (answer !== undefined && answer !== sending.marker) answer = await answers.next();
  answer = await answers.next();
  if (answer === 'same') return true;
  if (answer !== 'gzip' && answer !== 'plain') return false;
  try {
    await send(exec, source, { ...sending, coding: answer });
  } catch (error) {
    // A destroyed channel: the remote script hung up in the middle and has said why. Else the source could not be read.
    if (!exec.stream.destroyed) throw error;
    return false;
  }
  return (await answers.next()) === 'done';
}

async function send(
  exec: ExecChannel,
  source: UploadSource,
  how: Sending & { coding: 'gzip' | 'plain' },
): Promise<void> {
  let sentBytes = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sentBytes += chunk.length;
      how.onProgress?.(sentBytes, how.totalBytes);
      done(null, chunk);
    },
  });
  const input = Buffer.isBuffer(source) ? Readable.from(slicesOf(source)) : createReadStream(source.path);
  // Level 1: a site's network is faster than a better compression.
  if (how.coding === 'gzip') await pipeline(input, count, createGzip({ level: 1 }), exec.stream);
  else await pipeline(input, count, exec.stream);
}

function* slicesOf(bytes: Buffer): Generator<Buffer> {
  const sliceBytes = 256 * 1024;
  for (let start = 0; start < bytes.length; start += sliceBytes) yield bytes.subarray(start, start + sliceBytes);
}

async function hashOf(source: UploadSource): Promise<string> {
  const hash = createHash('sha256');
  if (Buffer.isBuffer(source)) hash.update(source);
  else await pipeline(createReadStream(source.path), hash);
  return hash.digest('hex');
}

function collectStderr({ stderr }: ExecChannel): () => string {
  let text = '';
  stderr.setEncoding('utf8');
  stderr.on('data', (chunk: string) => {
    text = (text + chunk).slice(-8_000);
  });
  return () => text;
}

function tooSlow(remotePath: string, timeoutMs: number) {
  return sshError('timeout', `cannot finish uploading ${remotePath} because it took more than ${timeoutMs} ms`, {
    retryable: true,
  });
}

function cutOff(remotePath: string, cause: unknown) {
  return sshError('connection_lost', `cannot finish uploading ${remotePath}: ${errorText(cause)}`, {
    hint: 'Try again: the upload leaves no part of the file there.',
    retryable: true,
    cause,
  });
}
