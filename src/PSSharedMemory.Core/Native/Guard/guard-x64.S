# The handler of SIGBUS and SIGSEGV that stands before the runtime's: handler(signal, siginfo, context).
#
# A fault in a range of the table gets a private zero page under it, is counted, and the instruction goes on; every
# other goes to the handler that was there before. It calls no function, allocates nothing, waits for nobody, and can
# be copied to any address. FaultGuard.cs writes the address of the data behind the code; GuardTable.cs lays the data
# out. FaultGuardCode.cs has the bytes that this assembles to, and a test holds both equal:
#   gcc -c guard-x64.S -o guard.o && objcopy -O binary -j .text guard.o guard.bin

        .intel_syntax noprefix

        # The data.
        .set OLD_BUS, 0
        .set OLD_SEGV, 8
        .set ACTIVE, 16                 # handlers that may be looking at an entry
        .set SPARE_AREAS, 24            # areas that single pages may still take
        .set FIRST_BLOCK, 32
        .set ABSORBED, 40
        .set DEFAULT_ACTION, 64         # a struct sigaction of the kernel, all zero

        # A block of the table.
        .set NEXT_BLOCK, 0
        .set ENTRY_COUNT, 8
        .set ENTRIES, 64
        .set ENTRY_SIZE, 64

        # An entry. While START is not 0, START to PROTECTION and LOST do not change.
        .set START, 0
        .set END, 8
        .set PAGE_SHIFT, 16
        .set PROTECTION, 24
        .set LOST, 32                   # address of a bit for each page
        .set HITS, 40
        .set HOW_LOST, 48               # bits: 0 the whole range, 1 pages unmapped, 2 pages closed by other code

        .set SIGBUS, 7
        .set SIGSEGV, 11
        .set BUS_ADRERR, 2              # beyond the object, or no memory for the page; not a hardware error
        .set SYS_MMAP, 9
        .set SYS_RT_SIGACTION, 13
        .set SYS_GETPID, 39
        .set SYS_KILL, 62
        .set ZERO_PAGE_FLAGS, 0x4032    # MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_NORESERVE

        .text
        endbr64
        mov     r8, [rip + data]
        mov     eax, [rsi + 8]          # si_code
        cmp     edi, SIGBUS
        jne     segv
        cmp     eax, BUS_ADRERR
        jne     chain
        jmp     look
segv:   cmp     edi, SIGSEGV
        jne     chain
        dec     eax                     # SEGV_MAPERR is 1, SEGV_ACCERR 2
        cmp     eax, 1
        ja      chain

look:   mov     r9, [rsi + 16]          # si_addr
        cmp     r9, 0x10000             # a null reference: the runtime's, at once
        jb      chain
        lock inc qword ptr [r8 + ACTIVE]
        mov     r10, [r8 + FIRST_BLOCK]
block:  test    r10, r10
        jz      miss
        mov     rcx, [r10 + ENTRY_COUNT]
        lea     r11, [r10 + ENTRIES]
entry:  test    rcx, rcx
        jz      next
        dec     rcx
        mov     rax, [r11 + START]
        test    rax, rax
        jz      skip
        cmp     r9, rax
        jb      skip
        cmp     r9, [r11 + END]
        jb      hit
skip:   add     r11, ENTRY_SIZE
        jmp     entry
next:   mov     r10, [r10 + NEXT_BLOCK]
        jmp     block

miss:   lock dec qword ptr [r8 + ACTIVE]
chain:  mov     rax, [r8 + OLD_BUS]
        cmp     edi, SIGBUS
        je      call
        mov     rax, [r8 + OLD_SEGV]
call:   cmp     rax, 1                  # SIG_DFL is 0, SIG_IGN 1
        jbe     nobody
        jmp     rax

        # Nobody was there: what the kernel does by itself, once this returns.
nobody: jb      default
        cmp     dword ptr [rsi + 8], 0  # ignored, and sent by somebody: a fault cannot be ignored
        jg      default
        ret
default:
        push    rdi
        lea     rsi, [r8 + DEFAULT_ACTION]
        xor     edx, edx
        mov     r10d, 8
        mov     eax, SYS_RT_SIGACTION
        syscall
        mov     eax, SYS_GETPID
        syscall
        mov     edi, eax
        pop     rsi
        mov     eax, SYS_KILL
        syscall
        ret

hit:    push    rdi
        push    rsi
        push    rdx
        push    rbx
        push    rbp
        push    r12
        push    r13
        push    r14
        mov     rbx, r11                # the entry
        mov     rbp, r8                 # the data
        mov     rcx, [rbx + PAGE_SHIFT]
        mov     r12, r9
        shr     r12, cl
        shl     r12, cl                 # where the page begins
        mov     r13d, 1
        shl     r13, cl                 # its size
        mov     r14, r12
        sub     r14, [rbx + START]
        shr     r14, cl                 # its number

        # Told before the page is there, so that nobody reads zeros who is not told; and after it, since the books may
        # have been read in between.
        mov     rax, [rbx + LOST]
        lock bts [rax], r14
        cmp     edi, SIGSEGV
        jne     count
        mov     eax, [rsi + 8]          # SEGV_MAPERR is 1, SEGV_ACCERR 2: the number of the bit
        lock bts qword ptr [rbx + HOW_LOST], rax
count:  lock inc qword ptr [rbx + HITS]
        mov     rax, -2
        lock xadd [rbp + SPARE_AREAS], rax
        cmp     rax, 2
        jl      whole
        call    zeros
        cmp     rax, r12
        jne     whole
        mov     rax, [rbx + LOST]
        lock bts [rax], r14
done:   lock inc qword ptr [rbx + HITS]
        lock inc qword ptr [rbp + ABSORBED]
        lock dec qword ptr [rbp + ACTIVE]
        pop     r14
        pop     r13
        pop     r12
        pop     rbp
        pop     rbx
        add     rsp, 24
        ret

        # Each single page costs areas. Where there are none to spare, all of the range is one.
whole:  lock or qword ptr [rbx + HOW_LOST], 1
        lock inc qword ptr [rbx + HITS]
        mov     r12, [rbx + START]
        mov     r13, [rbx + END]
        sub     r13, r12
        call    zeros
        lock or qword ptr [rbx + HOW_LOST], 1
        cmp     rax, r12
        je      done
        mov     r8, rbp
        pop     r14
        pop     r13
        pop     r12
        pop     rbp
        pop     rbx
        pop     rdx
        pop     rsi
        pop     rdi
        jmp     miss

        # Zeros of r13 bytes at r12; the address, or an error.
zeros:  mov     rdi, r12
        mov     rsi, r13
        mov     rdx, [rbx + PROTECTION]
        mov     r10d, ZERO_PAGE_FLAGS
        mov     r8, -1
        xor     r9d, r9d
        mov     eax, SYS_MMAP
        syscall
        ret

        .balign 8
data:   .quad   0

        .section .note.GNU-stack, "", @progbits
