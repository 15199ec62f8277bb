#!/bin/sh
# The `llm` command (https://llm.datasette.io), unmodified: one file describes the model; the key is in OPENAI_API_KEY.
#   fairlead exec <name> -- sh examples/python/llm_command.sh
set -eu

LLM_USER_PATH=$(mktemp -d)
export LLM_USER_PATH
trap 'rm -rf "$LLM_USER_PATH"' EXIT

cat >"$LLM_USER_PATH/extra-openai-models.yaml" <<YAML
- model_id: fairlead
  model_name: $OPENAI_MODEL
  api_base: $OPENAI_BASE_URL
  api_key_name: openai
  supports_tools: true
- model_id: nobody
  model_name: nobody
  api_base: $OPENAI_BASE_URL
  api_key_name: openai
YAML

question='What is a fairlead?'
echo "chat: $(llm -m fairlead --no-stream -o max_tokens 20 "$question")"
echo "stream: $(llm -m fairlead -o max_tokens 20 "$question" | wc -w | tr -d ' ') words"
echo "tools: $(llm -m fairlead --td -T llm_version 'Which llm version is this?' 2>&1 | grep -o 'llm_version' | head -n 1)"
echo "wrong key: $(llm -m fairlead --key wrong "$question" 2>&1 | grep -oE '401|[Aa]uth[a-z]*|key' | head -n 1)"
echo "wrong model: $(llm -m nobody "$question" 2>&1 | grep -oE '404' | head -n 1)"
echo "too long: $(llm -m fairlead -o max_tokens 10000000 "$question" 2>&1 | grep -oE '400' | head -n 1)"
