/* killer.h for the dictionary: set of a new and of a known key, remove, find, compaction; and with contention. */
#include "killer.h"

#define CAPACITY 2048

static pssm_dictionary dictionary;
static char buffer[CAPACITY];

static void make(void) {
    pssm_dictionary_header *h = dictionary.header;
    memset(h, 0, PSSM_HEADER_SIZE + 2 * CAPACITY);
    make_lock(&h->write_lock);
    dictionary.capacity = CAPACITY;
    dictionary.buckets = 8;
    dictionary.length = PSSM_HEADER_SIZE + 2 * CAPACITY;
}

/* A value is one character many times over. */
static int set(const char *key, char what, uint32_t length) {
    memset(buffer, what, length);
    return pssm_dictionary_set(
        &dictionary, key, (uint32_t)strlen(key), PSSM_TEXT, buffer, length, PSSM_TEXT, 1000);
}

/* The character of a value; 0: none; -1: torn or damaged. */
static int get(const char *key) {
    uint32_t type = 0;
    long i, length = pssm_dictionary_find(
                &dictionary, key, (uint32_t)strlen(key), PSSM_TEXT, buffer, sizeof buffer, &type);
    for (i = 1; i < length; i++) {
        if (buffer[i] != buffer[0]) {
            return -1;
        }
    }
    return length == -ENOENT ? 0 : length <= 0 || type != PSSM_TEXT ? -1 : buffer[0];
}

static void three(void) {
    make();
    (void)set("a", '1', 100);
    (void)set("b", '2', 60);
    (void)set("c", '3', 80);
}

/* So full that the next value does not fit behind it. */
static void three_nearly_full(void) {
    char what = 'p';
    three();
    while (*(uint64_t *)(void *)((char *)dictionary.header + PSSM_HEADER_SIZE) < PSSM_HEADER_SIZE + CAPACITY - 100) {
        (void)set("b", what++, 60);
    }
    (void)set("b", '2', 8);
}

static void ready(void) { memset(buffer, '9', 200); }

static void act_set(const char *key) {
    (void)pssm_dictionary_set(&dictionary, key, 1, PSSM_TEXT, buffer, 200, PSSM_TEXT, 1000);
}

static void act_new(void) { act_set("d"); }
static void act_known(void) { act_set("a"); }
static void act_remove(void) { (void)pssm_dictionary_remove(&dictionary, "a", 1, PSSM_TEXT, 1000); }
static void act_find(void) { (void)get("c"); }

/* Each key has what it had, but one, which may have its new value; and all goes on. */
static const char *expect(char key, char old, char new_value) {
    static const char keys[] = "abcd", values[] = "123\0";
    int round, i;
    for (round = 0; round < 2; round++) {
        for (i = 0; i < 4; i++) {
            char name[2] = {keys[i], 0};
            int found = get(name);
            if (found == -1) {
                return "a value is torn";
            }
            if (keys[i] == key ? found != old && found != new_value : found != values[i]) {
                return "a value is wrong";
            }
            if (keys[i] == key && found != old) {
                old = new_value; /* it does not go back */
            }
        }
        /* Enough to have the half compacted again. */
        for (i = 0; i < 30; i++) {
            if (set("z", (char)('A' + i), 90) != 0 || get("z") != 'A' + i) {
                return "nothing can be set";
            }
        }
    }
    return pssm_dictionary_remove(&dictionary, "z", 1, PSSM_TEXT, 1000) != 0 || get("z") != 0 ? "nothing can be removed"
                                                                                              : NULL;
}

static const char *judge_new(void) { return expect('d', 0, '9'); }
static const char *judge_known(void) { return expect('a', '1', '9'); }
static const char *judge_remove(void) { return expect('a', '1', 0); }
static const char *judge_find(void) { return expect('a', '1', '1'); }

/* ---- contention: the helper sets, removes and reads all the time ---- */

static void help_all_the_time(void) {
    int i;
    for (i = 0; !__atomic_load_n(&books->stop, __ATOMIC_SEQ_CST); i++) {
        char what = (char)('A' + i % 26);
        int known = get("a");
        books->taken[0] |= set("h", what, 90) != 0 || get("h") != what || get("c") != '3';
        books->taken[0] |= known != '1' && known != '9' && known != 0;
        books->taken[0] |= i % 7 == 0 && pssm_dictionary_remove(&dictionary, "h", 1, PSSM_TEXT, 1000) != 0;
        __atomic_store_n(&books->is_running, 1, __ATOMIC_SEQ_CST);
    }
}

static int is_running(void) { return __atomic_load_n(&books->is_running, __ATOMIC_SEQ_CST); }

static const char *contended(const char *wrong) {
    (void)join_helper();
    return wrong != NULL ? wrong : books->taken[0] ? "the other saw what is wrong" : NULL;
}

static const char *judge_contended_known(void) { return contended(judge_known()); }
static const char *judge_contended_new(void) { return contended(judge_new()); }
static const char *judge_contended_remove(void) { return contended(judge_remove()); }

static int died_with_lock(void) { return has_died_with(&dictionary.header->write_lock); }

static const scenario all[] = {
    {"set-new", three, ready, act_new, NULL, NULL, judge_new},
    {"set-known", three, ready, act_known, NULL, NULL, judge_known},
    {"remove", three, ready, act_remove, NULL, NULL, judge_remove},
    {"find", three, ready, act_find, NULL, NULL, judge_find},
    {"compact-new", three_nearly_full, ready, act_new, NULL, NULL, judge_new},
    {"compact-known", three_nearly_full, ready, act_known, NULL, NULL, judge_known},
    {"contended-new", three, ready, act_new, help_all_the_time, is_running, judge_contended_new},
    {"contended-known", three, ready, act_known, help_all_the_time, is_running, judge_contended_known},
    {"contended-remove", three, ready, act_remove, help_all_the_time, is_running, judge_contended_remove},
};

int main(int count, char **arguments) {
    dictionary.header = (pssm_dictionary_header *)shared(PSSM_HEADER_SIZE + 2 * CAPACITY);
    return run_all(all, sizeof all / sizeof *all, count, arguments, died_with_lock);
}
