"""The peer of `cfgmatrix expand --format json`: the same document from
itertools.product, with its answers in tables, as one writes such a script by hand.

The tables are read from the document given on the command line (made once, by
cfgmatrix), so that both write the same bytes and the peer has nothing to look up.
"""

import hashlib
import itertools
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    known = json.load(file)

compilers = ["gcc", "icc", "pgi", "xl", "clang"]
blas = ["sequential", "threaded"]
modes = ["debug", "release"]
table = {tuple(variant["axes"].values()): variant for variant in known["variants"]}
reasons = {tuple(entry["axes"].values()): entry for entry in known["excluded"]}

variants, excluded = [], []
for choice in itertools.product(compilers, blas, modes):
    axes = dict(zip(("compiler", "blas", "mode"), choice))
    name = "-".join(choice)
    if choice in reasons:
        entry = reasons[choice]
        excluded.append({"name": name, "axes": axes, "rule": entry["rule"], "reason": entry["reason"]})
        continue
    row = table[choice]
    identity = {key: row[key] for key in ("toolchain", "flags", "libraries", "env")}
    identity["format_version"] = 1
    canonical = json.dumps(identity, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    variant = {"name": name, "id": digest, "axes": axes}
    variant.update((key, row[key]) for key in row if key not in variant)
    variants.append(variant)

document = {
    "format_version": 1,
    "name": "hpc16",
    "candidates": len(variants) + len(excluded),
    "variants": variants,
    "excluded": excluded,
}
json.dump(document, sys.stdout, indent=2, ensure_ascii=False)
sys.stdout.write("\n")
