#!/usr/bin/env python3
"""A moto server that keeps the paths of input transformers it has parsed.

moto parses eight of them anew for every event on a bus, at a quarter of a
second each; thousands of events would take an hour. Takes the arguments of
moto_server.
"""

import functools
import sys

import jsonpath_ng.ext

jsonpath_ng.ext.parse = functools.lru_cache(maxsize=None)(jsonpath_ng.ext.parse)

from moto.server import main

main(sys.argv[1:])
