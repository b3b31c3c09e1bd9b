/*
 * A worker in C: takes numbers from a queue, and puts their squares into another: workers JOBS RESULTS.
 *
 *     gcc -O2 -I../include -o workers workers.c -lpthread
 */
#include "pssharedmemory.h"

#include <stdlib.h>

int main(int count, char **arguments) {
    pssm_queue jobs, results;
    char message[64], result[128];
    uint32_t type = 0;
    if (count != 3 || pssm_queue_open(&jobs, arguments[1]) != 0 || pssm_queue_open(&results, arguments[2]) != 0) {
        fprintf(stderr, "usage: workers JOBS RESULTS, two queues of New-ShmQueue\n");
        return 2;
    }
    while (type != PSSM_NULL) {
        pssm_claim claim;
        long length = pssm_queue_claim_next(&jobs, message, sizeof message - 1, &type, -1, -1, &claim);
        if (length < 0) {
            fprintf(stderr, "workers: %s\n", strerror((int)-length));
            return 1;
        }
        if (type != PSSM_NULL) {
            long number;
            (void)usleep(1000); /* The work. */
            message[length] = 0;
            number = atol(message);
            length = snprintf(result, sizeof result, "%ld %ld C", number, number * number);
            (void)pssm_queue_put(&results, result, (uint32_t)length, PSSM_TEXT, -1);
        }
        /* Only now is the job gone: had this process been killed, another would have it. */
        (void)pssm_queue_done(&jobs, &claim);
    }
    pssm_queue_close(&jobs);
    pssm_queue_close(&results);
    return 0;
}
