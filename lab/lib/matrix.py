# SPDX-License-Identifier: GPL-2.0
"""Keeps the results of the matrix in DOCS/matrix.json, and writes DOCS/matrix.md and DOCS/matrix.svg from them.

usage: matrix.py DOCS record KERNEL KEY=VALUE...
       matrix.py DOCS write KERNEL=ABOUT...
"""

import json
import re
import sys
from pathlib import Path
from xml.sax.saxutils import escape

PASSED, FAILED, ABSENT = "#2da44e", "#cf222e", "#8c959f"


def load(docs: Path) -> dict:
    file = docs / "matrix.json"
    return json.loads(file.read_text()) if file.exists() else {}


def compiler(config: Path, name: str) -> str:
    """The version in CONFIG_NAME_VERSION_TEXT, such as `gcc 14.2.0`."""
    if not config.exists():
        return ""
    text = re.search(rf'^CONFIG_{name}_VERSION_TEXT="(.*)"$', config.read_text(), re.M)
    found = re.search(r"\d+\.\d+\.\d+", re.sub(r"\([^)]*\)", "", text[1])) if text else None
    if not found:
        return ""
    return ("clang " if "clang" in text[1] else "gcc " if name == "CC" else "rustc ") + found[0]


def record(docs: Path, kernel: str, facts: dict) -> None:
    config, answers = Path(facts.pop("config")), Path(facts.pop("answers"))
    facts["compilers"] = ", ".join(filter(None, (compiler(config, "RUSTC"), compiler(config, "CC"))))
    facts["answers"] = {}
    if facts["built"] == "passed":
        facts["answers"] = {q["name"]: q["answer"] for q in json.loads(answers.read_text())["questions"]}
    results = load(docs)
    results[kernel] = facts
    (docs / "matrix.json").write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")


def order(item: tuple) -> list:
    """Kernels by version, release candidates before the release."""
    name, facts = item
    version = facts["version"] or re.sub(r"^\D*", "", name)
    numbers = [int(n) for n in re.findall(r"\d+", version.split("-")[0].split("~")[0])]
    return [numbers + [0] * (3 - len(numbers)), "rc" not in name, name]


def state(result: str) -> str:
    """passed, failed or not run, of `passed` and the like, or of PASSED/FAILED."""
    counts = re.fullmatch(r"(\d+)/(\d+)", result)
    if counts:
        return "passed" if counts[1] != "0" and counts[2] == "0" else "failed"
    return result


def shown(result: str) -> str:
    counts = re.fullmatch(r"(\d+)/(\d+)", result)
    if not counts:
        return result
    return f"{counts[1]} passed" + (f", **{counts[2]} failed**" if counts[2] != "0" else "")


def page(results: list, tables: dict) -> str:
    lines = [
        "# The matrix",
        "",
        "`make matrix` has written this page. It builds base0fs for each kernel, runs the selftests over ext4 and tmpfs and the",
        "life of the module on it, and keeps what the probes have answered.",
        "",
        "![The results of each kernel](matrix.svg)",
        "",
        "| kernel | version | compilers | build | life | cases | commit | day |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, row in results:
        cells = [f"`{name}`", row["version"], row["compilers"], row["built"], shown(row["life"]), shown(row["cases"]), row["commit"], row["date"]]
        lines.append("| " + " | ".join(cells) + " |")
    names = [name for name, _ in results]
    missing = [name for name in tables if name not in names]
    if missing:
        lines += ["", "**Not run yet**, so nothing is known about them:", ""]
        lines += [f"- `{name}`: {tables[name]}" for name in missing]
    lines += ["", "What is special about each that has run:", ""]
    for name, row in results:
        lines.append(f"- `{name}`: {row['about']}" + (f" NOTE: {row['note']}" if row["note"] else ""))
        # Rows that were recorded before this was kept do not have it.
        if row.get("left_out"):
            lines.append("  The selftests have left out over both filesystems: " + "; ".join(row["left_out"].splitlines()) + ".")
    lines += ["", "## Questions and answers", "", "Each question of `compat/shims`, with its answer for each kernel. A dot stands for the answer to the left.", ""]
    columns = [(name, row["answers"]) for name, row in results if row["answers"]]
    lines.append("| question | " + " | ".join(f"`{name}`" for name, _ in columns) + " |")
    lines.append("|---|" + "---|" * len(columns))
    for question in sorted({q for _, answers in columns for q in answers}):
        cells, last = [], None
        for _, answers in columns:
            answer = answers.get(question, "–")
            cells.append("·" if answer == last else answer)
            last = answer
        lines.append(f"| {question} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def picture(results: list) -> str:
    jobs = [("built", "build"), ("life", "life"), ("cases", "cases")]
    colour = {"passed": PASSED, "failed": FAILED}
    left, cell, height = 170, 74, 22
    width, total = left + cell * len(jobs) + 10, height * (len(results) + 1) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{total}" font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{total}" fill="#fff"/>',
    ]
    for column, (_, title) in enumerate(jobs):
        parts.append(f'<text x="{left + cell * column + cell / 2 - 2}" y="16" text-anchor="middle">{title}</text>')
    for line, (name, row) in enumerate(results, 1):
        y = height * line
        parts.append(f'<text x="{left - 10}" y="{y + 16}" text-anchor="end">{escape(name)}</text>')
        for column, (key, _) in enumerate(jobs):
            result = row[key]
            counts = re.fullmatch(r"(\d+)/(\d+)", result)
            text = result if not counts else counts[1] if counts[2] == "0" else f"{counts[2]} failed"
            x = left + cell * column
            parts.append(f'<rect x="{x}" y="{y + 2}" width="{cell - 4}" height="{height - 4}" rx="3" fill="{colour.get(state(result), ABSENT)}"/>')
            parts.append(f'<text x="{x + cell / 2 - 2}" y="{y + 16}" text-anchor="middle" fill="#fff">{escape(text)}</text>')
    return "\n".join(parts + ["</svg>"]) + "\n"


def main() -> None:
    docs, command, *rest = Path(sys.argv[1]), *sys.argv[2:]
    if command == "record":
        record(docs, rest[0], dict(word.split("=", 1) for word in rest[1:]))
    else:
        results = sorted(load(docs).items(), key=order)
        (docs / "matrix.md").write_text(page(results, dict(word.split("=", 1) for word in rest)))
        (docs / "matrix.svg").write_text(picture(results))


main()
