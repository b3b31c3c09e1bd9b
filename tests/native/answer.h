/*
 * How the programs at the other end answer a line of their input: ok and what they found, or -errno.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include <stdio.h>

static void answer(long result, const char *text) {
    if (result < 0) {
        printf("%ld\n", result);
    } else {
        printf("ok %s\n", text);
    }
    fflush(stdout);
}

#endif
