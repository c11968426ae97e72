"""Reads a job's arguments, as scripts for AWS expect of `awsglue.utils`. Only what Python shell scripts use."""

import argparse
import sys


class GlueArgumentError(Exception):
    pass


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise GlueArgumentError(message)


def getResolvedOptions(args, options):
    parser = _Parser(allow_abbrev=False)
    for option in options:
        parser.add_argument("--" + option, required=True)
    known, _ = parser.parse_known_args(args[1:] if args is sys.argv else args)
    return vars(known)
