# `just` alone lists what there is. `just verify` is what has to pass before a commit is handed in.

export PATH := justfile_directory() / "target/tools/bin" + ":" + env("PATH")

# Formulas that do not parse are still reported; what is not is that mdbook-katex was built for an
# earlier patch release of mdBook.
quiet_katex := "mdbook_katex=error,mdbook_katex::render=warn"

book_tools := "mdbook mdbook-katex"

_default:
    @{{ just_executable() }} --list --unsorted

# Install what `verify` needs and is not there yet.
setup:
    .ci/setup

# Everything CI checks, in order, stopping at the first failure; says how long each part took.
verify:
    .ci/verify {{ quote(just_executable()) }} setup lint check-cuda test doc check-claims check-study check-notebooks check-book

# Formatting, clippy with every warning an error, and the architecture: no upward path, no cycle.
lint:
    cargo fmt --all --check
    cargo clippy --locked --workspace --all-targets -- -D warnings
    cargo test --locked --test architecture_tests

# Type-check the CUDA code; needs neither toolkit nor GPU. (Clippy does all that `check` does.)
check-cuda:
    cargo clippy --locked --lib --bins --features cuda-check -- -D warnings

# Every test, each chapter of the book as a program among them, at opt-level 2 (see profile.dev);
# `just test NAME` for some.
test *ARGS:
    cargo test --locked --workspace {{ ARGS }}

# Does training still give the recorded weights, bit for bit? `just digests --record` records them anew.
digests RECORD="":
    {{ if RECORD == "--record" { "GANSCOPE_RECORD_DIGESTS=1" } else { "" } }} cargo test --locked --test digest_tests -- --include-ignored --test-threads=1

# The API's documentation, without a single dead link.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps

# Make the notebooks from the chapters and execute them (`just notebooks 03-1` for one).
notebooks *NAMES:
    notebooks/run.py make {{ NAMES }}

# Decide every claim anew and write the ledger that the book shows.
claims:
    cargo build --quiet --locked --workspace
    target/debug/ganscope claims --json > target/claims.json
    mv target/claims.json book/src/claims.json

# Are the verdicts those of the committed ledger?
check-claims:
    cargo build --quiet --locked --workspace
    target/debug/ganscope claims --check book/src/claims.json > /dev/null

# Make the table of a study (book/studies/NAME.toml) for the book; stopped, it goes on when called again.
study NAME *ARGS:
    cargo build --quiet --locked --release
    target/release/ganscope study book/studies/{{ NAME }}.toml --out runs/studies/{{ NAME }} {{ ARGS }}
    mkdir -p book/src/studies
    cp runs/studies/{{ NAME }}/{{ NAME }}.* book/src/studies

# Every estimator of information against the truth, for studies/estimators.md (`just estimators counts` for a part).
estimators *FAMILIES:
    cargo bench --locked --bench estimators -- {{ FAMILIES }}

# Does every recipe train and get measured, in a small version of a study?
check-study NAME="grid25":
    cargo build --quiet --locked --workspace
    target/debug/ganscope study book/studies/{{ NAME }}.toml --quick --force --out target/studies/{{ NAME }}

# Do chapters, notebooks and a fresh execution of every cell agree?
check-notebooks *NAMES:
    .ci/need target/tools/bin/python
    target/tools/bin/python -m unittest discover --start-directory notebooks --pattern 'test_*.py'
    notebooks/run.py check {{ NAMES }}

# Bring what was edited in Jupyter back into the chapters.
sync *NAMES:
    notebooks/run.py sync {{ NAMES }}

# Open JupyterLab on the notebooks, with the Rust kernel.
lab *ARGS:
    notebooks/run.py lab {{ ARGS }}

# How long each notebook cell takes, in a first kernel and in a second.
latency *NAMES:
    notebooks/run.py time {{ NAMES }}

# Time a training step here and in PyTorch (an interpreter that has it: PYTHON=… just bench [CASE …]).
bench *CASES:
    cargo bench --locked --no-run --bench steps
    python3 benches/compare.py {{ CASES }}

# Time the estimators by nearest neighbours here, in scikit-learn and in SciPy (an interpreter that has them: PYTHON=…).
bench-info:
    cargo bench --locked --bench info
    "${PYTHON:-python3}" benches/info.py

# The book, into target/book/html; any warning is an error.
book:
    #!/usr/bin/env bash
    set -euo pipefail
    .ci/need {{ book_tools }}
    said=$(mktemp)
    trap 'rm -f "$said"' EXIT
    RUST_LOG={{ quiet_katex }} mdbook build book 2>&1 | tee "$said"
    if grep -Eiqw 'warn|warning|error' "$said"; then
        echo "the book was built with the warnings above" >&2
        exit 1
    fi

# Run the commands of the guide (book/src/commands.md) and write their output into it (`--tour`: the tour too).
guide *ARGS:
    cargo build --quiet --locked --workspace
    python3 book/guide.py make {{ ARGS }}

# Is the guide up to date? Open every page of the book in a browser: no dead link, no other host, no script error.
check-book *ARGS:
    cargo build --quiet --locked --workspace
    python3 book/guide.py check
    target/debug/mdbook-ganscope check
    {{ just_executable() }} book
    python3 -m unittest discover --start-directory book
    python3 book/check-pages.py {{ ARGS }}

# Show the book and follow edits (`just serve --open`).
serve *ARGS:
    .ci/need {{ book_tools }}
    RUST_LOG={{ quiet_katex }} mdbook serve book {{ ARGS }}
