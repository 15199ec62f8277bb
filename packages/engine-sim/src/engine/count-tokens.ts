// How many tokens a prompt counts for: words and marks, plus what a chat template adds around each message.

const tokensPerMessage = 2;

export function countTokens(text: string): number {
  return text.match(/[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu)?.length ?? 0;
}

export function countChatTokens(contents: readonly string[]): number {
  return contents.reduce((sum, content) => sum + countTokens(content) + tokensPerMessage, 0);
}
