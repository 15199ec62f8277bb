// Starts one command in a session channel that goes through the system's ssh.

import { isCodedError, markHandled, untilAborted } from '@fairlead/kit';

import type { WaitOptions } from '../connection/ssh-link.ts';
import { type CommandExit, type ExecChannel, execRefused } from '../open-exec.ts';
import type { ProxyChannel } from './mux/proxy-channel.ts';
import type { ProxyLink } from './mux/proxy-link.ts';
import { string } from './mux/wire.ts';

export async function openProxyExec(link: ProxyLink, command: string, wait: WaitOptions = {}): Promise<ExecChannel> {
  let channel: ProxyChannel | undefined;
  try {
    channel = await link.open({ type: 'session', closesWhen: 'peer-closes', what: 'start a command', ...wait });
    const exited = exitOf(link, channel);
    const isStarted = await untilAborted(channel.request('exec', string(command)), wait.signal);
    if (!isStarted) throw new Error('the server refuses it');
    const { stderr } = channel;
    channel.once('close', () => stderr.resume());
    const started = channel;
    return { stream: channel, stderr, exited, signal: (name) => started.signal(name) };
  } catch (error) {
    channel?.destroy();
    if (link.ended.aborted) throw link.ended.reason;
    throw wait.signal?.aborted || isCodedError(error) ? error : execRefused(link.label, error);
  }
}

function exitOf(link: ProxyLink, channel: ProxyChannel): Promise<CommandExit> {
  const { promise, resolve, reject } = Promise.withResolvers<CommandExit>();
  // A caller that uses only the streams does not await the promise.
  markHandled(promise);
  channel.onRequest = (name, reader) => {
    if (name === 'exit-status') resolve({ code: reader.u32(), signal: undefined });
    if (name === 'exit-signal') resolve({ code: null, signal: `SIG${reader.text()}` });
  };
  const settle = () => {
    if (link.ended.aborted) reject(link.ended.reason);
    else resolve({ code: null, signal: undefined });
  };
  channel.peerClosed.then(settle, settle);
  link.ended.addEventListener('abort', settle, { once: true });
  return promise;
}
