# SPDX-License-Identifier: GPL-2.0
"""Keeps the results of the selftests over each lower filesystem in DOCS/lowers.json, and writes DOCS/lowers.md from them.

usage: lowers.py DOCS record KERNEL FILESYSTEM LAYER STATUS COMMIT DAY OUTPUT
       lowers.py DOCS write
"""

import json
import re
import sys
from pathlib import Path

SKIP = " # SKIP not supported below: "


def load(docs: Path) -> dict:
    file = docs / "lowers.json"
    return json.loads(file.read_text()) if file.exists() else {}


def cases(output: str) -> dict:
    """Each case of a report in KTAP: its result, why it cannot run, what it has left out, and what is wrong."""
    found, left_out, wrong = {}, [], []
    for line in output.splitlines():
        result = re.fullmatch(r"(ok|not ok) \d+ (\w+)(.*)", line)
        if result:
            word, name, rest = result.groups()
            skipped = rest.startswith(SKIP)
            entry = {"result": "skipped" if skipped else "passed" if word == "ok" else "failed"}
            entry |= {"why": rest[len(SKIP) :]} if skipped else {}
            entry |= {"left_out": left_out} if left_out else {}
            entry |= {"wrong": wrong[:3]} if wrong else {}
            found[name], left_out, wrong = entry, [], []
        elif line.startswith("# left out: "):
            left_out.append(line.removeprefix("# left out: "))
        elif re.match(r"# \w+: ", line) and not line.startswith(("# Totals: ", "# FAILED: ")):
            wrong.append(line[2:])
    return found


def record(docs: Path, kernel: str, kind: str, layer: str, status: str, commit: str, day: str, output: str) -> bool:
    """Keeps the results of one run. Returns whether it has ended as its cases say."""
    text = Path(output).read_text(errors="replace")
    found = cases(text)
    planned = sum(int(number) for number in re.findall(r"^1\.\.(\d+)$", text, re.M))
    results = load(docs)
    run = {"commit": commit, "day": day, "cases": found, "complete": status in "01" and 0 < planned == len(found)}
    results.setdefault(kernel, {}).setdefault(kind, {})[layer] = run
    (docs / "lowers.json").write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    return run["complete"]


def count(run: dict, result: str) -> int:
    return sum(case["result"] == result for case in run["cases"].values())


def shown(run: dict | None) -> str:
    if run is None:
        return "not run"
    failed = count(run, "failed")
    text = f"{count(run, 'passed')} / " + (f"**{failed}**" if failed else "0") + f" / {count(run, 'skipped')}"
    return text if run["complete"] else text + ", **ended early**"


def page(results: dict) -> str:
    lines = [
        "# Lower filesystems",
        "",
        "`make lowers` has written this page. It runs the selftests over each lower filesystem, through base0fs and on a bind mount",
        "of the same directory, the control. A case that cannot run on a plain directory there says so, and is *not supported",
        "below*: it counts neither as passed nor as failed.",
        "",
        "Numbers of cases that have passed / failed / are not supported below:",
        "",
        "| kernel | lower filesystem | base0fs | control | commit | day |",
        "|---|---|---|---|---|---|",
    ]
    for kernel, kinds in sorted(results.items()):
        for kind, layers in sorted(kinds.items()):
            own = layers.get("base0fs")
            facts = own or layers["bind"]
            cells = [f"`{kernel}`", kind, shown(own), shown(layers.get("bind")), facts["commit"], facts["day"]]
            lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "## Cases", ""]
    lines += ["Each case that has not passed whole on each of them: ✓ passed, ◐ passed, with parts not supported below,"]
    lines += ["– not supported below, ✗ failed. A dot: the case was not run.", ""]
    columns = [(kernel, kind, layers["base0fs"]["cases"]) for kernel, kinds in sorted(results.items()) for kind, layers in sorted(kinds.items()) if "base0fs" in layers]
    lines.append("| case | " + " | ".join(f"{kind}, {kernel}" for kernel, kind, _ in columns) + " |")
    lines.append("|---|" + "---|" * len(columns))
    for name in sorted({name for _, _, found in columns for name in found}):
        signs = [sign(found.get(name)) for _, _, found in columns]
        if set(signs) != {"✓"}:
            lines.append(f"| {name} | " + " | ".join(signs) + " |")
    for title, describe in (("Failed", failures), ("Not supported below", gaps)):
        lines += ["", f"## {title}", ""]
        described = [f"- {kind}, `{kernel}`: {text}" for kernel, kind, found in columns for text in describe(found)]
        lines += described or ["None."]
    return "\n".join(lines) + "\n"


def sign(case: dict | None) -> str:
    if case is None:
        return "·"
    if case["result"] == "passed":
        return "◐" if any("not supported below" in part for part in case.get("left_out", [])) else "✓"
    return {"skipped": "–", "failed": "✗"}[case["result"]]


def short(text: str) -> str:
    text = text.replace("|", "\\|")
    return text if len(text) <= 160 else text[:160] + "…"


def failures(found: dict) -> list:
    return [short("; ".join(case.get("wrong", [name]))) for name, case in sorted(found.items()) if case["result"] == "failed"]


def gaps(found: dict) -> list:
    whole = [f"`{name}`: {short(case['why'])}" for name, case in sorted(found.items()) if case["result"] == "skipped"]
    parts: dict = {}
    for name, case in sorted(found.items()):
        for part in case.get("left_out", []):
            parts.setdefault(part, []).append(f"`{name}`")
    return whole + [f"{', '.join(names)}: {short(part)}" for part, names in parts.items() if "not supported below" in part]


def main() -> int:
    docs, command, *rest = Path(sys.argv[1]), *sys.argv[2:]
    if command == "record":
        return 0 if record(docs, *rest) else 1
    (docs / "lowers.md").write_text(page(load(docs)))
    return 0


sys.exit(main())
