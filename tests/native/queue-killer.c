/* killer.h for the queue: put, get, claim, done, release; with somebody asleep, and with contention. */
#include "killer.h"

#define CAPACITY 4096

static pssm_queue queue;
static pssm_claim claims[2];
static char buffer[CAPACITY];
static char seen[64];

static void be_this_process(void) {
    queue.pid = (uint32_t)getpid();
    queue.start = pssm_process_start(queue.pid);
}

static void make(void) {
    pssm_queue_header *h = queue.header;
    memset(h, 0, PSSM_HEADER_SIZE);
    make_lock(&h->put_lock);
    make_lock(&h->get_lock);
    queue.data = (char *)h + PSSM_HEADER_SIZE;
    queue.capacity = CAPACITY;
    queue.known_head = queue.known_tail = 0;
    queue.next_look = 0;
    be_this_process();
}

/* A message is one character many times over, but for the second, which is 0. */
static int put(char what, uint32_t length, int timeout_ms) {
    memset(buffer, what, length);
    buffer[1] = 0;
    return pssm_queue_put(&queue, buffer, length, PSSM_TEXT, timeout_ms);
}

/* Its character; -1: none in time, -2: torn. */
static int take(int timeout_ms) {
    long i, length = pssm_queue_get(&queue, buffer, sizeof buffer, NULL, timeout_ms);
    for (i = 2; i < length; i++) {
        if (buffer[i] != buffer[0]) {
            return -2;
        }
    }
    return length < 0 ? -1 : buffer[0];
}

static void turn(int times) {
    while (times-- > 0) {
        (void)put('z', 120, 0);
        (void)take(0);
    }
}

static void two(void) {
    make();
    turn(3);
    (void)put('1', 64, 0);
    (void)put('2', 64, 0);
}

static void two_near_the_end(void) {
    make();
    turn(30);
    (void)put('1', 64, 0);
    (void)put('2', 64, 0);
}

static void three_ready(void) {
    be_this_process();
    memset(buffer, '3', 400);
    buffer[1] = 0;
}

static void one_claimed(void) {
    three_ready();
    (void)pssm_queue_claim_next(&queue, buffer, sizeof buffer, NULL, 0, -1, &claims[0]);
}

static void two_claimed(void) {
    one_claimed();
    (void)pssm_queue_claim_next(&queue, buffer, sizeof buffer, NULL, 0, -1, &claims[1]);
}

static void act_put(void) { (void)pssm_queue_put(&queue, buffer, 400, PSSM_TEXT, 0); }
static void act_get(void) { (void)pssm_queue_get(&queue, buffer, sizeof buffer, NULL, 0); }
static void act_claim(void) { (void)pssm_queue_claim_next(&queue, buffer, sizeof buffer, NULL, 0, -1, &claims[0]); }
static void act_done(void) { (void)pssm_queue_done(&queue, &claims[0]); }
static void act_done_behind(void) { (void)pssm_queue_done(&queue, &claims[1]); }
static void act_release(void) { (void)pssm_queue_release(&queue, &claims[0]); }
static void act_sleep(void) { (void)pssm_queue_get(&queue, buffer, sizeof buffer, NULL, 2); }

/* What is in the queue now, as characters. */
static const char *drain(void) {
    int what, count = 0;
    while ((what = take(0)) >= 0) {
        seen[count++] = (char)what;
    }
    seen[count] = 0;
    return what == -2 ? "a message is torn"
         : queue.header->head != queue.header->tail || pssm_queue_count(&queue) != 0 ? "the books do not agree"
         : NULL;
}

static const char *expect(const char *one, const char *other) {
    const char *wrong;
    if (put('4', 64, 0) != 0) {
        return "nothing can be put";
    }
    wrong = drain();
    return wrong != NULL ? wrong : strcmp(seen, one) == 0 || strcmp(seen, other) == 0 ? NULL : seen;
}

/* Before and after the commit; a claim of the dead comes back, in its place. */
static const char *judge_put(void) { return expect("124", "1234"); }
static const char *judge_get(void) { return expect("124", "24"); }
static const char *judge_done_behind(void) { return expect("124", "14"); }
static const char *judge_claim(void) { return expect("124", "124"); }

/* ---- somebody asleep ---- */

static void empty(void) {
    make();
    turn(3);
}

static void full(void) {
    make();
    (void)put('1', 2000, 0);
    (void)put('2', 2000, 0);
}

static void help_get(void) { _exit(take(5000)); }

static void help_put(void) { _exit(put('h', 1900, 5000) == 0 ? 'h' : 0); }

static int a_getter_sleeps(void) { return __atomic_load_n(&queue.header->getters_asleep, __ATOMIC_SEQ_CST) != 0; }
static int a_putter_sleeps(void) { return __atomic_load_n(&queue.header->putters_asleep, __ATOMIC_SEQ_CST) != 0; }

static const char *judge_sleeping_getter(void) {
    int woken_by;
    const char *wrong;
    if (put('4', 64, 0) != 0) {
        return "nothing can be put";
    }
    woken_by = join_helper();
    wrong = drain();
    if (wrong != NULL) {
        return wrong;
    }
    return (woken_by == '3' && strcmp(seen, "4") == 0) || (woken_by == '4' && seen[0] == 0) ? NULL
                                                                                            : "the sleeper missed it";
}

static const char *judge_sleeping_putter(void) {
    const char *wrong;
    if (queue.header->head == 0 && take(0) != '1') {
        return "nothing can be taken";
    }
    if (join_helper() != 'h') {
        return "the sleeper missed it";
    }
    wrong = drain();
    return wrong != NULL ? wrong : strcmp(seen, "2h") == 0 ? NULL : seen;
}

static const char *judge_dead_sleeper(void) {
    (void)put('1', 64, 0);
    (void)put('2', 64, 0);
    return expect("124", "124");
}

/* ---- contention: the helper puts and takes all the time ---- */

static void help_all_the_time(void) {
    be_this_process();
    while (!__atomic_load_n(&books->stop, __ATOMIC_SEQ_CST)) {
        int what;
        books->put += put('h', 40, 0) == 0;
        what = take(0);
        if (what != -1 && books->taken_count < (int)sizeof books->taken) {
            books->taken[books->taken_count++] = what == -2 ? 'X' : (char)what;
        }
        if (books->taken_count > 30000) {
            (void)usleep(1000);
        }
        __atomic_store_n(&books->is_running, 1, __ATOMIC_SEQ_CST);
    }
}

static int is_running(void) { return __atomic_load_n(&books->is_running, __ATOMIC_SEQ_CST); }

/* Everything is taken once; but for one at most that the victim had got, and its own, which may not have been put. */
static const char *judge_books(int may_miss) {
    const char *wrong;
    int counts[256] = {0}, i, missing;
    if (put('4', 64, 1000) != 0) {
        return "nothing can be put";
    }
    (void)join_helper();
    wrong = drain();
    if (wrong != NULL) {
        return wrong;
    }
    for (i = 0; i < books->taken_count; i++) {
        counts[(unsigned char)books->taken[i]]++;
    }
    for (i = 0; seen[i] != 0; i++) {
        counts[(unsigned char)seen[i]]++;
    }
    missing = 3 + books->put - counts['1'] - counts['2'] - counts['4'] - counts['h'];
    return counts['X'] != 0 ? "a message is torn"
         : counts['1'] > 1 || counts['2'] > 1 || counts['3'] > 1 || counts['4'] != 1 || counts['h'] > books->put
             ? "a message came twice"
         : missing < 0 || missing > may_miss ? "a message is lost"
                                             : NULL;
}

static const char *judge_contended(void) { return judge_books(0); }
static const char *judge_contended_get(void) { return judge_books(1); }

static int died_with_lock(void) {
    return has_died_with(&queue.header->put_lock) || has_died_with(&queue.header->get_lock);
}

static const scenario all[] = {
    {"put", two, three_ready, act_put, NULL, NULL, judge_put},
    {"put-wrapped", two_near_the_end, three_ready, act_put, NULL, NULL, judge_put},
    {"get", two, three_ready, act_get, NULL, NULL, judge_get},
    {"claim", two, three_ready, act_claim, NULL, NULL, judge_claim},
    {"done", two, one_claimed, act_done, NULL, NULL, judge_get},
    {"done-behind", two, two_claimed, act_done_behind, NULL, NULL, judge_done_behind},
    {"release", two, one_claimed, act_release, NULL, NULL, judge_claim},
    {"put-to-sleeper", empty, three_ready, act_put, help_get, a_getter_sleeps, judge_sleeping_getter},
    {"get-from-full", full, three_ready, act_get, help_put, a_putter_sleeps, judge_sleeping_putter},
    {"asleep", empty, three_ready, act_sleep, NULL, NULL, judge_dead_sleeper},
    {"contended-put", two, three_ready, act_put, help_all_the_time, is_running, judge_contended},
    {"contended-get", two, three_ready, act_get, help_all_the_time, is_running, judge_contended_get},
    {"contended-claim", two, three_ready, act_claim, help_all_the_time, is_running, judge_contended},
    {"contended-release", two, one_claimed, act_release, help_all_the_time, is_running, judge_contended},
    {"contended-done", two, one_claimed, act_done, help_all_the_time, is_running, judge_contended_get},
};

int main(int count, char **arguments) {
    queue.header = (pssm_queue_header *)shared(PSSM_HEADER_SIZE + CAPACITY);
    return run_all(all, sizeof all / sizeof *all, count, arguments, died_with_lock);
}
