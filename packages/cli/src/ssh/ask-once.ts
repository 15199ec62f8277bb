// A key's passphrase is asked for once in a command, however many connections the command makes with it.

type Ask = (question: string) => Promise<string | undefined>;

/** Puts each question to the person once. A caller that asks it again, also before the answer has come, gets the same answer. */
export function askOnce(ask: Ask): Ask {
  const answers = new Map<string, Promise<string | undefined>>();
  return (question) => {
    const answer = answers.get(question) ?? ask(question);
    answers.set(question, answer);
    return answer;
  };
}
