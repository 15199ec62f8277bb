// Times one deployment from the command to its first token, as a user does it: deploy, connect, ask. Then stops it.

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { readProcesses, startedAtMs } from '../harness/processes.ts';
import type { StartPlace } from './place.ts';
import { stepsOfEvents, type TimedEvent, type Timeline } from './timeline.ts';

interface Line {
  atMs: number;
  text: string;
}

/** `name` must be new each time. */
export async function timeStart(place: StartPlace, name: string): Promise<Timeline> {
  const beganMs = Date.now();
  const deployed = await linesOf(place.fairlead('deploy', 'demo', '--engine', 'sim', '--name', name, '--json'));
  const ready = lineWith(deployed, 'deployment.ready');
  const { instance } = JSON.parse(ready.text);
  const jobStartedMs = await jobStart(instance);
  const connecting = place.fairlead('connect', name, '--json');
  const connected = await firstLine(connecting, '"connected"');
  const token = await firstLine(place.command('curl', ...tokenRequest(JSON.parse(connected.text))), '"content":"');
  const told = await linesOf(place.fairlead('events', name, '--json'));
  await linesOf(place.fairlead('stop', name, '--json'));
  if (connecting.exitCode === null && connecting.signalCode === null) await once(connecting, 'close');
  const at = (line: Line | undefined) => (line ? line.atMs - beganMs : undefined);
  const uploaded = at(deployed.find(({ text }) => text.includes('"agent.uploaded"')));
  return {
    validate: at(lineWith(deployed, 'deployment.planned')) ?? Number.NaN,
    ...(uploaded === undefined ? {} : { upload: uploaded }),
    submit: at(lineWith(deployed, 'deployment.submitted')) ?? Number.NaN,
    'job started': jobStartedMs - beganMs,
    ...stepsOfEvents(told.flatMap(eventOf), beganMs),
    resolved: ready.atMs - beganMs,
    'second hop': connected.atMs - beganMs,
    'first token': token.atMs - beganMs,
  };
}

/** The job's script replaces itself by the agent (exec), so the process has the start time of the job. */
async function jobStart(instance: string): Promise<number> {
  const agent = (await readProcesses()).find(({ argv }) => argv.includes('agent.mjs') && argv.includes(instance));
  if (!agent) throw new Error(`cannot find the agent of ${instance}`);
  return startedAtMs(agent);
}

function tokenRequest(connected: { baseUrl: string; apiKey: string; servedModel: string }): string[] {
  const { baseUrl, apiKey, servedModel } = connected;
  const body = { model: servedModel, stream: true, max_tokens: 1, messages: [{ role: 'user', content: 'x' }] };
  const head = ['-H', `authorization: Bearer ${apiKey}`, '-H', 'content-type: application/json'];
  return ['-sN', `${baseUrl}/chat/completions`, ...head, '-d', JSON.stringify(body)];
}

function eventOf({ text }: Line): TimedEvent[] {
  const line = JSON.parse(text) as { event: string; kind?: string; atMs?: number };
  return line.event === 'event' && line.kind !== undefined && line.atMs !== undefined
    ? [{ kind: line.kind, atMs: line.atMs }]
    : [];
}

function lineWith(lines: readonly Line[], word: string): Line {
  const found = lines.find(({ text }) => text.includes(`"${word}"`));
  if (!found) throw new Error(`it never said ${word}: ${lines.map(({ text }) => text).join(' ')}`);
  return found;
}

/** Resolves with all lines when the command has ended with 0. */
async function linesOf(child: ChildProcess): Promise<Line[]> {
  const lines: Line[] = [];
  read(child, (line) => lines.push(line));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`it ended with ${code}: ${lines.map(({ text }) => text).join(' ')}`);
  return lines;
}

/** Resolves with the first line that contains this word; the command keeps running. */
async function firstLine(child: ChildProcess, word: string): Promise<Line> {
  const { promise, resolve, reject } = Promise.withResolvers<Line>();
  read(child, (line) => line.text.includes(word) && resolve(line));
  child.once('close', (code) => reject(new Error(`it ended with ${code} and never said ${word}`)));
  return promise;
}

function read(child: ChildProcess, take: (line: Line) => void): void {
  if (!child.stdout) throw new Error('the command has no output');
  createInterface({ input: child.stdout }).on('line', (text) => take({ atMs: Date.now(), text }));
}
