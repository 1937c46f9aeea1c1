"""Ours beside PyTorch: runs both benches in turn, twice, and prints the ratio of the medians.

    python3 benches/compare.py [case ...]

Taking turns lets a machine that slows down slow both. PyTorch runs under `$PYTHON` (default: this
interpreter); where it cannot be imported only our numbers are printed.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = os.environ.get("PYTHON") or sys.executable
ROUNDS = 2
CASES = ["mlp", "dcgan", "plane", "dcgan-wgan-gp", "plane-wgan-gp"]


def ours(cases):
    """The medians that criterion leaves in `target/criterion/CASE/new/estimates.json`, in ns."""
    run(["cargo", "bench", "--locked", "--bench", "steps", "--", "^(" + "|".join(cases) + ")$"])
    metadata = run(["cargo", "metadata", "--format-version", "1", "--no-deps", "--locked"])
    folder = Path(json.loads(metadata)["target_directory"]) / "criterion"
    found = {}
    for case in cases:
        estimates = json.loads((folder / case / "new" / "estimates.json").read_text())
        found[case] = estimates["median"]["point_estimate"] / 1e6
    return found


def theirs(cases):
    """Lines of steps.py: `{"case": "mlp", "median_ms": 12.3}`."""
    out = run([PYTHON, "benches/steps.py", *cases])
    rows = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    return {row["case"]: row["median_ms"] for row in rows}


def run(command):
    # Standard error is passed through: a build's progress, a compiler's complaint.
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}")
    return done.stdout


def has_torch():
    try:
        done = subprocess.run([PYTHON, "-c", "import torch"], capture_output=True)
    except OSError:
        return False
    return done.returncode == 0


def main():
    cases = sys.argv[1:] or CASES
    with_torch = has_torch()
    rounds = []
    for number in range(1, ROUNDS + 1):
        print(f"round {number} of {ROUNDS} …", file=sys.stderr, flush=True)
        rounds.append((ours(cases), theirs(cases) if with_torch else {}))
    print(f"{'case':<16}{'ours, ms':>12}{'PyTorch, ms':>14}{'ours / PyTorch':>17}")
    for case in rounds[0][0]:
        mine = statistics.median(ours[case] for ours, _ in rounds)
        if all(case in theirs for _, theirs in rounds):
            their = statistics.median(theirs[case] for _, theirs in rounds)
            print(f"{case:<16}{mine:>12.2f}{their:>14.2f}{mine / their:>17.2f}")
        else:
            print(f"{case:<16}{mine:>12.2f}{'-':>14}{'-':>17}")
    if not with_torch:
        print("(PyTorch is not installed here; set PYTHON to an interpreter that has it.)")


if __name__ == "__main__":
    main()
