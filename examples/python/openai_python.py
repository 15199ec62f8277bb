"""openai-python, unmodified: it reads OPENAI_BASE_URL and OPENAI_API_KEY by itself.

fairlead exec <name> -- python examples/python/openai_python.py
"""

import os

import openai

model = os.environ["OPENAI_MODEL"]
client = openai.OpenAI(max_retries=0)
question = [{"role": "user", "content": "What is a fairlead?"}]

answer = client.chat.completions.create(model=model, max_tokens=20, messages=question)
print("chat:", answer.choices[0].message.content)

stream = client.chat.completions.create(model=model, max_tokens=20, messages=question, stream=True)
print("stream:", sum(1 for chunk in stream if chunk.choices and chunk.choices[0].delta.content), "pieces")

schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
tools = [{"type": "function", "function": {"name": "get_weather", "parameters": schema}}]
weather = [{"role": "user", "content": "What is the weather in Paris?"}]
called = client.chat.completions.create(model=model, messages=weather, tools=tools)
call = called.choices[0].message.tool_calls[0]
print("tools:", call.function.name, call.function.arguments)

embedded = client.embeddings.create(model=model, input=["one", "two"])
print("embeddings:", len(embedded.data), "of", len(embedded.data[0].embedding))

failures = {
    "wrong key": lambda: openai.OpenAI(api_key="wrong", max_retries=0).models.list(),
    "wrong model": lambda: client.chat.completions.create(model="nobody", messages=question),
    "too long": lambda: client.chat.completions.create(model=model, messages=question, max_tokens=10_000_000),
}
for what, attempt in failures.items():
    try:
        attempt()
        print(f"{what}: was taken")
    except openai.APIStatusError as error:
        print(f"{what}:", error.status_code, type(error).__name__)

with client.chat.completions.create(model=model, max_tokens=1000, messages=question, stream=True) as long:
    first = next(chunk for chunk in long if chunk.choices and chunk.choices[0].delta.content)
print("cancel:", first is not None)
