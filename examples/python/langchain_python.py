"""LangChain for Python, unmodified.

fairlead exec <name> -- python examples/python/langchain_python.py
"""

import os

import openai
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

model = os.environ["OPENAI_MODEL"]
chat = ChatOpenAI(model=model, max_tokens=20, max_retries=0)
question = "What is a fairlead?"

print("chat:", chat.invoke(question).content)
print("stream:", sum(1 for chunk in chat.stream(question) if chunk.content), "pieces")


@tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"It rains in {city}."


planned = ChatOpenAI(model=model, max_retries=0).bind_tools([get_weather]).invoke("What is the weather in Paris?")
for call in planned.tool_calls:
    print("tools:", call["name"], call["args"])

# By default LangChain sends tiktoken's token ids, which belong to another model: send the text itself.
embeddings = OpenAIEmbeddings(model=model, check_embedding_ctx_length=False)
vectors = embeddings.embed_documents(["one", "two"])
print("embeddings:", len(vectors), "of", len(vectors[0]))

failures = {
    "wrong key": ChatOpenAI(model=model, api_key="wrong", max_retries=0),
    "wrong model": ChatOpenAI(model="nobody", max_retries=0),
    "too long": ChatOpenAI(model=model, max_tokens=10_000_000, max_retries=0),
}
for what, failing in failures.items():
    try:
        failing.invoke(question)
        print(f"{what}: was taken")
    except openai.APIStatusError as error:
        print(f"{what}:", error.status_code)

stream = ChatOpenAI(model=model, max_tokens=1000).stream(question)
first = next(chunk for chunk in stream if chunk.content)
stream.close()
print("cancel:", first is not None)
