#!/usr/bin/env python3
"""Runs the end-to-end tests (test_*.py beside this file), one after the other.

    run.py [--counts FILE] [NAME...]      NAME: only tests whose name contains one of these, like test_pbx or PbxTest.test_sdk

SIPCAST_BIN names the binary (build/dev/sipcast). Logs of each test: build/e2e/NAME/. The last line says "N passed, N failed"."""
import argparse
import pathlib
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))


class Result(unittest.TestResult):
    """One line a test, with its time; what failed is told at once."""

    def __init__(self):
        super().__init__()
        self.passed, self.failed = 0, set()
        self.untested = set()

    def startTest(self, test):
        super().startTest(test)
        self.started = time.monotonic()
        print(f'  ... {test.id()}', flush=True)

    def stopTest(self, test):
        super().stopTest(test)
        good = test.id() not in self.failed | self.untested
        self.passed += good
        print(f'  {"ok  " if good else "skip" if test.id() in self.untested else "FAIL"} {test.id()} ({time.monotonic() - self.started:.1f} s)', flush=True)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._tell(test, self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self._tell(test, self.errors[-1][1])

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.untested.add(test.id())
        print(f'      {reason}', flush=True)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._tell(test, f'{subtest}\n' + (self.failures + self.errors)[-1][1])

    def _tell(self, test, text):
        self.failed.add(getattr(test, 'id', lambda: str(test))())
        print('\n'.join('      ' + line for line in text.splitlines()), flush=True)


def all_tests(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from all_tests(item)
        else:
            yield item


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--counts', type=pathlib.Path)
    parser.add_argument('names', nargs='*')
    options = parser.parse_args()
    found = unittest.TestLoader().discover(str(HERE), 'test_*.py')
    chosen = [t for t in all_tests(found) if not options.names or any(name in t.id() for name in options.names)]
    result = Result()
    started = time.monotonic()
    unittest.TestSuite(chosen).run(result)
    failed = len(result.failed)
    if options.counts:
        with open(options.counts, 'a') as out:
            out.write(f'e2e {result.passed} {failed}\n')
    print(f'end-to-end: {time.monotonic() - started:.0f} s')
    print(f'{result.passed} passed, {failed} failed')
    return 1 if failed or not chosen else 0


if __name__ == '__main__':
    sys.exit(main())
