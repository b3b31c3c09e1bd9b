// The handler of SIGBUS and SIGSEGV that stands before the runtime's: handler(signal, siginfo, context). What it does,
// and why in this order, is told in guard-x64.S. FaultGuardCode.cs has the bytes that this assembles to:
//   aarch64-linux-gnu-gcc -c guard-arm64.S -o guard.o && aarch64-linux-gnu-objcopy -O binary -j .text guard.o guard.bin

        // The data.
        .set OLD_BUS, 0
        .set OLD_SEGV, 8
        .set ACTIVE, 16
        .set SPARE_AREAS, 24
        .set FIRST_BLOCK, 32
        .set ABSORBED, 40
        .set DEFAULT_ACTION, 64

        // A block of the table.
        .set NEXT_BLOCK, 0
        .set ENTRY_COUNT, 8
        .set ENTRIES, 64
        .set ENTRY_SIZE, 64

        // An entry.
        .set START, 0
        .set END, 8
        .set PAGE_SHIFT, 16
        .set PROTECTION, 24
        .set LOST, 32
        .set HITS, 40
        .set HOW_LOST, 48

        .set SIGBUS, 7
        .set SIGSEGV, 11
        .set BUS_ADRERR, 2
        .set SYS_KILL, 129
        .set SYS_RT_SIGACTION, 134
        .set SYS_GETPID, 172
        .set SYS_MMAP, 222
        .set ZERO_PAGE_FLAGS, 0x4032

        // Adds to a number of the data or of an entry, seen by all in this order; \old is what it was.
        .macro  add_atomic base, offset, by, old=x14
        add     x15, \base, #\offset
9:      ldaxr   \old, [x15]
        add     x16, \old, #\by
        stlxr   w17, x16, [x15]
        cbnz    w17, 9b
        dmb     ish
        .endm

        .text
        hint    #34                     // bti c
        ldr     x9, data
        ldr     w10, [x1, #8]           // si_code
        cmp     w0, #SIGBUS
        b.ne    segv
        cmp     w10, #BUS_ADRERR
        b.ne    chain
        b       look
segv:   cmp     w0, #SIGSEGV
        b.ne    chain
        sub     w10, w10, #1            // SEGV_MAPERR is 1, SEGV_ACCERR 2
        cmp     w10, #1
        b.hi    chain

look:   ldr     x10, [x1, #16]          // si_addr
        lsr     x11, x10, #16           // a null reference: the runtime's, at once
        cbz     x11, chain
        add_atomic x9, ACTIVE, 1
        ldr     x11, [x9, #FIRST_BLOCK]
block:  cbz     x11, miss
        ldr     x12, [x11, #ENTRY_COUNT]
        add     x13, x11, #ENTRIES
entry:  cbz     x12, next
        sub     x12, x12, #1
        ldar    x14, [x13]              // START
        cbz     x14, skip
        cmp     x10, x14
        b.lo    skip
        ldr     x15, [x13, #END]
        cmp     x10, x15
        b.lo    hit
skip:   add     x13, x13, #ENTRY_SIZE
        b       entry
next:   ldr     x11, [x11, #NEXT_BLOCK]
        b       block

miss:   add_atomic x9, ACTIVE, -1
chain:  ldr     x10, [x9, #OLD_BUS]
        cmp     w0, #SIGBUS
        b.eq    call
        ldr     x10, [x9, #OLD_SEGV]
call:   cmp     x10, #1                 // SIG_DFL is 0, SIG_IGN 1
        b.ls    nobody
        mov     x16, x10
        br      x16

nobody: b.lo    default
        ldr     w10, [x1, #8]
        cmp     w10, #0
        b.gt    default
        ret
default:
        mov     x12, x0
        add     x1, x9, #DEFAULT_ACTION
        mov     x2, #0
        mov     x3, #8
        mov     x8, #SYS_RT_SIGACTION
        svc     #0
        mov     x8, #SYS_GETPID
        svc     #0
        mov     x1, x12
        mov     x8, #SYS_KILL
        svc     #0
        ret

hit:    stp     x0, x1, [sp, #-96]!
        stp     x2, x30, [sp, #16]
        stp     x19, x20, [sp, #32]
        stp     x21, x22, [sp, #48]
        stp     x23, x24, [sp, #64]
        str     x25, [sp, #80]
        mov     x19, x13                // the entry
        mov     x20, x9                 // the data
        ldr     x11, [x19, #PAGE_SHIFT]
        lsr     x21, x10, x11
        lsl     x21, x21, x11           // where the page begins
        mov     x22, #1
        lsl     x22, x22, x11           // its size
        ldr     x12, [x19, #START]
        sub     x12, x21, x12
        lsr     x12, x12, x11           // its number
        ldr     x23, [x19, #LOST]
        lsr     x13, x12, #6
        add     x23, x23, x13, lsl #3   // where its bit is
        mov     x24, #1
        lsl     x24, x24, x12           // the bit: by the number modulo 64

        mov     w25, w0                 // the signal
        ldr     w4, [x1, #8]            // SEGV_MAPERR is 1, SEGV_ACCERR 2: the number of the bit
        bl      note
        cmp     w25, #SIGSEGV
        b.ne    count
        mov     x5, #1
        lsl     x5, x5, x4
        bl      how
count:  add_atomic x19, HITS, 1
        add_atomic x20, SPARE_AREAS, -2
        cmp     x14, #2
        b.lt    whole
        bl      zeros
        cmp     x0, x21
        b.ne    whole
        bl      note
done:   add_atomic x19, HITS, 1
        add_atomic x20, ABSORBED, 1
        add_atomic x20, ACTIVE, -1
        ldr     x25, [sp, #80]
        ldp     x23, x24, [sp, #64]
        ldp     x21, x22, [sp, #48]
        ldp     x19, x20, [sp, #32]
        ldp     x2, x30, [sp, #16]
        add     sp, sp, #96
        ret

whole:  mov     x5, #1
        bl      how
        add_atomic x19, HITS, 1
        ldr     x21, [x19, #START]
        ldr     x22, [x19, #END]
        sub     x22, x22, x21
        bl      zeros
        mov     x5, #1
        bl      how
        cmp     x0, x21
        b.eq    done
        mov     x9, x20
        ldr     x25, [sp, #80]
        ldp     x23, x24, [sp, #64]
        ldp     x21, x22, [sp, #48]
        ldp     x19, x20, [sp, #32]
        ldp     x2, x30, [sp, #16]
        ldp     x0, x1, [sp], #96
        b       miss

        // Sets the page's bit.
note:   ldaxr   x14, [x23]
        orr     x14, x14, x24
        stlxr   w17, x14, [x23]
        cbnz    w17, note
        ret

        // Sets the bits of x5 that say how.
how:    add     x15, x19, #HOW_LOST
again:  ldaxr   x14, [x15]
        orr     x14, x14, x5
        stlxr   w17, x14, [x15]
        cbnz    w17, again
        ret

        // Zeros of x22 bytes at x21; the address, or an error.
zeros:  mov     x0, x21
        mov     x1, x22
        ldr     x2, [x19, #PROTECTION]
        mov     x3, #ZERO_PAGE_FLAGS
        mov     x4, #-1
        mov     x5, #0
        mov     x8, #SYS_MMAP
        svc     #0
        ret

        .balign 8
data:   .quad   0

        .section .note.GNU-stack, "", @progbits
