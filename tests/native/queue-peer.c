/*
 * A program at the other end of a queue, over include/pssharedmemory.h. Lines on standard input:
 *   put TEXT      get      claim      done      release      count      produce ID N      consume
 * Each is answered by a line: ok and what it found, or -errno. `produce` puts ID:0 to ID:N-1 without end of waiting;
 * `consume` writes what it takes as lines until nothing has come for a second.
 */
#include "pssharedmemory.h"
#include "answer.h"

#include <stdlib.h>

static pssm_queue queue;
static char buffer[1 << 20];

static void produce(const char *arguments) {
    int id = 0, count = 0, i;
    if (sscanf(arguments, "%d %d", &id, &count) != 2) {
        return;
    }
    for (i = 0; i < count; i++) {
        char text[200];
        int length = snprintf(text, sizeof text, "%d:%d:%0*d", id, i, i % 100, 0);
        int result = pssm_queue_put(&queue, text, (uint32_t)length, PSSM_TEXT, -1);
        if (result != 0) {
            printf("%d\n", result);
            return;
        }
    }
    answer(0, "produced");
}

static void consume(void) {
    long length;
    while ((length = pssm_queue_get(&queue, buffer, sizeof buffer, NULL, 1000)) >= 0) {
        printf("%.*s\n", (int)length, buffer);
    }
    fflush(stdout);
}

int main(int count, char **arguments) {
    static pssm_claim claim;
    char line[4096];
    int result = count > 1 ? pssm_queue_open(&queue, arguments[1]) : -EINVAL;
    answer(result, "");
    while (result == 0 && fgets(line, sizeof line, stdin) != NULL) {
        uint32_t type = 0;
        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, "put ", 4) == 0) {
            answer(pssm_queue_put(&queue, line + 4, (uint32_t)strlen(line + 4), PSSM_TEXT, 0), "");
        } else if (strcmp(line, "get") == 0 || strcmp(line, "claim") == 0) {
            long length = line[0] == 'g' ? pssm_queue_get(&queue, buffer, sizeof buffer - 1, &type, 5000)
                                         : pssm_queue_claim_next(&queue, buffer, sizeof buffer - 1, &type, 5000, -1,
                                             &claim);
            char text[4200];
            buffer[length < 0 ? 0 : length] = 0;
            (void)snprintf(text, sizeof text, "%u %.4000s", type, buffer);
            answer(length, text);
        } else if (strcmp(line, "done") == 0) {
            answer(pssm_queue_done(&queue, &claim), "");
        } else if (strcmp(line, "release") == 0) {
            answer(pssm_queue_release(&queue, &claim), "");
        } else if (strcmp(line, "count") == 0) {
            char text[32];
            (void)snprintf(text, sizeof text, "%llu", (unsigned long long)pssm_queue_count(&queue));
            answer(0, text);
        } else if (strncmp(line, "produce ", 8) == 0) {
            produce(line + 8);
        } else if (strcmp(line, "consume") == 0) {
            consume();
        }
    }
    pssm_queue_close(&queue);
    return 0;
}
