"""The Rust kernel: where it builds, how it starts, what a cell wrote.

evcxr compiles every cell in one folder, under names that two kernels would overwrite for each other.
So a kernel locks the first free folder of `target/evcxr/0`, `1`, … and holds it until it and its
children are gone. The folders stay: the next kernel there finds the crate compiled, and only a second
notebook open *at the same time* compiles once for itself. (evcxr's own cache would not help: it
leaves out the crate itself, and does not ask what environment a build script saw.) The repository's
`Cargo.lock` is copied there first: cells run on the versions that the tests run on.

The crate is compiled by a step of its own, `prepare`, before a notebook is run or JupyterLab opens:
it shows what is compiled and may take as long as it takes, so the time limit of a cell is for the cell.

A panic or a failed `?` ends a cell with status "ok"; only the cell's stderr tells. So a cell is good
when it wrote nothing there. Cargo's progress is no cell's: it goes to the kernel's own stderr, which is
kept in `target/evcxr/kernel.log`.
"""

import contextlib
import fcntl
import json
import os
import queue
import shutil
import time

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager
from nbformat.v4 import new_output, output_from_msg

from .chapter import KERNEL, NOTEBOOKS, ROOT, Problem, code_cells, shown, write_atomically

TOOLS = ROOT / "target" / "tools"
KERNELS = TOOLS / "share" / "jupyter" / "kernels"
EVCXR = TOOLS / "bin" / "evcxr_jupyter"
BUILDS = ROOT / "target" / "evcxr"
LOG = BUILDS / "kernel.log"
CELL_SECONDS = 600
START_SECONDS = 300

# Cargo finds this above evcxr's build folder, and it counts more than the manifest that evcxr writes
# (which asks for opt-level 2, debug assertions and overflow checks in everything). A cell is glue and
# compiles quickly; what it calls runs at a release build's speed.
PROFILE = """\
[profile.dev]
opt-level = 1
debug-assertions = false
overflow-checks = false

[profile.dev.package."*"]
opt-level = 3
"""


def install():
    """Writes the kernelspec, which names this checkout; nothing when it is there."""
    if not EVCXR.exists():
        raise Problem("the Rust kernel is not installed; run: just setup")
    program = str(NOTEBOOKS / "run.py")
    spec = {
        "argv": [str(TOOLS / "bin" / "python"), program, "kernel", "{connection_file}"],
        "display_name": KERNEL["display_name"],
        "language": KERNEL["language"],
        "interrupt_mode": "message",
    }
    write_if_new(KERNELS / KERNEL["name"] / "kernel.json", json.dumps(spec, indent=1) + "\n")


def write_if_new(path, text):
    if not path.exists() or path.read_text() != text:
        write_atomically(path, text)


def build_folder():
    """The first free build folder, locked for this process and those it starts."""
    BUILDS.mkdir(parents=True, exist_ok=True)
    number = 0
    while True:
        lock = os.open(BUILDS / f"{number}.lock", os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            number += 1
            continue
        os.set_inheritable(lock, True)
        folder = BUILDS / str(number)
        folder.mkdir(exist_ok=True)
        return folder


def become_kernel(connection_file):
    """Turns this process into the kernel: what the kernelspec starts."""
    folder = build_folder()
    write_if_new(BUILDS / ".cargo" / "config.toml", PROFILE)
    shutil.copyfile(ROOT / "Cargo.lock", folder / "Cargo.lock")
    environment = dict(os.environ, EVCXR_TMPDIR=str(folder))
    os.execve(EVCXR, [EVCXR, "--control_file", connection_file], environment)


def prepare(dependency):
    """Compiles the crate in the kernel's build folder. `dependency` is the cell that names the crate."""
    print("compiling the crate for the notebooks (minutes the first time, then seconds)", flush=True)
    start = time.monotonic()
    with Kernel(log=None, limit=None) as kernel:
        outputs, stderr, _ = kernel.run(f"{dependency}\nuse ganscope::prelude::*;")
        failed = [line for o in outputs if o.output_type == "error" for line in o.traceback]
        if failed or stderr.strip():
            raise Problem("the crate does not compile for the notebooks:\n" + "\n".join(failed) + stderr)
    print(f"compiled in {time.monotonic() - start:.0f} s", flush=True)


class Kernel:
    """A kernel of its own for one notebook. `with Kernel() as kernel: kernel.run(code)`.

    Cargo's progress goes to the file `log`, or is shown when that is None. A cell may take `limit`
    seconds, or as long as it takes when that is None.
    """

    def __init__(self, log=LOG, limit=CELL_SECONDS):
        self.log, self.limit = log, limit

    def __enter__(self):
        install()
        specs = KernelSpecManager(kernel_dirs=[str(KERNELS)], ensure_native_kernel=False)
        self.manager = KernelManager(kernel_name=KERNEL["name"], kernel_spec_manager=specs)
        BUILDS.mkdir(parents=True, exist_ok=True)
        # Not what cells write, which comes as messages: which configuration evcxr found, what cargo does.
        with contextlib.nullcontext() if self.log is None else self.log.open("w") as log:
            self.manager.start_kernel(cwd=str(NOTEBOOKS), stdout=log, stderr=log)
        self.client = self.manager.client()
        self.client.start_channels()
        try:
            self.client.wait_for_ready(timeout=START_SECONDS)
        except (RuntimeError, TimeoutError) as error:
            self.__exit__()
            raise Problem(f"the Rust kernel does not start ({error}); {shown(LOG)} may say why") from error
        return self

    def __exit__(self, *_):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def run(self, code):
        """(outputs, stderr, seconds from the request to the kernel's idle)."""
        start = time.monotonic()
        request = self.client.execute(code, allow_stdin=False)
        messages, seconds = [], None
        while True:
            # A last line may come after "idle": it passes through another thread of the kernel.
            try:
                message = self.client.get_iopub_msg(timeout=1 if seconds is None else 0.1)
            except queue.Empty:
                if seconds is not None:
                    break
                if not self.manager.is_alive():
                    raise Problem("ended its kernel; was there memory enough?") from None
                message = None
            if seconds is None and self.limit and time.monotonic() > start + self.limit:
                raise Problem(f"takes more than {self.limit} s")
            if message is None:
                continue
            if message["parent_header"].get("msg_id") != request:
                continue
            if message["msg_type"] == "status":
                if message["content"]["execution_state"] == "idle":
                    seconds = time.monotonic() - start
            elif message["msg_type"] in ("stream", "display_data", "execute_result", "error"):
                messages.append(output_from_msg(message))
        return sort_outputs(messages) + (seconds,)


def sort_outputs(messages):
    """(outputs with stdout as one, stderr)."""
    said = {"stdout": "", "stderr": ""}
    others = []
    for output in messages:
        if output.output_type == "stream":
            said[output.name] += output.text
        elif output.get("data") == {"text/plain": "()"}:
            continue  # the value of a cell that ends with a loop
        else:
            others.append(output)
    if said["stdout"]:
        others.insert(0, new_output("stream", name="stdout", text=said["stdout"]))
    return others, said["stderr"]


def execute(chapter, notebook):
    """Runs every cell of a notebook afresh, puts the outputs into it, and gives each cell's seconds."""
    taken = []
    with Kernel() as kernel:
        for index, cell in enumerate(code_cells(notebook)):
            place = chapter.at(index)
            try:
                outputs, stderr, seconds = kernel.run(cell.source)
            except Problem as problem:
                raise Problem(f"{place} {problem}") from None
            for output in outputs:
                if output.output_type == "error":
                    raise Problem(f"{place} does not compile or run:\n" + "\n".join(output.traceback))
            if stderr.strip():
                raise Problem(f"{place} wrote to stderr: {stderr.strip()}")
            refuse_paths(place, outputs)
            cell.outputs = outputs
            cell.execution_count = index + 1
            for output in outputs:
                if "execution_count" in output:
                    output.execution_count = index + 1
            taken.append(seconds)
            print(f"{place}: {seconds:.2f} s", flush=True)
    return taken


def refuse_paths(place, outputs):
    """An output is the same on every machine: it names no folder of this one."""
    text = json.dumps(outputs, ensure_ascii=False)
    for folder in (str(ROOT), os.path.expanduser("~").rstrip("/") + "/"):
        if len(folder) > 1 and folder in text:
            raise Problem(f"{place} shows a path of this machine ({folder}); print what does not depend on it")
