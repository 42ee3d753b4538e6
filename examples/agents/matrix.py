#!/usr/bin/env python3
"""Agent by group, from the JSON files of `examples/agents/grade NAME --json target/agents/NAME.json`.

    examples/agents/matrix.py [FILE.json ...]            prints the table (default: target/agents/*.json)
    examples/agents/matrix.py --failures FILE.json ...   and every failed scenario with what was wrong
    examples/agents/matrix.py --write docs/GRADES.md     puts the table between its marks in that page
"""

import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MARKS = ("<!-- matrix: made by examples/agents/matrix.py -->", "<!-- end of matrix -->")
GROUPS = ("errors", "exceptions", "transport", "messages", "history", "usage", "timing", "execution")


def pinned(name):
    """What the runner pins, in a word each."""
    home = HERE / name
    if (home / "requirements.txt").exists():
        direct = (home / "requirements.txt").read_text().split("#")[0].split()
        return ", ".join(line.replace("==", " ") for line in direct)
    if (home / "package.json").exists():
        wanted = json.loads((home / "package.json").read_text())["dependencies"]
        return ", ".join(f"{package} {version}" for package, version in wanted.items())
    text = (home / "Cargo.toml").read_text()
    return ", ".join(f"{name} {version}" for name, version in re.findall(r'^(aws-\S+) = .*?"=?(\d+\.\d+\.\d+)"', text, re.M))


def cell(results):
    """Passed of exercised; an empty group is a dash."""
    passed = sum(each["verdict"] == "passed" for each in results)
    exercised = sum(each["verdict"] != "skipped" for each in results)
    return f"{passed}/{exercised}" if exercised else "–"


def row(name, card):
    results = card["results"]
    by_group = [[each for each in results if each["group"] == group] for group in GROUPS]
    skipped = sum(each["verdict"] == "skipped" for each in results)
    return [name, pinned(name), *map(cell, by_group), cell(results), str(skipped)]


def table(cards):
    head = ["agent", "pinned", *GROUPS, "all", "skipped"]
    rows = [row(name, card) for name, card in sorted(cards.items())]
    rule = ["---", "---"] + ["--:"] * (len(head) - 2)
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, rule, *rows])


def failures(name, card):
    yield f"\n{name}"
    for each in card["results"]:
        if each["verdict"] == "failed":
            first = each["breaches"][0]
            yield f"  {each['name']}  {first['oracle']}  {first['what'][:200]}"


def write(page, text):
    old = page.read_text()
    start, end = (old.index(mark) for mark in MARKS)
    page.write_text(old[: start + len(MARKS[0])] + f"\n\n{text}\n\n" + old[end:])


def main(arguments):
    page = pathlib.Path(arguments[1]) if arguments[:1] == ["--write"] else None
    tell = arguments[:1] == ["--failures"]
    given = arguments[2:] if page else arguments[1:] if tell else arguments
    files = [pathlib.Path(each) for each in given] or sorted((ROOT / "target/agents").glob("*.json"))
    cards = {file.stem: json.loads(file.read_text()) for file in files}
    if page:
        write(page, table(cards))
        return
    print(table(cards))
    for name, card in cards.items() if tell else ():
        print("\n".join(failures(name, card)))


main(sys.argv[1:])
