#!/usr/bin/python3
"""Looking inside: Vitrine next to plain torch hooks on the same GPT-2 checkpoint and token ids, work by work, alternating, in one run.

    dotnet build -c Release bench
    dotnet run -c Release --project bench -- random-gpt2 small DIR
    /usr/bin/python3 bench/compare_inside.py --model DIR --peer inside_torch.py [--report bench/results/inside.md]

--peer is a script with the options and JSON keys of `bench inside` that drives PyTorch the way TransformerLens and EAP-IG do. Both write
the values they computed, which must agree before a ratio is printed. Exit code 1 if not, or if a ratio is below what is asked for.
"""
import argparse, datetime, json, os, platform, statistics, subprocess, sys, tempfile

ASKED = {"patch_heads": 6, "attribution_patching": 3, "eap": 0, "eap_ig5": 4}  # times as fast as the peer
NAMES = {"patch_heads": "activation patching, z of every head", "attribution_patching": "attribution patching, every node",
         "eap": "EAP, every edge", "eap_ig5": "EAP-IG, 5 steps, every edge"}
KEYS = {"attribution_patching": "attribution_z_all_positions"}
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--model", required=True)
parser.add_argument("--peer", required=True)
parser.add_argument("--vitrine", default="artifacts/bin/bench/release/Vitrine.Bench")
parser.add_argument("--tokens", default="32")
parser.add_argument("--threads", default="2")
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--under", default="", help="a command that runs each process, such as one that waits for a quiet machine")
parser.add_argument("--rtol", type=float, default=2e-3, help="of the largest value of a work: two float32 implementations differ that much")
parser.add_argument("--coretype", help="the kernels that torch's OpenBLAS shall take, such as SkylakeX, where it mistakes the processor")
parser.add_argument("--report", help="write a Markdown table with the machine on top")
args = parser.parse_args()
env = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
env.update({"OPENBLAS_CORETYPE": args.coretype} if args.coretype else {})


def run(command, work, *more):
    done = subprocess.run(args.under.split() + command + ["--model", args.model, "--tokens", args.tokens, "--threads", args.threads, "--reps", "3",
                          "--only", work, *more], env=env, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def flat(x):
    return [v for part in x for v in flat(part)] if isinstance(x, list) else [x]


PRODUCT = """import sys, time, torch
torch.set_num_threads(int(sys.argv[1])); a, b, best = torch.randn(512, 768), torch.randn(768, 3072), 1e9
for _ in range(20):
    start = time.perf_counter(); a @ b; best = min(best, time.perf_counter() - start)
print(2e-9 * 512 * 768 * 3072 / best)"""


def product():
    """What torch's products reach, GFLOP/s: a torch on the reference BLAS (3 per thread) is no rival, and nothing is compared with it."""
    speed = float(subprocess.run(["/usr/bin/python3", "-c", PRODUCT, args.threads], env=env, capture_output=True, text=True, check=True).stdout)
    if speed < 20 * int(args.threads):
        sys.exit(f"compare_inside: torch's products run at {speed:.0f} GFLOP/s; expected an optimised BLAS. Install libopenblas0-openmp.")
    return speed


def spread(times):
    return f"{statistics.median(times):,.0f} ({min(times):,.0f}–{max(times):,.0f})"


torch, vitrine = ["/usr/bin/python3", args.peer], [args.vitrine, "inside"]
gflops = product()
with tempfile.TemporaryDirectory() as folder:
    theirs, ours = os.path.join(folder, "torch.json"), os.path.join(folder, "vitrine.json")
    version = run(torch, "forward", "--values", theirs)["torch"]
    run(vitrine, ",".join(ASKED), "--values", ours)
    theirs, ours = json.load(open(theirs)), json.load(open(ours))
rows, missed = [], []
for work, asked in ASKED.items():
    a, b = flat(theirs[KEYS.get(work, work)]), flat(ours[work])
    gap = max(abs(x - y) for x, y in zip(a, b)) / max(map(abs, a)) if len(a) == len(b) else float("inf")
    times = [(run(torch, work), run(vitrine, work)) for _ in range(args.rounds)]
    slow, fast = [t[work] for t, _ in times], [v[work] for _, v in times]
    ratios = [s / f for s, f in zip(slow, fast)]
    ratio = statistics.median(ratios)
    missed += [work] if ratio < asked or not gap <= args.rtol else []
    rows.append(f"| {NAMES[work]} | {spread(slow)} | {spread(fast)} | **{ratio:.1f}** ({min(ratios):.1f}–{max(ratios):.1f}) | "
                f"{asked or '–'} | {max(t['peak_mb'] for t, _ in times):,} | {max(v['peak_mb'] for _, v in times):,} | {gap:.0e} |")
    print(rows[-1], flush=True)

if args.report:
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    kernels = f"OpenBLAS with `--coretype {args.coretype}`" if args.coretype else "OpenBLAS as it chooses its kernels"
    text = f"""# Looking inside: Vitrine next to plain torch hooks

{cpu}, {args.threads} threads, {platform.system()} {platform.release().split('-')[0]}; torch {version} on {kernels}, {gflops:,.0f} GFLOP/s at a product of 512 × 768 × 3072; Vitrine at {commit}; {datetime.date.today()}, load {os.getloadavg()[1]:.1f}.
GPT-2 small with random weights (12 layers of 12 heads, 32,491 edges), prompts of {args.tokens} tokens that differ from position 3 on. Made by `bench/compare_inside.py`: {args.rounds} rounds, alternating, a process each; in a
round the median of three runs after a warm-up (of torch's patches of heads one run). Times in ms, median and range of rounds; memory is the process's peak, weights included, in MB. The last column is the largest difference
between the values both computed, relative to the largest value.

| work | torch | vitrine | torch / vitrine | asked | MB, torch | MB, vitrine | difference |
|---|---|---|---|---|---|---|---|
""" + "\n".join(rows) + "\n"
    with open(args.report + ".new", "w") as f:
        f.write(text)
    os.replace(args.report + ".new", args.report)
sys.exit(f"missed: {', '.join(missed)}" if missed else 0)
