// Splits a text into tokens (words and marks) and counts those of a prompt: the chat template adds two to each message.

const tokensPerMessage = 2;

export function countTokens(text: string): number {
  return text.match(/[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu)?.length ?? 0;
}

export function countChatTokens(contents: readonly string[]): number {
  return contents.reduce((sum, content) => sum + countTokens(content) + tokensPerMessage, 0);
}

/** The tokens, each with the white space before it; joined, they are the text again. */
export function splitTokens(text: string): string[] {
  return text.match(/\s*(?:[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_])|\s+$/gu) ?? [];
}
