/*
 * A program at the other end of a dictionary, over include/pssharedmemory.h. Lines on standard input:
 *   set KEY TEXT       find KEY       number KEY       add KEY N       remove KEY       findnumber N
 *   bytes KEY N        torn KEY N
 * Each is answered by a line: ok and what it found, or -errno. `number` reads an int64, `findnumber` the text under a
 * number; `bytes` sets N bytes of 1 to 255, `torn` reads N times and says how many values were not all of one byte.
 */
#include "pssharedmemory.h"
#include "answer.h"

#include <stdlib.h>

static pssm_dictionary dictionary;
static char buffer[1 << 20];

static void number(const char *key, int64_t add) {
    int64_t value = 0;
    uint32_t type = 0;
    char text[32];
    long length = pssm_dictionary_find(
        &dictionary, key, (uint32_t)strlen(key), PSSM_TEXT, &value, sizeof value, &type);
    value += add;
    if (length >= 0 && add != 0) {
        length = pssm_dictionary_set(
            &dictionary, key, (uint32_t)strlen(key), PSSM_TEXT, &value, sizeof value, PSSM_INT64, -1);
    }
    (void)snprintf(text, sizeof text, "%u %lld", type, (long long)value);
    answer(length, text);
}

static void torn(const char *key, int times) {
    int found = 0;
    char text[32];
    while (times-- > 0) {
        long i, length = pssm_dictionary_find(
                    &dictionary, key, (uint32_t)strlen(key), PSSM_TEXT, buffer, sizeof buffer, NULL);
        for (i = 1; i < length && buffer[i] == buffer[0]; i++) {
        }
        found += length < 0 || i < length;
    }
    (void)snprintf(text, sizeof text, "%d", found);
    answer(0, text);
}

int main(int count, char **arguments) {
    char line[4096], command[32], key[1024];
    int result = count > 1 ? pssm_dictionary_open(&dictionary, arguments[1]) : -EINVAL;
    answer(result, "");
    while (result == 0 && fgets(line, sizeof line, stdin) != NULL) {
        int used = 0;
        line[strcspn(line, "\n")] = 0;
        if (sscanf(line, "%31s %1023s %n", command, key, &used) < 2) {
            continue;
        }
        if (strcmp(command, "set") == 0) {
            answer(pssm_dictionary_set_text(&dictionary, key, line + used), "");
        } else if (strcmp(command, "find") == 0) {
            answer(pssm_dictionary_find_text(&dictionary, key, buffer, sizeof buffer), buffer);
        } else if (strcmp(command, "number") == 0) {
            number(key, 0);
        } else if (strcmp(command, "add") == 0) {
            number(key, atoll(line + used));
        } else if (strcmp(command, "remove") == 0) {
            answer(pssm_dictionary_remove(&dictionary, key, (uint32_t)strlen(key), PSSM_TEXT, -1), "");
        } else if (strcmp(command, "findnumber") == 0) {
            int64_t wanted = atoll(key);
            long length = pssm_dictionary_find(
                &dictionary, &wanted, sizeof wanted, PSSM_INT64, buffer, sizeof buffer - 1, NULL);
            buffer[length < 0 ? 0 : length] = 0;
            answer(length, buffer);
        } else if (strcmp(command, "bytes") == 0) {
            uint32_t length = (uint32_t)atoi(line + used), i;
            for (i = 0; i < length; i++) {
                buffer[i] = (char)(i % 255 + 1);
            }
            answer(pssm_dictionary_set(
                       &dictionary, key, (uint32_t)strlen(key), PSSM_TEXT, buffer, length, PSSM_BYTES, -1), "");
        } else if (strcmp(command, "torn") == 0) {
            torn(key, atoi(line + used));
        }
    }
    pssm_dictionary_close(&dictionary);
    return 0;
}
