#!/usr/bin/env python3
"""Checks that the load generator still runs and prints its tables: bench_shape.py SIPCAST_BENCH SIPCAST. Looks at the shape alone, never at a time."""
import re
import subprocess
import sys
import tempfile

TABLES = ['Fan-out at 1 Mbit/s and PCMA, a phone', 'Fan-out at 1 Mbit/s and PCMA, a paced', 'Joins', 'Memory a viewer', 'From REST', 'Call set-ups',
          'Calls received at once', 'Memory while']


def tables_of(text):
    """Title to rows, the head included; rules left out."""
    found = {}
    for section in text.split('\n### ')[1:]:
        title, _, body = section.partition('\n')
        found[title] = [line.strip('|').split('|') for line in body.splitlines() if line.startswith('|') and not line.startswith('|---')]
    return found


def main():
    bench, server = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run([bench, f'--binary={server}', f'--folder={folder}', '--quick'], capture_output=True, text=True, timeout=170)
    problems = [f'exit status {run.returncode}: {run.stderr}'] if run.returncode else []
    tables = tables_of(run.stdout)
    for wanted in TABLES:
        rows = next((rows for title, rows in tables.items() if title.startswith(wanted)), [])
        if len(rows) < 2:
            problems.append(f'no table "{wanted}..."')
        problems += [f'{wanted}: {len(row)} cells in place of {len(rows[0])}: {"|".join(row)}' for row in rows[1:] if len(row) != len(rows[0])]
        if rows[1:] and not re.search(r'\d', '|'.join(rows[1])):
            problems.append(f'{wanted}: no figures')
    if problems:
        print('\n'.join([*problems, run.stdout, run.stderr]))
    print(f'bench: {len(tables)} tables, {len(problems)} findings')
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
