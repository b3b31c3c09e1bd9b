# Times mounting, reading 1 KiB and unmounting with Python's own multiprocessing.shared_memory; prints seconds.
import sys
import time
from multiprocessing import resource_tracker, shared_memory

name, times = sys.argv[1], int(sys.argv[2])
start = time.perf_counter()
for _ in range(times):
    segment = shared_memory.SharedMemory(name)
    data = bytes(segment.buf[:1024])
    segment.close()
elapsed = time.perf_counter() - start

# Opening registers the segment for removal at exit; it is not Python's to remove.
resource_tracker.unregister("/" + name, "shared_memory")
print(elapsed)
