// What packages/launch is given of a command's context, and where the events of its parts go.

import type { LaunchEvent, Run, StopEvent } from '@fairlead/launch';

import type { Context } from '../context.ts';
import { machineOf } from './machine-of.ts';
import { renderEvent } from './render-event.ts';

/** For work that a command does itself: its events are rendered at once. */
export function launchRun(context: Context): Run<LaunchEvent | StopEvent> {
  const { output, signal } = context;
  return { ...machineOf(context), signal, tell: (event) => renderEvent(event, output) };
}
