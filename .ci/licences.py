#!/usr/bin/env python3
"""Holds every crate of the build against deny.toml: its licence, where it comes from, the crates that are not wanted.

cargo-deny does the same and more; this needs nothing but Python 3.11 and cargo, and works without a network.
"""

import json
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def fits(expression, allowed):
    """Whether an SPDX expression can be met with the allowed licences. AND binds closer than OR; "/" is the old OR."""
    tokens = re.findall(r"[()/]|[\w.+-]+", expression)

    def either():
        found = both()
        while tokens and tokens[0] in ("OR", "/"):
            tokens.pop(0)
            found = both() or found
        return found

    def both():
        found = one()
        while tokens and tokens[0] == "AND":
            tokens.pop(0)
            found = one() and found
        return found

    def one():
        token = tokens.pop(0)
        if token == "(":
            found = either()
            if not tokens or tokens.pop(0) != ")":
                raise ValueError(expression)
            return found
        name = token
        if tokens and tokens[0] == "WITH":
            name = f"{token} {tokens.pop(0)} {tokens.pop(0)}"
        return name in allowed

    try:
        found = either()
    except (IndexError, ValueError):
        return False
    return found and not tokens


def self_test():
    """A reader of licences that lets everything pass would not be noticed otherwise."""
    allowed = {"MIT", "ISC"}
    for expression in ("MIT", "MIT/GPL-3.0", "(GPL-3.0 OR MIT) AND ISC", "GPL-3.0 OR MIT AND ISC"):
        assert fits(expression, allowed), expression
    for expression in ("", "GPL-3.0", "MIT AND GPL-3.0", "(MIT OR GPL-3.0", "MIT WITH Odd-exception", "MIT ISC"):
        assert not fits(expression, allowed), expression


def host():
    told = subprocess.run(["rustc", "-vV"], check=True, capture_output=True, text=True).stdout
    return re.search(r"^host: (\S+)$", told, re.MULTILINE).group(1)


def crates():
    # for this machine only: crates of other platforms need not be there
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", host()]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT).stdout
    document = json.loads(told)
    own = set(document["workspace_members"])
    return [crate for crate in document["packages"] if crate["id"] not in own]


def problems(found, rules):
    allowed = set(rules["licenses"]["allow"])
    registries = tuple(f"registry+{url}" for url in rules["sources"]["allow-registry"])
    versions = defaultdict(list)
    for crate in found:
        name = f"{crate['name']} {crate['version']}"
        versions[crate["name"]].append(crate["version"])
        if not fits(crate["license"] or "", allowed):
            yield f"{name}: licence {crate['license'] or 'not given'} is not on the list"
        if not (crate["source"] or "").startswith(registries):
            yield f"{name}: comes from {crate['source'] or 'a folder'}"
    for rule in rules["bans"]["deny"]:
        there = versions.get(rule["crate"], [])
        if len(there) > (1 if rule.get("deny-multiple-versions") else 0):
            yield f"{rule['crate']} {', '.join(there)}: {rule['reason']}"


def main():
    self_test()
    rules = tomllib.loads((ROOT / "deny.toml").read_text(encoding="utf-8"))
    found = crates()
    wrong = list(problems(found, rules))
    for problem in wrong:
        print(f"licences: {problem}", file=sys.stderr)
    print(f"licences: {len(found)} crates, {len(wrong)} problems")
    return 1 if wrong or not found else 0


if __name__ == "__main__":
    sys.exit(main())
