/*
 * A program that keeps a struct in shared memory.
 *
 *   structpeer layout           prints sizeof, offsets: "path offset size"
 *   structpeer fill /NAME       writes every field of a struct board at the start of the object
 *   structpeer show /NAME       prints every field as it reads it: "path=value"
 */
#define _GNU_SOURCE
#include "structpeer.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(const char *what)
{
    perror(what);
    return 1;
}

#define PLACE(path) printf(#path " %zu %zu\n", offsetof(struct board, path), sizeof(((struct board *)0)->path))

static int layout(void)
{
    printf("board 0 %zu\n", sizeof(struct board));
    PLACE(title);
    PLACE(rows);
    PLACE(items);
    PLACE(items[2].at.y);
    PLACE(items[1].state);
    PLACE(record);
    PLACE(record.stamp);
    PLACE(record.crc);
    PLACE(flags);
    PLACE(tight);
    PLACE(tight.after);
    PLACE(sequence);
    PLACE(total);
    PLACE(grid[1][2]);
    PLACE(bits);
    PLACE(pair.right);
    PLACE(callback);
    PLACE(wide_text);
    PLACE(raw);
    PLACE(aligned);
    PLACE(huge);
    PLACE(tail_count);
    return 0;
}

static void fill(struct board *board)
{
    memset(board, 0, sizeof *board);
    strcpy(board->title, "Gr\xc3\xbc\xc3\x9f Gott");
    memcpy(board->rows[0], "12345678", 8);
    strcpy(board->rows[1], "b");
    for (int i = 0; i < ITEM_COUNT; i++) {
        board->items[i].id = 100 + i;
        snprintf(board->items[i].name, NAME_LENGTH, "item-%d", i);
        board->items[i].at.x = i + 0.5;
        board->items[i].at.y = -i;
        board->items[i].state = i == 0 ? STATE_IDLE : i == 1 ? STATE_RUNNING : STATE_FAILED;
    }
    board->record.tag = 0xfe;
    board->record.length = 0xdeadbeef;
    board->record.stamp = INT64_MIN;
    board->record.crc = 0xabcd;
    board->flags.ready = 1;
    board->flags.mode = 5;
    board->flags.delta = -64;
    board->flags.wide = 0xa5a5a5a5a5;
    board->flags.last = true;
    board->flags.state = STATE_FAILED;
    board->tight.low = 6;
    board->tight.across = 0x1abcd;
    board->tight.far = -8000000000000;
    board->tight.after = 0x77;
    atomic_store(&board->sequence, 4000000000u);
    atomic_store(&board->signed_count, -7);
    atomic_store(&board->total, UINT64_MAX);
    for (int i = 0; i < 6; i++)
        board->grid[i / 3][i % 3] = i * 1000 - 2500;
    board->real = 1.5f;
    board->pair.left = -2;
    board->pair.right = INT64_C(1) << 40;
    board->letter = 'Q';
    board->is_open = true;
    board->text = (const char *)0x7f0000001234;
    board->callback = (int (*)(int))0x401000;
    memcpy(board->wide_text, u"h\u00e9\U0001f600", 8);
    memcpy(board->raw, "\x01\x00\xff\x80\x05", 5);
    board->aligned = -0.25f;
    board->huge = ((__int128)1 << 100) - 1;
    board->tail_count = 4;
    for (int i = 0; i < 4; i++)
        board->tail[i] = 10 * (i + 1);
}

static void text(const char *path, const char *value, size_t size)
{
    printf("%s=%.*s\n", path, (int)strnlen(value, size), value);
}

static void show(struct board *board)
{
    char path[40];
    text("title", board->title, sizeof board->title);
    text("rows[0]", board->rows[0], sizeof board->rows[0]);
    text("rows[1]", board->rows[1], sizeof board->rows[1]);
    for (int i = 0; i < ITEM_COUNT; i++) {
        printf("items[%d].id=%" PRIu32 "\n", i, board->items[i].id);
        snprintf(path, sizeof path, "items[%d].name", i);
        text(path, board->items[i].name, NAME_LENGTH);
        printf("items[%d].at.x=%g\nitems[%d].at.y=%g\n", i, board->items[i].at.x, i, board->items[i].at.y);
        printf("items[%d].state=%d\n", i, (int)board->items[i].state);
    }
    printf("record.tag=%u\nrecord.length=%u\n", board->record.tag, board->record.length);
    printf("record.stamp=%" PRId64 "\nrecord.crc=%u\n", board->record.stamp, board->record.crc);
    printf("flags.ready=%u\nflags.mode=%u\nflags.delta=%d\n", board->flags.ready, board->flags.mode,
        board->flags.delta);
    printf("flags.wide=%" PRIu64 "\nflags.last=%d\nflags.state=%d\n", (uint64_t)board->flags.wide, board->flags.last,
        (int)board->flags.state);
    printf("tight.low=%u\ntight.across=%u\n", board->tight.low, board->tight.across);
    printf("tight.far=%" PRId64 "\ntight.after=%u\n", (int64_t)board->tight.far, board->tight.after);
    printf("sequence=%u\nsigned_count=%d\n", atomic_load(&board->sequence), atomic_load(&board->signed_count));
    printf("total=%" PRIu64 "\n", (uint64_t)atomic_load(&board->total));
    for (int i = 0; i < 6; i++)
        printf("grid[%d][%d]=%d\n", i / 3, i % 3, board->grid[i / 3][i % 3]);
    printf("real=%g\nbits=%u\n", board->real, board->bits);
    printf("pair.left=%d\npair.right=%ld\n", board->pair.left, board->pair.right);
    printf("letter=%c\nis_open=%d\n", board->letter, board->is_open);
    printf("text=%p\ncallback=%p\n", (const void *)board->text, (void *)board->callback);
    printf("wide_text=");
    for (int i = 0; i < 8 && board->wide_text[i]; i++)
        printf("%04x", board->wide_text[i]);
    printf("\nraw=");
    for (int i = 0; i < 5; i++)
        printf("%02x", board->raw[i]);
    printf("\naligned=%g\n", board->aligned);
    printf("huge=%016" PRIx64 "%016" PRIx64 "\n", (uint64_t)(board->huge >> 64), (uint64_t)board->huge);
    printf("tail_count=%u\n", board->tail_count);
    for (uint32_t i = 0; i < board->tail_count && i < 100; i++)
        printf("tail[%u]=%u\n", i, board->tail[i]);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "layout") == 0)
        return layout();
    if (argc != 3) {
        fprintf(stderr, "usage: structpeer layout | fill /NAME | show /NAME\n");
        return 2;
    }
    int fd = shm_open(argv[2], O_RDWR, 0);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0)
        return fail("shm_open");
    void *memory = mmap(NULL, status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        return fail("mmap");
    if (strcmp(argv[1], "fill") == 0)
        fill(memory);
    else
        show(memory);
    return 0;
}
