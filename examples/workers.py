"""A worker in Python: takes numbers from a queue, and puts their squares into another.

    python3 workers.py LIBRARY JOBS RESULTS

The library is include/pssharedmemory.h, compiled:

    gcc -shared -fPIC -O2 -DPSSM_API= -x c include/pssharedmemory.h -o libpssharedmemory.so -lpthread

The queues are mapped by that library. multiprocessing.shared_memory is not used, and so no resource tracker comes to
know of them, which would unlink them when Python ends.
"""
import ctypes
import errno
import sys
import time

BYTES, TEXT, NULL = 1, 2, 6


class Claim(ctypes.Structure):
    _fields_ = [("position", ctypes.c_uint64), ("number", ctypes.c_uint32)]


class Queue:
    """A queue of New-ShmQueue."""

    def __init__(self, library, name):
        self._library = library
        self._queue = ctypes.create_string_buffer(256)
        self._message = ctypes.create_string_buffer(1 << 16)
        self._check(library.pssm_queue_open(self._queue, name.encode()))

    def put(self, data, kind=TEXT):
        self._check(self._library.pssm_queue_put(self._queue, data, len(data), kind, -1))

    def claim(self, timeout_ms=-1):
        """The next message, its type, and the claim; None where there is none in time."""
        kind, claim = ctypes.c_uint32(), Claim()
        length = self._library.pssm_queue_claim_next(
            self._queue, self._message, len(self._message), ctypes.byref(kind), timeout_ms, -1, ctypes.byref(claim))
        if length == -errno.EAGAIN:
            return None
        self._check(length)
        return self._message.raw[:length], kind.value, claim

    def done(self, claim):
        self._check(self._library.pssm_queue_done(self._queue, ctypes.byref(claim)))

    @staticmethod
    def _check(result):
        if result < 0:
            raise OSError(-result, errno.errorcode.get(-result, "?"))


def load(path):
    library = ctypes.CDLL(path)
    library.pssm_queue_claim_next.restype = ctypes.c_long
    library.pssm_queue_claim_next.argtypes = [
        ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_void_p]
    library.pssm_queue_put.argtypes = [
        ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_int]
    return library


def main(path, jobs, results):
    library = load(path)
    jobs, results = Queue(library, jobs), Queue(library, results)
    while True:
        message, kind, claim = jobs.claim()
        if kind != NULL:
            time.sleep(0.001)  # The work.
            number = int(message)
            results.put(f"{number} {number * number} Python".encode())
        # Only now is the job gone: had this process been killed, another would have it.
        jobs.done(claim)
        if kind == NULL:
            break


if __name__ == "__main__":
    main(*sys.argv[1:])
