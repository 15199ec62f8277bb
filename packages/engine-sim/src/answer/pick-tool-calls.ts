// Decides which tools the simulated model calls in a conversation, and with which arguments. Pure, and the same for the same input.

import { hashText } from '../engine/random.ts';
import { jsonText, sampleJson } from './sample-json.ts';
import { freeText, type Script, type ToolCall } from './script.ts';

export interface Tool {
  name: string;
  /** JSON schema of the arguments. */
  parameters: unknown;
}

export type ToolChoice = { kind: 'none' } | { kind: 'auto' } | { kind: 'required' } | { kind: 'named'; name: string };

export interface ToolSituation {
  tools: readonly Tool[];
  choice: ToolChoice;
  /** The text of the user's last message. */
  asked: string;
  /** Whether the conversation ends with a tool's result. Then `auto` answers in words. */
  answered: boolean;
  parallel: boolean;
}

/**
 * `auto` calls a tool if the user's words contain its whole name, or a word of its name with four letters or more. It calls
 * several tools only if the words contain the whole names of several.
 */
export function pickToolCalls(situation: ToolSituation): Script {
  const { tools, choice, asked } = situation;
  if (choice.kind === 'none' || tools.length === 0) return freeText;
  const picked = choice.kind === 'named' ? tools.filter((tool) => tool.name === choice.name) : pickTools(situation);
  if (picked.length === 0) return freeText;
  return { kind: 'calls', calls: picked.map((tool) => callOf(tool, asked)), by: choice.kind };
}

function pickTools({ tools, choice, asked, answered, parallel }: ToolSituation): Tool[] {
  if (choice.kind === 'auto' && answered) return [];
  const words = new Set(asked.toLowerCase().match(/[\p{L}\p{N}_-]+/gu));
  const whole = tools.filter(({ name }) => words.has(name.toLowerCase()));
  if (whole.length > 0) return parallel ? whole : whole.slice(0, 1);
  const partly = tools.filter(({ name }) => wordsOf(name).some((word) => words.has(word)));
  const fallback = choice.kind === 'required' ? tools : [];
  return (partly.length > 0 ? partly : fallback).slice(0, 1);
}

/** `get_weather`, `getWeather` → `weather`. */
function wordsOf(name: string): string[] {
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u);
  return words.filter((word) => word.length >= 4);
}

function callOf({ name, parameters }: Tool, asked: string): ToolCall {
  const seed = hashText(name, hashText(asked));
  const value = sampleJson(parameters ?? { type: 'object' }, { seed, hints: namesIn(asked) });
  return { name, arguments: jsonText(typeof value === 'object' && value !== null ? value : {}) };
}

/** Likely names in the user's words: capitalised, but not the first word of a sentence; or in quotes. */
function namesIn(asked: string): string[] {
  return [...asked.matchAll(/"([^"]+)"|(?<![.!?]\s+)(?<=\s)(\p{Lu}[\p{L}\p{N}-]+)/gu)].map(
    ([, quoted, capitalised]) => quoted ?? capitalised ?? '',
  );
}
