"""LiteLLM's SDK, unmodified; `openai/` names the kind of server.

fairlead exec <name> -- python examples/python/litellm_sdk.py
"""

import os

import litellm
import openai

litellm.suppress_debug_info = True
model = "openai/" + os.environ["OPENAI_MODEL"]
place = {"api_base": os.environ["OPENAI_BASE_URL"], "api_key": os.environ["OPENAI_API_KEY"], "max_retries": 0}
question = [{"role": "user", "content": "What is a fairlead?"}]

answer = litellm.completion(model=model, messages=question, max_tokens=20, **place)
print("chat:", answer.choices[0].message.content)

stream = litellm.completion(model=model, messages=question, max_tokens=20, stream=True, **place)
print("stream:", sum(1 for chunk in stream if chunk.choices[0].delta.content), "pieces")

schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
tools = [{"type": "function", "function": {"name": "get_weather", "parameters": schema}}]
weather = [{"role": "user", "content": "What is the weather in Paris?"}]
call = litellm.completion(model=model, messages=weather, tools=tools, **place).choices[0].message.tool_calls[0]
print("tools:", call.function.name, call.function.arguments)

embedded = litellm.embedding(model=model, input=["one", "two"], **place)
print("embeddings:", len(embedded.data), "of", len(embedded.data[0]["embedding"]))

failures = {
    "wrong key": {"model": model, **place, "api_key": "wrong"},
    "wrong model": {"model": "openai/nobody", **place},
    "too long": {"model": model, "max_tokens": 10_000_000, **place},
}
for what, options in failures.items():
    try:
        litellm.completion(messages=question, **options)
        print(f"{what}: was taken")
    except openai.APIStatusError as error:
        # LiteLLM's errors are subclasses of openai-python's.
        print(f"{what}:", error.status_code, type(error).__name__)

stream = litellm.completion(model=model, messages=question, max_tokens=1000, stream=True, **place)
first = next(chunk for chunk in stream if chunk.choices[0].delta.content)
del stream
print("cancel:", first is not None)
