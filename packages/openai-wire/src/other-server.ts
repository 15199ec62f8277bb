// Paths of Ollama and llama.cpp. A client that asks for one of them is set to the wrong kind of server.

const otherServer =
  /^\/(?:api\/(?:tags|chat|generate|version|show|pull|push|ps|create|copy|delete|embed|embeddings)|props|slots)\/?$/;

/** The message for such a client; undefined for every other path. `server` is the origin as the client knows it. */
export function otherServerHint(path: string, server: string): string | undefined {
  if (!otherServer.test(path)) return undefined;
  return `${path} is a path of Ollama or llama.cpp, and this is an OpenAI-compatible server. In Open WebUI remove this address from "Ollama API" and add ${server}/v1 with the key under "OpenAI API" (Admin Settings, Connections); in other clients choose "OpenAI compatible" with the base URL ${server}/v1.`;
}
