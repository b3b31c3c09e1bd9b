"""chaos-peer.c in Python, over the same header: chaos-peer.py produce|consume QUEUE FILE LIBRARY."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples"))
import workers  # noqa: E402


def filling(number):
    return chr(ord("a") + number % 26) * (number * 37 % 1500)


def produce(queue, file, name):
    number = 0
    while True:
        queue.put(f"{name}:{number}:{filling(number)}".encode())
        os.write(file, b"%d\n" % number)
        number += 1
        time.sleep(0.002)


def consume(queue, file, _):
    while True:
        message, _, claim = queue.claim()
        try:
            producer, number, rest = message.decode().split(":")
            is_whole = rest == filling(int(number))
        except ValueError:
            is_whole = False
        os.write(file, f"{producer} {number}\n".encode() if is_whole else b"torn\n")
        queue.done(claim)


if __name__ == "__main__":
    work, name, notes, library = sys.argv[1:]
    descriptor = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    shared = workers.Queue(workers.load(library), name)
    (produce if work == "produce" else consume)(shared, descriptor, notes[-32:])
