#!/bin/sh
# Only curl.
#   fairlead exec <name> -- sh examples/curl.sh
set -eu

ask() { # ask <key> <path> <body>: the answer, and its status as the last line
  curl -sS -w '\n%{http_code}\n' "$OPENAI_BASE_URL$2" -H "Authorization: Bearer $1" -H 'Content-Type: application/json' -d "$3"
}
status() { ask "$@" | tail -n 1; }
message='[{"role": "user", "content": "What is a fairlead?"}]'

echo "chat: $(ask "$OPENAI_API_KEY" /chat/completions "{\"model\": \"$OPENAI_MODEL\", \"max_tokens\": 20, \"messages\": $message}" | head -n 1 | cut -c 1-120)"
echo "stream: $(ask "$OPENAI_API_KEY" /chat/completions "{\"model\": \"$OPENAI_MODEL\", \"max_tokens\": 20, \"stream\": true, \"messages\": $message}" | grep -c '^data: {') pieces"
tools='[{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}]'
weather='[{"role": "user", "content": "What is the weather in Paris?"}]'
echo "tools: $(ask "$OPENAI_API_KEY" /chat/completions "{\"model\": \"$OPENAI_MODEL\", \"tools\": $tools, \"messages\": $weather}" | grep -o 'get_weather' | head -n 1)"
echo "embeddings: $(ask "$OPENAI_API_KEY" /embeddings "{\"model\": \"$OPENAI_MODEL\", \"input\": [\"one\", \"two\"]}" | grep -o '"object": *"embedding"' | wc -l | tr -d ' ')"
echo "wrong key: $(status wrong /chat/completions "{\"model\": \"$OPENAI_MODEL\", \"messages\": $message}")"
echo "wrong model: $(status "$OPENAI_API_KEY" /chat/completions "{\"model\": \"nobody\", \"messages\": $message}")"
echo "too long: $(status "$OPENAI_API_KEY" /chat/completions "{\"model\": \"$OPENAI_MODEL\", \"max_tokens\": 10000000, \"messages\": $message}")"
# head exits after three lines; curl notices that and closes, and the engine stops computing.
echo "cancel: $(ask "$OPENAI_API_KEY" /chat/completions "{\"model\": \"$OPENAI_MODEL\", \"max_tokens\": 1000, \"stream\": true, \"messages\": $message}" 2>/dev/null | head -n 3 | grep -c '^data: {')"
