/*
 * What structpeer.c and the module both read: the one compiles it, the other lays it out by itself.
 */
#ifndef STRUCTPEER_H
#define STRUCTPEER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <uchar.h>

#define NAME_LENGTH 16
#define ITEM_COUNT (2 + 1) /* of struct board */
#define PACKED __attribute__((packed))

#ifdef __cplusplus
extern "C" {
#endif

enum state {
    STATE_IDLE,
    STATE_RUNNING = 10,
    STATE_STOPPED,
    STATE_FAILED = -1
};

typedef struct {
    double x, y;
} point_t;

struct item {
    uint32_t id;
    char name[NAME_LENGTH];
    point_t at;
    enum state state;
};

#pragma pack(push, 1)
struct record {
    uint8_t tag;
    uint32_t length;
    int64_t stamp;
    uint16_t crc;
};
#pragma pack(pop)

struct flags {
    unsigned ready : 1;
    unsigned mode : 3;
    int delta : 7;
    unsigned : 0;
    uint64_t wide : 40;
    bool last : 1;
    enum state state : 5;
};

struct PACKED tight {
    uint8_t low : 3;
    uint32_t across : 17; /* over three bytes */
    int64_t far : 44;
    uint8_t after;
};

struct board {
    char title[32];
    char rows[2][8];
    struct item items[ITEM_COUNT];
    struct record record;
    struct flags flags;
    struct tight tight;
    _Atomic uint32_t sequence;
    atomic_int signed_count;
    _Atomic(uint64_t) total;
    int32_t grid[2][3];
    union {
        float real;
        uint32_t bits;
    };
    struct {
        short left;
        long right;
    } pair;
    char letter;
    bool is_open;
    const char *text;
    int (*callback)(int);
    char16_t wide_text[8];
    uint8_t raw[5];
    _Alignas(32) float aligned;
    __int128 huge;
    uint32_t tail_count;
    uint16_t tail[];
};

#ifdef __cplusplus
}
#endif

#endif
