# SPDX-License-Identifier: GPL-2.0
"""Keeps the instructions of each operation in DOCS/performance.json, and writes DOCS/performance.md and its pictures from them.

usage: performance.py DOCS record COMMIT KERNEL RELEASE ONE TWO MODULE TEXT
       performance.py DOCS write
       performance.py DOCS check OUTPUT
"""

import json
import math
import re
import sys
from html import escape
from pathlib import Path

# Two runs that differ by more than this do not agree.
AGREE = 0.01
# What has become dearer by more than this fails.
DEARER = 0.03
# Not compared: how many pages one fault maps depends on the memory that is free in one piece.
UNSTEADY = {"mmap, 64 faults, munmap"}


def costs(output: str) -> dict:
    """The instructions by lower filesystem, layer and operation."""
    found: dict = {}
    for line in Path(output).read_text(errors="replace").splitlines():
        match = re.fullmatch(r"# cost (\S+) (\S+) (\d+) (.+)", line)
        if match:
            kind, layer, cost, name = match.groups()
            found.setdefault(kind, {}).setdefault(layer, {})[name] = int(cost)
    if not found:
        sys.exit(f"performance.py: {output} has no costs.")
    return found


def leaves(found: dict):
    for kind, layers in found.items():
        for layer, operations in layers.items():
            for name, cost in operations.items():
                yield kind, layer, name, cost


def record(docs: Path, commit: str, kernel: str, release: str, one: str, two: str, module: str, text: str) -> None:
    first, second = costs(one), costs(two)
    unsteady = []
    spreads: dict = {}
    for kind, layer, name, cost in leaves(first):
        other = second[kind][layer][name]
        spread = abs(cost - other) / cost
        if spread > AGREE:
            unsteady.append(f"{name}, {layer} over {kind}: {cost} and {other}")
        if layer in ("native", "base0fs"):
            known = spreads.setdefault(kind, {})
            known[name] = round(known.get(name, 0) + spread, 4)
        first[kind][layer][name] = min(cost, other)
    for line in unsteady:
        print(f"NOTE: two runs do not agree: {line}")
    facts = {"commit": commit, "kernel": kernel, "release": release, "text": int(text)}
    results = {"facts": facts, "costs": first, "module": costs(module), "unsteady": unsteady, "spreads": spreads}
    (docs / "performance.json").write_text(json.dumps(results, indent=1) + "\n")


def mean(layers: dict, layer: str) -> float:
    """The geometric mean of the ratios to the plain directory."""
    native, own = layers["native"], layers[layer]
    return math.exp(sum(math.log(own[name] / native[name]) for name in own) / len(own))


def table(layers: dict) -> list:
    shown = [layer for layer in layers if layer != "native"]
    lines = ["| operation | plain directory | " + " | ".join(shown) + " |", "|---|--:|" + "--:|" * len(shown)]
    for name, cost in layers["native"].items():
        ratios = {layer: layers[layer][name] / cost for layer in shown if name in layers[layer]}
        cells = [f"{ratios[layer]:.3f}" if layer in ratios else "–" for layer in shown]
        if "overlay" in ratios and ratios["base0fs"] > ratios["overlay"]:
            cells[shown.index("base0fs")] = f"**{ratios['base0fs']:.3f}**"
        lines.append(f"| {name} | {cost:,} | " + " | ".join(cells) + " |")
    lines.append("| *geometric mean* | | " + " | ".join(f"{mean(layers, layer):.3f}" for layer in shown) + " |")
    return lines


def page(results: dict) -> str:
    facts = results["facts"]
    lines = [
        "# Performance",
        "",
        f"`make bench` has written this page, of commit {facts['commit']} on {facts['kernel']} ({facts['release']}). It counts the",
        "instructions of each operation, those of the kernel included, in a guest with one processor that is emulated one instruction",
        "after the other. The numbers do not depend on the host. They say nothing of caches, and of waiting for other processors.",
        "",
        "The first column has the instructions on a plain directory, the others the ratio to it: on a bind mount, through base0fs,",
        "through overlayfs with an upper and a lower layer, where the file is on the upper one, and through bindfs (FUSE). The",
        "least of 24 rounds counts, and of two runs of the guest. Numbers of base0fs above those of overlayfs are bold. A dash: bindfs",
        "does not support it.",
        "",
        "Why base0fs is not below overlayfs everywhere:",
        "",
        "- A lock is taken on the file of each layer, so that those who use the lower file see it. overlayfs takes its own alone.",
        "- A mapping gets the address that the lower filesystem chooses, as below, and the flags of the lower inode are checked again.",
        "  overlayfs does neither.",
        "- A step of a path walk compares the two layers, because the lower tree may change at any time. overlayfs assumes that it",
        "  does not.",
        "",
        f"The module has {facts['text']:,} bytes of code.",
    ]
    for kind, layers in results["costs"].items():
        lines += ["", f"## {kind}", "", f"![Ratios over {kind}](performance-{kind}.svg)", ""] + table(layers)
    lines += ["", "## With a security module", "", "AppArmor, without a profile, over ext4.", ""]
    lines += table(results["module"]["ext4"])
    if results["unsteady"]:
        lines += ["", "## Unsteady", "", "The two runs differ by more than 1 %:", ""]
        lines += [f"- {line}" for line in results["unsteady"]]
    return "\n".join(lines) + "\n"


def picture(kind: str, layers: dict) -> str:
    """Bars of the ratios, base0fs beside overlayfs."""
    names = list(layers["native"])
    row, left, width, most = 22, 250, 420, 3.0
    height = row * len(names) + 60
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 70} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{left + width + 70}" height="{height}" fill="#ffffff"/>',
        f'<text x="{left}" y="18">Instructions over {escape(kind)}, as a ratio to a plain directory</text>',
        f'<rect x="{left}" y="26" width="10" height="10" fill="#2b6cb0"/><text x="{left + 15}" y="35">base0fs</text>',
        f'<rect x="{left + 80}" y="26" width="10" height="10" fill="#cbd5e0"/><text x="{left + 95}" y="35">overlayfs</text>',
    ]
    for mark in (1.0, 1.5, 2.0, 2.5, 3.0):
        x = left + width * mark / most
        parts.append(f'<path d="M{x:.1f} 44V{height - 8}" stroke="#e2e8f0"/><text x="{x - 8:.1f}" y="{height - 1}" font-size="9">{mark}</text>')
    for number, name in enumerate(names):
        y = 46 + row * number
        parts.append(f'<text x="{left - 6}" y="{y + 12}" text-anchor="end">{escape(name)}</text>')
        for offset, layer, colour in ((0, "base0fs", "#2b6cb0"), (8, "overlay", "#cbd5e0")):
            ratio = layers[layer][name] / layers["native"][name]
            length = width * min(ratio, most) / most
            parts.append(f'<rect x="{left}" y="{y + 1 + offset}" width="{length:.1f}" height="7" fill="{colour}"/>')
            parts.append(f'<text x="{left + length + 3:.1f}" y="{y + 8 + offset}" font-size="8">{ratio:.2f}</text>')
    return "\n".join(parts + ["</svg>"]) + "\n"


def write(docs: Path) -> None:
    results = json.loads((docs / "performance.json").read_text())
    (docs / "performance.md").write_text(page(results))
    for kind, layers in results["costs"].items():
        (docs / f"performance-{kind}.svg").write_text(picture(kind, layers))


def check(docs: Path, output: str) -> int:
    """Compares ratios, so that another kernel or compiler is no difference by itself.

    Two runs differ a little. What the two runs of the record differed by is allowed on top, twice.
    """
    results = json.loads((docs / "performance.json").read_text())
    known, spreads = results["costs"], results["spreads"]
    dearer = count = 0
    for kind, layers in costs(output).items():
        for name, cost in layers["base0fs"].items():
            if name in UNSTEADY:
                continue
            count += 1
            ratio = cost / layers["native"][name]
            former = known[kind]["base0fs"][name] / known[kind]["native"][name]
            if ratio > former * (1 + DEARER + 2 * spreads[kind][name]):
                dearer += 1
                print(f"not ok - {name} over {kind} costs {ratio:.3f} of a plain directory; docs/performance.json has {former:.3f}")
    print(f"{count} operations compared, {dearer} dearer")
    return 1 if dearer or not count else 0


def main() -> int:
    docs, command, *rest = Path(sys.argv[1]), *sys.argv[2:]
    if command == "check":
        return check(docs, *rest)
    if command == "record":
        record(docs, *rest)
    write(docs)
    return 0


sys.exit(main())
