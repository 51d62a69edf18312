"""Checks proofs with software that is not ours: aics-tlog (Python 3.12), pymerkle.

Arguments: a folder with vkey, cosignature-vkey, *.tlog-proof and *.consistency,
where the proofs of all records are present.
"""

import base64
import glob
import json
import os
import sys

folder = sys.argv[1]


def read(name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return file.read()


def parse(text):
    head, checkpoint = text.split("\n\n", 1)
    lines = head.split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1", lines[0]
    leaf = base64.b64decode(lines[1].removeprefix("extra "))
    index = int(lines[2].removeprefix("index "))
    return leaf, index, [base64.b64decode(line) for line in lines[3:]], checkpoint


def head(note):
    origin, size, root = note.split("\n")[:3]
    return int(size), base64.b64decode(root)


proofs = [parse(read(os.path.basename(path))) for path in sorted(glob.glob(os.path.join(folder, "*.tlog-proof")))]
consistencies = [json.loads(read(os.path.basename(path))) for path in glob.glob(os.path.join(folder, "*.consistency"))]
leaves = [leaf for leaf, index, _, _ in sorted(proofs, key=lambda proof: proof[1])]
assert len(leaves) > 100 and consistencies

import pymerkle

tree = pymerkle.InmemoryTree(algorithm="sha256")
for leaf in leaves:
    tree.append_entry(leaf)
for leaf, index, path, checkpoint in proofs:
    size, root = head(checkpoint)
    assert tree.get_root(size) == root, "another root"
    theirs = tree.prove_inclusion(index + 1, size)
    assert theirs.path[1:] == path, f"another path for {index}"
for proof in consistencies:
    for note in (proof["old"], proof["new"]):
        size, root = head(note)
        assert tree.get_root(size) == root, "another root"
print(f"pymerkle {pymerkle.__version__}: {len(proofs)} proofs")

if sys.version_info >= (3, 12):
    import aics_tlog

    key = aics_tlog.parse_vkey(read("vkey").strip())
    timed = aics_tlog.parse_vkey(read("cosignature-vkey").strip())
    for leaf, index, path, checkpoint in proofs:
        note = aics_tlog.parse_note(checkpoint)
        result = aics_tlog.verify_checkpoint(note, key, [timed], 1, expected_origin="gieng.example/vault")
        assert result.ok and result.cosignature_count == 1, result
        assert aics_tlog.verify_leaf_inclusion(leaf, index, result.size, path, result.root), index
        assert not aics_tlog.verify_leaf_inclusion(leaf + b"x", index, result.size, path, result.root)
    for proof in consistencies:
        (old_size, old_root), (new_size, new_root) = head(proof["old"]), head(proof["new"])
        path = [base64.b64decode(line) for line in proof["path"]]
        assert aics_tlog.verify_consistency(old_size, new_size, old_root, new_root, path)
    print(f"aics-tlog {aics_tlog.__version__}: {len(proofs)} proofs, {len(consistencies)} consistencies")
