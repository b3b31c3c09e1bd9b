# Times messages of 64 bytes from 2 producers to 2 consumers through multiprocessing.Queue; prints seconds.
import multiprocessing
import sys
import time


def produce(queue, count, start):
    start.wait()
    message = bytes(64)
    for _ in range(count):
        queue.put(message)


def consume(queue, count, start):
    start.wait()
    for _ in range(count):
        queue.get()


if __name__ == "__main__":
    times = int(sys.argv[1])
    queue = multiprocessing.Queue()
    start = multiprocessing.Event()
    everybody = [
        multiprocessing.Process(target=work, args=(queue, times // 2, start))
        for work in (produce, produce, consume, consume)
    ]
    for process in everybody:
        process.start()
    time.sleep(0.2)
    begun = time.perf_counter()
    start.set()
    for process in everybody:
        process.join()
    print(time.perf_counter() - begun)
