"""Compares training steps with PyTorch: runs both benchmarks in turn, twice, and prints the ratio of the medians.

    python3 benches/compare.py [case ...]

They run in turn so that a machine that becomes slower affects both. PyTorch runs under `$PYTHON` (default: this
interpreter). If it cannot be imported, only the times of ganscope are printed.
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


def ganscope_ms(cases):
    """Medians in ms by case, which criterion writes to `target/criterion/CASE/new/estimates.json` in ns."""
    run(["cargo", "bench", "--locked", "--bench", "steps", "--", "^(" + "|".join(cases) + ")$"])
    metadata = run(["cargo", "metadata", "--format-version", "1", "--no-deps", "--locked"])
    folder = Path(json.loads(metadata)["target_directory"]) / "criterion"
    found = {}
    for case in cases:
        estimates = json.loads((folder / case / "new" / "estimates.json").read_text())
        found[case] = estimates["median"]["point_estimate"] / 1e6
    return found


def pytorch_ms(cases):
    """Medians in ms by case, from the lines of steps.py: `{"case": "mlp", "median_ms": 12.3}`."""
    out = run([PYTHON, "benches/steps.py", *cases])
    rows = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    return {row["case"]: row["median_ms"] for row in rows}


def run(command):
    # Standard error is not captured, so that the progress of a build and compiler errors are visible.
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
        rounds.append((ganscope_ms(cases), pytorch_ms(cases) if with_torch else {}))
    print(f"{'case':<16}{'ganscope, ms':>14}{'PyTorch, ms':>14}{'ratio':>10}")
    for case in rounds[0][0]:
        ganscope = statistics.median(times[case] for times, _ in rounds)
        if all(case in times for _, times in rounds):
            pytorch = statistics.median(times[case] for _, times in rounds)
            print(f"{case:<16}{ganscope:>14.2f}{pytorch:>14.2f}{ganscope / pytorch:>10.2f}")
        else:
            print(f"{case:<16}{ganscope:>14.2f}{'-':>14}{'-':>10}")
    if not with_torch:
        print("(PyTorch is not installed here; set PYTHON to an interpreter that has it.)")


if __name__ == "__main__":
    main()
