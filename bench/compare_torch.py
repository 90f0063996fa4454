#!/usr/bin/python3
"""Vitrine next to PyTorch on the same GPT-2 checkpoint and token ids, work by work, alternating, in one run.

    dotnet build -c Release Vitrine.slnx
    /usr/bin/python3 bench/compare_torch.py --model DIR --peer gpt2_torch.py [--report bench/results/model-vs-torch.md]

--peer is a script with the options and JSON keys of `bench model` that drives PyTorch the way Captum and Inseq do. Every work runs
in a process of its own on each side; both write the values they computed, which must agree before a ratio is printed. Exit code 1 if not.
"""
import argparse, datetime, json, os, platform, subprocess, sys, tempfile

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--model", required=True)
parser.add_argument("--peer", required=True)
parser.add_argument("--vitrine", default="artifacts/bin/bench/release/Vitrine.Bench")
parser.add_argument("--tokens", default="128")
parser.add_argument("--generate", default="16")
parser.add_argument("--threads", default="2")
parser.add_argument("--reps", default="5")
parser.add_argument("--works", default="forward,saliency,ig50_batched,explain_generation")
parser.add_argument("--rtol", type=float, default=2e-3, help="of the largest value of a work: two float32 implementations differ that much")
parser.add_argument("--coretype", help="the kernels that torch's OpenBLAS shall take, such as SkylakeX, where it mistakes the processor")
parser.add_argument("--report", help="write a Markdown table with the machine on top")
args = parser.parse_args()


def run(command, work):
    with tempfile.TemporaryDirectory() as folder:
        values = os.path.join(folder, "values.json")
        common = ["--model", args.model, "--tokens", args.tokens, "--generate", args.generate, "--threads", args.threads, "--reps", args.reps]
        env = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
        if args.coretype:
            env["OPENBLAS_CORETYPE"] = args.coretype
        done = subprocess.run(command + common + ["--only", work, "--values", values], env=env, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr}")
        return json.loads(done.stdout.strip().splitlines()[-1]), json.load(open(values))


def flat(x):
    return [v for part in x for v in flat(part)] if isinstance(x, list) else [x]


def difference(a, b):
    a, b = flat(a), flat(b)
    if len(a) != len(b):
        return float("inf")
    # GPT-2 ignores a shift of its embeddings (every LayerNorm does), so gradients summed over d_model, which is what saliency's values
    # are, vanish but for rounding: below 0.01 the difference counts as it is.
    scale = max(0.01, max(map(abs, a), default=0))
    return max((abs(x - y) for x, y in zip(a, b)), default=0) / scale


rows, failed, peaks = [], False, {"torch": 0, "vitrine": 0}
for work in args.works.split(","):
    torch, torch_values = run(["/usr/bin/python3", args.peer], work)
    ours, our_values = run([args.vitrine, "model"], work)
    gap = max(difference(torch_values[key], our_values[key]) for key in torch_values)
    failed |= not gap <= args.rtol
    peaks = {"torch": max(peaks["torch"], torch["peak_rss_mb"]), "vitrine": max(peaks["vitrine"], ours["peak_rss_mb"])}
    rows.append(f"| {work} | {torch[work]:,.1f} | {ours[work]:,.1f} | {torch[work] / ours[work]:.2f} | {gap:.1e} |")
    print(rows[-1], flush=True)
rows.append(f"| peak memory, MB | {peaks['torch']:,} | {peaks['vitrine']:,} | {peaks['vitrine'] / peaks['torch']:.2f} of torch | |")
print(rows[-1])

if args.report:
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    text = f"""# GPT-2 (small): Vitrine next to PyTorch

{cpu}, {args.threads} threads, {platform.system()} {platform.release().split('-')[0]}; torch {torch['torch']}, Vitrine {ours['vitrine']} at {commit}; {datetime.date.today()}.
{args.tokens} tokens, {args.generate} generated, random weights of the real sizes. Baseline: torch. Made by `bench/compare_torch.py`, alternating; medians in ms.
The last column is the largest difference between the values both computed, relative to the largest value.

| work | torch | vitrine | torch / vitrine | difference |
|---|---|---|---|---|
""" + "\n".join(rows) + "\n"
    with open(args.report + ".new", "w") as f:
        f.write(text)
    os.replace(args.report + ".new", args.report)
sys.exit(f"values differ by more than {args.rtol} of the largest" if failed else 0)
