/*
 * Puts or takes until it is killed, and notes each message in a file, one line each: chaos-peer produce|consume QUEUE
 * FILE. A producer notes a number when it is in; a consumer notes what it has claimed ("ID N", or "torn") before it is
 * done. A message is "ID:N:" and then N letters; the ID is the last 32 characters of the producer's FILE.
 */
#include "pssharedmemory.h"

#include <stdlib.h>

static char message[4096];

static int length_of(long number) { return (int)(number * 37 % 1500); }

static void note(int file, const char *line) {
    if (write(file, line, strlen(line)) < 0) {
        exit(1);
    }
}

static void produce(pssm_queue *queue, int file, const char *id) {
    long number;
    char line[64];
    for (number = 0;; number++) {
        int start = snprintf(message, sizeof message, "%s:%ld:", id, number), i;
        for (i = 0; i < length_of(number); i++) {
            message[start + i] = (char)('a' + number % 26);
        }
        if (pssm_queue_put(queue, message, (uint32_t)(start + i), PSSM_TEXT, -1) != 0) {
            exit(1);
        }
        (void)snprintf(line, sizeof line, "%ld\n", number);
        note(file, line);
        (void)usleep(2000);
    }
}

static void consume(pssm_queue *queue, int file) {
    char line[64];
    for (;;) {
        pssm_claim claim;
        long number = -1, length = pssm_queue_claim_next(queue, message, sizeof message - 1, NULL, -1, -1, &claim);
        char id[33] = "";
        int start = 0, i;
        if (length < 0) {
            exit(1);
        }
        message[length] = 0;
        if (sscanf(message, "%32[0-9a-f]:%ld:%n", id, &number, &start) != 2 || length != start + length_of(number)) {
            note(file, "torn\n");
        } else {
            for (i = start; i < length && message[i] == (char)('a' + number % 26); i++) {
            }
            (void)snprintf(line, sizeof line, "%s %ld\n", id, number);
            note(file, i == length ? line : "torn\n");
        }
        (void)pssm_queue_done(queue, &claim);
    }
}

int main(int count, char **arguments) {
    static pssm_queue queue;
    int file = count == 4 ? open(arguments[3], O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
    if (file < 0 || pssm_queue_open(&queue, arguments[2]) != 0) {
        return 2;
    }
    if (arguments[1][0] == 'p') {
        produce(&queue, file, arguments[3] + strlen(arguments[3]) - 32);
    } else {
        consume(&queue, file);
    }
    return 0;
}
