"""Compares what `explain` printed with what flufl.bounce's own tests expect; called by scripts/bounce-yardstick."""

import ast
import json
import os
import sys


def expectations(path):
    """{file: (temporary, permanent)}, from the table of the test module and nothing else of it.

    A file may stand there more than once: a detector that is shown another system's mail is expected to find nothing."""
    table = None
    for node in ast.parse(open(path, encoding="utf-8").read()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DETECTORS":
            table = ast.literal_eval(node.value)
    if not table:
        sys.exit(f"{path} has no table of detectors: is this flufl.bounce 6.0.0?")
    expected = {}
    for _, file, addresses, is_temporary in table:
        temporary, permanent = expected.setdefault(file, (set(), set()))
        (temporary if is_temporary else permanent).update(address.decode().lower() for address in addresses)
    return expected


def main(test_module, explained):
    found = {}
    for line in open(explained, encoding="utf-8"):
        one = json.loads(line)
        recipients = one["recipients"] if one["kind"] == "bounce" else []
        found[os.path.basename(one["file"])] = (
            {r["address"].lower() for r in recipients if r["action"] == "delayed"},
            {r["address"].lower() for r in recipients if r["action"] == "failed"},
        )
    wanted = hit = labelled = extra = whole = 0
    misses = []
    expected = expectations(test_module)
    for file, (temporary, permanent) in sorted(expected.items()):
        found_temporary, found_permanent = found[file]
        addresses, found_addresses = temporary | permanent, found_temporary | found_permanent
        wanted += len(addresses)
        hit += len(addresses & found_addresses)
        labelled += len(temporary & found_temporary) + len(permanent & found_permanent)
        extra += len(found_addresses - addresses)
        whole += (temporary, permanent) == (found_temporary, found_permanent)
        if (temporary, permanent) != (found_temporary, found_permanent):
            misses.append(f"  {file}: expected {describe(temporary, permanent)}, found {describe(found_temporary, found_permanent)}")

    print(f"{'':34} right   of      %")
    for name, right, of in [
        ("recipients found", hit, wanted),
        ("... temporary or permanent right", labelled, wanted),
        ("found recipients that are right", hit, hit + extra),
        ("files wholly right", whole, len(expected)),
    ]:
        print(f"{name:34} {right:5} {of:4} {100 * right / of:6.1f}")
    print("\n".join(misses))
    if min(hit, labelled) < 0.95 * wanted:
        sys.exit("below 95 %")


def describe(temporary, permanent):
    words = [f"{address} (temporary)" for address in sorted(temporary)] + sorted(permanent)
    return ", ".join(words) or "nobody"


if __name__ == "__main__":
    main(*sys.argv[1:])
