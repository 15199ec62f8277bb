// `fairlead logs <name>`: shows a log as fast as its reader takes it.

import { type LogNode, type LogRequest, readLog } from '@fairlead/launch';
import { defined } from '@fairlead/kit';
import type { LogSource } from '@fairlead/protocol';

import type { Context } from '../context.ts';
import { launchDepsOf } from '../launch/launch-deps.ts';
import { renderEvent } from '../launch/render-event.ts';

export async function runLogs(args: LogRequest, context: Context): Promise<void> {
  const { name, source } = args;
  const { output, signal } = context;
  const { show } = showLines(source, context);
  using _ = args.follow ? context.watchReader() : undefined;
  try {
    for await (const event of readLog(await launchDepsOf(context), args, signal)) {
      if (event.type === 'log.lines') await show(event.lines, event.node);
      else renderEvent(event, output);
    }
    output.result({ event: 'logs.ended', ok: true, name, source }, '');
  } catch (error) {
    if (!signal.aborted) throw error;
    output.result({ event: 'logs.ended', ok: false, name, source, reason: 'interrupted' }, '');
  }
}

/** Shows lines as fast as they are read. */
export function showLines(source: LogSource, { output, signal }: Pick<Context, 'output' | 'signal'>) {
  const show = async (lines: readonly string[], node?: LogNode) => {
    const { rank, host } = node ?? {};
    for (const line of lines) {
      if (output.json) output.event('log', { source, line, ...defined({ node: rank, host }) });
      else output.logLine(host === undefined ? line : `${host} (rank ${rank}): ${line}`);
      await output.drained(signal);
    }
  };
  return { show };
}
