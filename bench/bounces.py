#!/usr/bin/env python3
"""Reads mails with `sendoff bounce parse --json` and prints a result line for each, for a scorer of bounce parsers.

usage: bounces.py SENDOFF FOLDER... > results.jsonl

A FOLDER holds mails in a folder `dev` (or any other one); its own name is the corpus. A line:
 {"corpus": "...", "file": "...", "class": "bounce|delayed|delivered|other", "orig_message_id": "...",
  "recipients": [{"rcpt": "...", "status": "...", "action": "...", "kind": "hard|soft|none"}]}
"""
import json, os, subprocess, sys

KINDS = {"hard": "hard", "soft": "soft", "delay": "soft", "success": "none", "unknown": ""}


def class_of(report):
    if not report["bounce"]:
        return "other"
    actions = {r["action"] for r in report["recipients"]}
    if not actions or "failed" in actions:
        return "bounce"
    return "delayed" if "delayed" in actions else "delivered"


def result(corpus, report):
    recipients = [
        {"rcpt": r["address"], "status": r["status"], "action": r["action"], "kind": KINDS[r["kind"]]}
        for r in report["recipients"]
    ]
    return {
        "corpus": corpus, "file": os.path.basename(report["file"]), "class": class_of(report),
        "recipients": recipients, "orig_message_id": report["message_id"], "error": "",
    }


def main(sendoff, folders):
    for folder in folders:
        corpus = os.path.basename(os.path.normpath(folder))
        mails = [
            os.path.join(path, name) for path, _, names in sorted(os.walk(folder)) if path != folder for name in sorted(names)
        ]
        for first in range(0, len(mails), 200):  # a command line has an end
            parsed = subprocess.run(
                [sendoff, "bounce", "parse", "--json", *mails[first:first + 200]], check=True, timeout=60, stdout=subprocess.PIPE, text=True,
            )
            for line in parsed.stdout.splitlines():
                print(json.dumps(result(corpus, json.loads(line)), ensure_ascii=False))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
