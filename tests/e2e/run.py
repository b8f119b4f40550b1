#!/usr/bin/env python3
"""Runs the end-to-end tests (test_*.py beside this file).

    run.py [--counts FILE] [--lanes N] [NAME...]      NAME: only tests whose name contains one of these, like test_pbx or PbxTest.test_sdk

Most of a test is waiting, so several lanes of tests run side by side (two, if there are two cores); those that look at a clock (alone = True) follow, one after the other.
SIPCAST_BIN names the binary (build/dev/sipcast). Logs of each test: build/e2e/NAME/, build/e2e-LANE/NAME/. The last line says "N passed, N failed"."""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
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


def run_here(tests):
    """(passed, failed)"""
    result = Result()
    unittest.TestSuite(tests).run(result)
    return result.passed, len(result.failed)


def run_in_child(name, tests):
    """The tests of one class in a process of their own, whose output comes in one piece. (passed, failed)"""
    child = subprocess.run([sys.executable, __file__, '--exactly', *(t.id() for t in tests)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    last = re.search(r'^(\d+) passed, (\d+) failed$', child.stdout, re.M)
    print(child.stdout[:last.start()] if last else f'{child.stdout}  FAIL {name} ended with {child.returncode}\n', end='', flush=True)
    return tuple(map(int, last.groups())) if last else (0, len(tests))


def run_in_lanes(tests, lanes):
    """Class by class, those with most tests first. (passed, failed)"""
    classes = {}
    for test in tests:
        classes.setdefault(f'{type(test).__module__}.{type(test).__name__}', []).append(test)
    by_size = sorted(classes.items(), key=lambda item: -len(item[1]))
    with concurrent.futures.ThreadPoolExecutor(lanes) as pool:
        counts = list(pool.map(lambda item: run_in_child(*item), by_size))
    return [sum(column) for column in zip((0, 0), *counts)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--counts', type=pathlib.Path)
    parser.add_argument('--lanes', type=int, default=min(2, os.cpu_count() or 1), choices=range(1, 4))
    parser.add_argument('--exactly', action='store_true', help='the names are whole, and the tests run in this process')
    parser.add_argument('names', nargs='*')
    options = parser.parse_args()
    started = time.monotonic()
    if options.exactly:
        passed, failed = run_here(unittest.TestLoader().loadTestsFromNames(options.names))
    else:
        chosen = [t for t in all_tests(unittest.TestLoader().discover(str(HERE), 'test_*.py')) if not options.names or any(name in t.id() for name in options.names)]
        if not chosen:
            print('no test of that name')
            return 1
        side_by_side = [t for t in chosen if not t.alone]
        if options.lanes == 1 or len(side_by_side) < 2:
            passed, failed = run_here(chosen)
        else:
            counts = run_in_lanes(side_by_side, options.lanes), run_here([t for t in chosen if t.alone])
            passed, failed = map(sum, zip(*counts))
        if options.counts:
            with open(options.counts, 'a') as out:
                out.write(f'e2e {passed} {failed}\n')
        print(f'end-to-end: {time.monotonic() - started:.0f} s')
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
