// The names in pages exist: commands and their flags, settings, error codes, checks, JSON lines, paths of the repository.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { configSchema, createProgram } from '@fairlead/cli';
import { jsonLines, lanesFor, laptopChecks } from '@fairlead/cli/testing';
import { chapters } from '@fairlead/scripts/error-book';
import { codeOf } from '@fairlead/testkit';
import { others, ourText, pageText, root, written } from './pages.ts';

const named = [...written, ...others].flatMap((page) => codeOf(ourText(page)).map((code) => ({ page, code })));
const inLine = named.filter(({ code, page }) => !code.includes('\n') && page !== 'docs/state-machines.md');

const program = createProgram('', async () => undefined);
const globalFlags = program.options.flatMap(({ short, long }) => [short, long]);
const loadCommands = new Map(
  program.commands.map((command) => [
    command.name(),
    [
      ...globalFlags,
      '-h',
      '--help',
      ...withSubcommands(command).flatMap(({ options }) => options.flatMap(({ short, long }) => [short, long])),
    ],
  ]),
);

type ProgramCommand = ReturnType<typeof createProgram>['commands'][number];

function withSubcommands(command: ProgramCommand): readonly ProgramCommand[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

const aboutItself = [...globalFlags, '-h', '--help'];

/** What is wrong with one command line. */
function faultOf(line: string): string | undefined {
  const [, name = '', rest = ''] = /^fairlead ([a-z-]+)(.*)$/.exec(line) ?? [];
  const flags = loadCommands.get(name);
  if (name.startsWith('-')) return aboutItself.includes(name) ? undefined : `there is no flag ${name}`;
  if (!flags) return name === 'help' ? undefined : `there is no command ${name}`;
  const own = rest.split(' -- ')[0] ?? '';
  const given = [...own.replaceAll(/'[^']*'|"[^"]*"/g, '').matchAll(/(?<=\s)--?[a-z][a-z-]*/g)].map(([flag]) => flag);
  const unknown = given.filter((flag) => !flags.includes(flag));
  return unknown.length > 0 ? `${name} has no ${unknown.join(', ')}` : undefined;
}

const checks = [...laptopChecks, ...lanesFor({ isLocal: false, hasRoutes: true, waitSeconds: 0 }).flat(2)].map(
  ({ id }) => id,
);
const documentedCodes = new Set(chapters.flatMap(({ entries }) => Object.keys(entries)));

interface Schema {
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  anyOf?: Schema[];
}

function hasSetting(schema: Schema | undefined, [key, ...rest]: readonly string[]): boolean {
  if (schema === undefined || key === undefined) return schema !== undefined;
  const { additionalProperties: any, anyOf, properties = {} } = schema;
  // One mapping, or a list of mappings.
  if (anyOf) return anyOf.some((option) => hasSetting(option, [key, ...rest]));
  // `engines.<engine>` stands for any engine.
  const own = key.startsWith('<') ? Object.values(properties)[0] : properties[key];
  return hasSetting(own ?? (typeof any === 'object' ? any : undefined), rest);
}

const top = configSchema() as Schema;
const cluster = top.properties?.['clusters']?.additionalProperties as Schema;
const setting = /^((?:bastion|clusters|slurm|gpu|paths|engines|health|nccl|presets)\.[\w.<>-]+)(?::.*|=.*)?$/;

describe('The pages name', () => {
  it('existing commands, with existing flags', () => {
    const lines = named.flatMap(({ page, code }) =>
      [...code.matchAll(/(?<![\w/.@-])fairlead [a-z-]+[^\n|;&)]*/g)].map(([line]) => ({ page, line })),
    );
    expect(lines.length).toBeGreaterThan(150);
    const faults = lines.map(({ page, line }) => ({ page, line, fault: faultOf(line) }));
    expect(faults.filter(({ fault }) => fault !== undefined)).toEqual([]);
  });

  it('existing settings, checks and JSON lines', () => {
    const settings = inLine.flatMap(({ page, code }) => {
      const path = setting.exec(code)?.[1];
      return path === undefined ? [] : [{ page, path }];
    });
    expect(settings.length).toBeGreaterThan(60);
    const unknown = settings.filter(({ path }) => {
      const keys = path.split('.');
      return (
        !checks.includes(path) &&
        !Object.hasOwn(jsonLines, path) &&
        !hasSetting(top, keys) &&
        !hasSetting(cluster, keys)
      );
    });
    expect(unknown).toEqual([]);
  });

  it('all checks of doctor in the troubleshooting page', () => {
    const page = pageText('docs/troubleshooting.md');
    expect(checks.filter((id) => !page.includes(`\`${id}\``))).toEqual([]);
  });

  it('existing error codes', () => {
    const codes = inLine.filter(
      ({ page, code }) => page !== 'docs/failure-modes.md' && /^[a-z]+(?:_[a-z]+)+$/.test(code),
    );
    // apps/node-agent/src/metrics/dashboard.test.ts compares metrics.
    const isMetric = (code: string) => code.startsWith('fairlead_');
    const unknown = codes.filter(({ code }) => !documentedCodes.has(code) && !foreign.has(code) && !isMetric(code));
    expect(unknown).toEqual([]);
  });

  it('existing files of the repository', () => {
    const paths = inLine.flatMap(({ page, code }) =>
      /^(apps|packages|infra|tests|scripts|docs|examples|bench)\/[\w./-]+$/.test(code) ? [{ page, code }] : [],
    );
    expect(paths.length).toBeGreaterThan(15);
    expect(paths.filter(({ code }) => !existsSync(join(root, code)))).toEqual([]);
  });
});

/** Words that look like our codes and are not. */
const foreign = new Set([
  'max_switch_wait',
  'authorized_keys',
  'known_hosts',
  'ssh_config',
  'sshd_config',
  'trust_remote_code',
  'max_tokens',
  'max_model_len',
  'oom_kill',
  'top_k',
  'response_format',
  'cli_filter',
]);
