// A gateway under streams while what it stands on is killed and replaced: runs it, and judges what came of every request.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { type Scope, systemClock, untilOver } from '@fairlead/kit';
import { openWorld, type World } from '@fairlead/testkit';

import { askOnce, type Asked } from './ask-once.ts';
import { judgeAsked, type Outage } from './judge-asked.ts';
import { judgeTokens, type TokenFigures } from './judge-tokens.ts';
import { between, createRandom, pickOne, type Random } from './random.ts';
import { SoakGateway } from './soak-gateway.ts';
import { generatedTokens, SoakInstances, soakModel, soakPresets } from './soak-instances.ts';

export interface SoakOptions {
  minutes: number;
  seed: number;
  streams: number;
  instances: number;
  scope: Scope;
  say: (line: string) => void;
  /** Ends the load early; what came until then is judged. */
  signal: AbortSignal;
}

export interface SoakResult {
  /** Requests by what became of them, as their clients saw it. */
  outcomes: Record<string, number>;
  faults: Record<string, number>;
  tokens: TokenFigures;
  problems: string[];
}

const faultNames = [
  'instance killed',
  'engine killed',
  'instance drained',
  'gateway killed',
  'gateway stopped',
  'gateway replaced',
  'database locked',
] as const;
type FaultName = (typeof faultNames)[number];

/** Between two faults. */
const pauseMs = { from: 2_000, to: 6_000 };
const lockedMs = 3_000;
const maxUnexplained = 10;

export async function runSoak(options: SoakOptions): Promise<SoakResult> {
  const { scope, say, streams } = options;
  const random = createRandom(options.seed);
  const nowMs = () => performance.now();
  let countDir = '';
  const world = scope.use(
    await openWorld({
      config: (config) => {
        countDir = join(config.clusters['here']!.paths.scratch, 'counts');
        return { ...config, presets: soakPresets(countDir) };
      },
    }),
  );
  await mkdir(countDir);
  const gateway = new SoakGateway(world, nowMs);
  const instances = new SoakInstances(world, random);
  say('opening: a bastion, control, and the first instances');
  await setUp(world);
  for (let count = 0; count < options.instances; count += 1) await instances.add();
  const keys = await addMembers(world);
  await gateway.start();
  say(`${streams} streams for ${options.minutes} minutes, seed ${options.seed}`);
  const over = AbortSignal.any([AbortSignal.timeout(options.minutes * 60_000), options.signal]);
  const asked: Asked[] = [];
  const lanes = Array.from({ length: streams }, (_, at) =>
    keepAsking({ gateway, key: keys[at % keys.length]!, random, nowMs, over, asked }),
  );
  const faults = await disturb({ gateway, instances, random, say, over });
  await Promise.all(lanes);
  await gateway.stop();
  await instances.stopAll();
  return judge({ asked, faults, gateway, generated: await generatedTokens(countDir) });
}

async function setUp(world: World): Promise<void> {
  const { code, stderr } = await world.json('init', '--yes');
  if (code !== 0) throw new Error(`init: ${stderr}`);
}

async function addMembers(world: World): Promise<string[]> {
  const keys = [];
  for (const [name, team] of [
    ['ann', 'nlp'],
    ['bob', 'nlp'],
    ['eve', 'vision'],
  ] as const)
    keys.push(String((await world.json('members', 'add', name, '--team', team, '--key')).last['key']));
  return keys;
}

interface Lane {
  gateway: SoakGateway;
  key: string;
  random: Random;
  nowMs: () => number;
  over: AbortSignal;
  asked: Asked[];
}

/** A client that asks again when it has its answer, and waits as it is told where it has none. */
async function keepAsking({ gateway, key, random, nowMs, over, asked }: Lane): Promise<void> {
  while (!over.aborted) {
    const tokens = between(random, 5, 40);
    const stream = random() < 0.8;
    const leaveAfter = stream && random() < 0.05 ? between(random, 1, tokens) : undefined;
    const one = await askOnce({ port: gateway.port, key, model: soakModel }, { tokens, stream, leaveAfter }, nowMs);
    asked.push(one);
    if (one.end === 'whole' || one.end === 'left') continue;
    const waitMs = Math.min(one.retryAfterMs ?? 500, 2_000) * (0.5 + random());
    await pause(waitMs, over);
  }
}

interface Disturbed {
  gateway: SoakGateway;
  instances: SoakInstances;
  random: Random;
  say: (line: string) => void;
  over: AbortSignal;
}

async function disturb({ random, say, over, ...place }: Disturbed): Promise<Record<string, number>> {
  const counts: Record<string, number> = Object.fromEntries(faultNames.map((name) => [name, 0]));
  const begunMs = performance.now();
  // Each kind comes once before any comes again.
  let left: FaultName[] = [];
  for (;;) {
    await pause(between(random, pauseMs.from, pauseMs.to), over);
    if (over.aborted) return counts;
    if (left.length === 0) left = [...faultNames];
    const fault = pickOne(random, left);
    left.splice(left.indexOf(fault), 1);
    const which = await perform(fault, place);
    counts[fault] = (counts[fault] ?? 0) + 1;
    say(`${((performance.now() - begunMs) / 1_000).toFixed(0).padStart(5)} s  ${fault} ${which}`);
  }
}

/** Shorter where the load is over. */
function pause(ms: number, over: AbortSignal): Promise<void> {
  return untilOver(systemClock.sleep(ms, over), over);
}

async function perform(
  fault: FaultName,
  { gateway, instances }: Pick<Disturbed, 'gateway' | 'instances'>,
): Promise<string> {
  switch (fault) {
    case 'instance killed': {
      const name = await instances.kill();
      return `${name}, replaced by ${await instances.add()}`;
    }
    case 'instance drained': {
      const name = await instances.drain();
      return `${name}, replaced by ${await instances.add()}`;
    }
    case 'engine killed':
      return `in ${await instances.killEngine()}`;
    case 'gateway killed':
      await gateway.kill();
      await gateway.start();
      return 'and started again';
    case 'gateway stopped':
      await gateway.stop();
      await gateway.start();
      return 'and started again';
    case 'gateway replaced':
      await gateway.replace();
      return 'by another process';
    case 'database locked':
      await gateway.lockDatabase(systemClock.sleep(lockedMs));
      return `for ${lockedMs / 1_000} s`;
  }
}

function judge(given: {
  asked: readonly Asked[];
  faults: Record<string, number>;
  gateway: SoakGateway;
  generated: number;
}): SoakResult {
  const { asked, faults, gateway, generated } = given;
  const outcomes: Record<string, number> = {};
  const unexplained: Asked[] = [];
  const outages: readonly Outage[] = gateway.outages;
  for (const one of asked) {
    const { outcome, isExplained } = judgeAsked(one, outages);
    const name = isExplained ? outcome : 'unexplained';
    outcomes[name] = (outcomes[name] ?? 0) + 1;
    if (!isExplained) unexplained.push(one);
  }
  const tokens = judgeTokens(asked, gateway.rows(), { generated });
  const problems = [
    ...unexplained.slice(0, maxUnexplained).map((one) => `unexplained: ${JSON.stringify(one)}`),
    ...(unexplained.length > maxUnexplained ? [`and ${unexplained.length - maxUnexplained} more unexplained`] : []),
    ...tokens.problems,
    ...((outcomes['whole'] ?? 0) === 0 ? ['no request had its whole answer'] : []),
  ];
  return { outcomes, faults, tokens, problems };
}
