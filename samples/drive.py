#!/usr/bin/env python3
"""Explains texts from Python with nothing but the command and the standard library: rows go in as JSON lines, explanations come out.

    python3 samples/drive.py "a gorgeous, witty movie" "an overlong and dull story"

VITRINE names the command; by default it is the one on the PATH.
"""
import json
import os
import shlex
import subprocess
import sys


def explain(texts, *options):
    """The explanations of texts, in their order: dictionaries with the schema of docs/JSON.md."""
    command = shlex.split(os.environ.get("VITRINE", "vitrine"))
    run = subprocess.run([*command, "explain", "--input", "-", "--output", "-", *options], text=True, encoding="utf-8", check=True,
                         input="".join(json.dumps({"id": i, "text": text}) + "\n" for i, text in enumerate(texts)), stdout=subprocess.PIPE)
    return [json.loads(line) for line in run.stdout.splitlines()]


if __name__ == "__main__":
    for row in explain(sys.argv[1:] or ["a gorgeous, witty, seductive movie", "an overlong and dull story"]):
        result = row["results"][0]["result"]
        target, side = result["targets"][0], result["sides"][0]
        print(target["label"])
        for token, score in zip(side["tokens"], side["scores"][0]):
            print(f"  {token['piece']:<12} {score:+.3f}")
