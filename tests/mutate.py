#!/usr/bin/env python3
"""Do the tests see a wrong line? Makes random one-operator mutants, one at a time, runs the tests that concern the file, and lists the survivors.

    tests/mutate.py --count 20 --seed 1                      # over all areas
    tests/mutate.py --count 20 Core.Autograd Training/Lora   # over some folders or files

A mutant is killed when a test fails, or when it runs over its time; one that does not compile is not counted. The working tree must be clean: the file is
put back after every mutant, also when the script is interrupted.
"""
import argparse
import pathlib
import random
import re
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
AREAS = ["Core.Tensor", "Core.Autograd", "Models.Transformer", "Attribution", "Training"]

# What is changed into what; the first group is the operator.
OPERATORS = [
    (r" (\+) ", "-"), (r" (-) ", "+"), (r" (\*) ", "/"), (r" (/) ", "*"), (r" (<) ", "<="), (r" (<=) ", "<"), (r" (>) ", ">="), (r" (>=) ", ">"),
    (r" (==) ", "!="), (r" (!=) ", "=="), (r" (&&) ", "||"), (r" (\|\|) ", "&&"), (r" (\+=) ", "-="), (r" (-=) ", "+="),
    (r"\b(true)\b", "false"), (r"\b(false)\b", "true"), (r"Math(?:F)?\.(Min)\(", "Max"), (r"Math(?:F)?\.(Max)\(", "Min"),
    (r"[ (\[](0)[;,)\]]", "1"), (r"[ (\[](1)[;,)\]]", "0"), (r"\.(Any)\(", "All"), (r"\.(All)\(", "Any"), (r"\.(First)\(", "Last"), (r"(!)[A-Za-z_(]", ""),
]

# Tests next to those whose name holds the file's: what runs through everything in an area.
ALWAYS = {
    "Core.Tensor": ["*OpContract*", "*GoldenOps*", "*TensorOps*"],
    "Core.Autograd": ["*TapeTests*", "*GradientCheck*", "*StepOfEveryLength*", "*TrainerTests*"],
    "Models.Transformer": ["*.GoldenTests", "*ModelTests*"],
    "Attribution": ["*.GoldenTests", "*MethodLaw*", "*MetricTests*", "*InseqJson*", "*AttributionJson*"],
    "Training": ["*TrainerTests*", "*LoraTests*", "*HeldOut*", "*TaskTests*"],
}


def candidates(path):
    """(line number, start, end, replacement) of every operator in code: not in comments, strings, attributes, errors or documentation."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n")):
        code = line.split("//")[0]
        stripped = code.strip()
        if not stripped or stripped.startswith(("///", "*", "[", "using ", "namespace ", "#")) or "throw " in code or "Exception(" in code or "=>" in code and '"' in code:
            continue
        code = re.sub(r'\$?"(?:[^"\\]|\\.)*"', lambda text: " " * len(text.group()), code)
        for pattern, replacement in OPERATORS:
            found += [(number, match.start(1), match.end(1), replacement) for match in re.finditer(pattern, code)]
    return found


def tests_of(path):
    area = path.relative_to(ROOT).parts[0]
    stem = path.name.split(".")[0]
    return [f"*{stem}*"] + ALWAYS.get(area, [])


def run(command, limit):
    try:
        return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=limit, text=True)
    except subprocess.TimeoutExpired:
        return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("places", nargs="*", default=AREAS, help="folders or files; default: the five areas")
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--build", default="dotnet build tests/tests.csproj -c Debug -p:Optimize=true -p:RunAnalyzers=false -p:GenerateDocumentationFile=false -v q -nologo")
    parser.add_argument("--limit", type=int, default=600, help="seconds that the tests of a mutant may take")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("mutate: ended"))  # as by Ctrl-C: the file is put back
    if subprocess.run(["git", "status", "--porcelain", "--untracked-files=no"], cwd=ROOT, capture_output=True, text=True).stdout.strip():
        sys.exit("mutate: the working tree has changes; commit or stash them first.")
    files = sorted({file for place in options.places for file in ([ROOT / place] if (ROOT / place).is_file() else (ROOT / place).rglob("*.cs"))})
    places = [(file, place) for file in files for place in candidates(file)]
    if not places:
        sys.exit("mutate: nothing to change there.")
    chosen = random.Random(options.seed)
    killed, survivors, broken = 0, [], 0
    while killed + len(survivors) < options.count and broken < 5 * options.count:
        file, (number, start, end, replacement) = chosen.choice(places)
        text = file.read_text(encoding="utf-8")
        lines = text.split("\n")
        before = lines[number]
        lines[number] = before[:start] + replacement + before[end:]
        name = f"{file.relative_to(ROOT)}:{number + 1}: {before.strip()}  ->  {lines[number].strip()}"
        try:
            file.write_text("\n".join(lines), encoding="utf-8")
            built = run(options.build.split(), 1800)
            if built is None or built.returncode != 0:
                broken += 1
                continue
            arguments = [argument for test in tests_of(file) for argument in ("-class", test)]
            tested = run(["artifacts/bin/tests/debug/Vitrine.Tests", *arguments, "-parallel", "none"], options.limit)
            if tested is None or tested.returncode != 0:
                killed += 1
                print(f"killed    {name}", flush=True)
            else:
                survivors.append(name)
                print(f"SURVIVED  {name}", flush=True)
        finally:
            file.write_text(text, encoding="utf-8")
    count = killed + len(survivors)
    print(f"{killed} of {count} killed ({100 * killed / max(1, count):.0f} %); {broken} did not compile")
    for name in survivors:
        print("  " + name)


if __name__ == "__main__":
    main()
