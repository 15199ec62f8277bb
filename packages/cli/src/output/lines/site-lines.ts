// Lines of the commands that look at a site and look after it: init, doctor, upgrade and uninstall.

import { sshRoute } from '@fairlead/protocol';
import { z } from 'zod';

import { line, minutes, ok, optionalText, text, texts } from './line.ts';

const partition = z.object({
  name: text,
  isDefault: z.boolean(),
  isUp: z.boolean(),
  maxMinutes: minutes.optional(),
  defaultMinutes: minutes.optional(),
  nodes: z.number(),
  usableNodes: z.number(),
  gpus: z.array(z.object({ type: optionalText, perNode: z.number() })),
  maxCpus: z.number(),
  maxMemoryMb: z.number(),
  features: texts,
});

const association = z.object({
  account: text,
  partition: optionalText,
  qos: texts,
  defaultQos: optionalText,
  isDefault: z.literal(true).optional(),
});

const installedEngine = z.object({ name: text, program: optionalText, elsewhere: texts, modules: texts });

const initLines = {
  'site.found': line('What the login host says of the site.', {
    clusterName: optionalText,
    version: optionalText,
    partitions: z.array(partition),
    associations: z.array(association).optional(),
    scratch: optionalText,
    hfHome: optionalText,
    node: optionalText,
    engines: z.array(installedEngine),
  }),
  'site.unknown': line('The login host could not be asked.', { reason: text }),
  'cluster.reached': line('The login host of a cluster answers.', { cluster: text, host: text, node: optionalText }),
  'routes.found': line('More routes to the bastion than the configuration names.', {
    fromLaptop: z.array(sshRoute),
    fromCluster: z.array(z.object({ host: optionalText, port: z.number().optional() })),
  }),
  'config.written': line('The configuration file is as it should be; `changed`: it was written.', {
    path: text,
    changed: z.boolean(),
  }),
  initialised: line('The result.', {
    ok,
    config: text,
    changed: z.boolean(),
    profile: text,
    bastion: z.object({ host: text, stateDir: text, runDir: text, hostKey: text }),
  }),
};

const status = z.enum(['ok', 'warn', 'fail', 'skipped']);

const routeReport = z.object({
  name: text,
  addresses: texts.optional(),
  banner: optionalText,
  hostKey: optionalText,
  loggedIn: z.boolean().optional(),
  mayForward: z.boolean().optional(),
  taken: z.boolean(),
  failure: z.object({ code: text, message: text, hint: optionalText }).optional(),
});

const doctorLines = {
  check: line('One check. `lacks`: the check without which this one was skipped.', {
    id: text,
    title: text,
    status,
    tried: text,
    found: text,
    todo: optionalText,
    lacks: optionalText,
    routes: z.array(routeReport).optional(),
  }),
  'doctor.done': line('The result. `failed` has ids of checks.', {
    ok,
    counts: z.record(status, z.number()),
    failed: texts,
  }),
};

const upgradeLines = {
  'upgrade.planned': line('The result of `--dry-run`.', {
    ok,
    control: z.object({ version: text, before: optionalText, replaced: z.boolean() }),
    clusters: texts,
    keepTheirAgent: texts,
  }),
  upgraded: line('The result. `keepTheirAgent`: deployments whose job goes on with the agent that it has.', {
    ok,
    control: z.object({ version: text, before: optionalText, replaced: z.boolean() }),
    agents: z.array(z.object({ cluster: text, uploaded: texts })),
    keepTheirAgent: texts,
  }),
};

const places = z.array(z.object({ host: text, path: text, why: optionalText }));
const swept = { removed: places, left: places, stopped: texts };

const uninstallLines = {
  'uninstall.planned': line('The result of `--dry-run`.', { ok, ...swept }),
  uninstalled: line('The result.', { ok, ...swept }),
  'uninstall.incomplete': line('Something could not be removed; `error` follows.', swept),
};

export const siteLines = { ...initLines, ...doctorLines, ...upgradeLines, ...uninstallLines };
