"""Asks a running service (vitrine serve) which words made a model decide, and reads a text while it is written.

python3 samples/client.py [address] [token]; the standard library is enough.
"""
import json
import sys
import urllib.error
import urllib.request

ADDRESS = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080"
TOKEN = sys.argv[2] if len(sys.argv) > 2 else None


def ask(path, **request):
    """Posts a request; gives the response, whose body can be read as it comes."""
    headers = {"Content-Type": "application/json"}
    if TOKEN:
        headers["Authorization"] = f"Bearer {TOKEN}"
    data = json.dumps(request).encode()
    try:
        return urllib.request.urlopen(urllib.request.Request(ADDRESS.rstrip("/") + path, data, headers))
    except urllib.error.HTTPError as problem:
        sys.exit(f"{problem.code}: {json.load(problem)['detail']}")  # in the library's words


def events(response):
    """The server-sent events of a response: pairs of name and data."""
    name, data = "", []
    for line in response:
        line = line.decode().rstrip("\n")
        if line.startswith("event: "):
            name = line[len("event: "):]
        elif line.startswith("data: "):
            data.append(line[len("data: "):])
        elif not line:
            yield name, json.loads("\n".join(data))
            data = []


with ask("/v1/explain", text="a gorgeous, witty, seductive movie", methods=["saliency"]) as response:
    why = json.load(response)["result"]
print(f"{why['targets'][0]['label']}, by {why['method']}")
side = why["sides"][0]
for token, score in zip(side["tokens"], side["scores"][0]):
    print(f"{score:8.3f} {token['piece']}")

with ask("/v1/generate", model="stories", text="Clara lived with her", max_new_tokens=8, stream=True) as response:
    for name, data in events(response):
        if name == "token":
            print(data["text"], end="", flush=True)
        elif name == "result":
            print(f"\n{len(data['tokens'])} tokens")
