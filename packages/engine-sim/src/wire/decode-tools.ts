// Decodes `tools` and `tool_choice` of a chat request into tools and choice, or into vLLM's refusal.

import type { Tool, ToolChoice } from '../answer/pick-tool-calls.ts';
import { type ApiError, badRequest } from './api-error.ts';
import { type Fields, isRecord, list, record, text } from './fields.ts';

export function decodeChatTools(fields: Fields, autoTools: boolean): { tools: Tool[]; choice: ToolChoice } {
  const tools = list(fields.tools).map((tool) => functionOf(record(record(tool).function)));
  return { tools, choice: decodeChoice(fields.tool_choice, autoTools) };
}

/** `name` and `parameters`: a chat tool's `function`, and a whole tool of Responses. */
export function functionOf(fields: Fields): Tool {
  return { name: text(fields.name) ?? '', parameters: fields.parameters };
}

function decodeChoice(choice: unknown, autoTools: boolean): ToolChoice {
  if (choice === 'none') return { kind: 'none' };
  if (choice === 'required') return { kind: 'required' };
  if (isRecord(choice)) {
    const name = text(record(choice.function).name) ?? text(choice.name) ?? '';
    return { kind: 'named', name };
  }
  // Without a parser the model's call remains text.
  return { kind: autoTools ? 'auto' : 'none' };
}

export function decodeToolChoice(choice: unknown, autoTools: boolean): ToolChoice {
  return decodeChoice(choice, autoTools);
}

const usage = 'Correct usage: `{"type": "function", "function": {"name": "my_function"}}`';

export function checkTools(fields: Fields): ApiError | undefined {
  const { tools, tool_choice: choice } = fields;
  if (Array.isArray(tools) && tools.length === 0) {
    const message = '`tools` must not be an empty array. Either provide at least one tool or omit the field entirely.';
    return badRequest(message, { name: 'tools' });
  }
  if (choice === undefined || choice === null || choice === 'none') return undefined;
  if (!Array.isArray(tools)) return wrongChoice('When using `tool_choice`, `tools` must be set.');
  if (choice === 'auto' || choice === 'required') return undefined;
  if (!isRecord(choice)) {
    const value = typeof choice === 'string' ? choice : JSON.stringify(choice);
    const allowed = 'Only named tools, "none", "auto" or "required" are supported.';
    return wrongChoice(`Invalid value for \`tool_choice\`: ${value}! ${allowed}`);
  }
  return checkNamed(choice, tools);
}

function checkNamed(choice: Fields, tools: readonly unknown[]): ApiError | undefined {
  const { function: called } = choice;
  if (!isRecord(called)) {
    const value = called === undefined || called === null ? 'None' : JSON.stringify(called);
    const message = `Invalid value for \`function\`: \`${value}\` in \`tool_choice\`! ${usage}`;
    return badRequest(message, { name: 'tool_choice.function' });
  }
  if (called.name === undefined) {
    const message = `Expected field \`name\` in \`function\` in \`tool_choice\`! ${usage}`;
    return badRequest(message, { name: 'tool_choice.function.name' });
  }
  if (tools.some((tool) => record(record(tool).function).name === called.name)) return undefined;
  return wrongChoice('The tool specified in `tool_choice` does not match any of the specified `tools`');
}

function wrongChoice(message: string): ApiError {
  return badRequest(message, { name: 'tool_choice' });
}
