"""Prints what each reader of YAML makes of the files, as JSON: a list of readers, each a list of files."""

import io
import json
import sys

import yaml
from ruamel.yaml import YAML


def ruamel(version):
    reader = YAML(typ="safe", pure=True)
    reader.version = version
    return reader.load


texts = [open(path, encoding="utf-8", newline="").read() for path in sys.argv[1:]]
readers = [yaml.safe_load, ruamel("1.1"), ruamel("1.2")]
if hasattr(yaml, "CSafeLoader"):
    readers.append(lambda text: yaml.load(text, Loader=yaml.CSafeLoader))
print(json.dumps([[read(io.StringIO(text)) for text in texts] for read in readers]))
