using System;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Where the stack of a thread lies, for as long as the thread lives: no other thread has an address within it until
/// then. The thread's own end clears the size, before its stack can become another's.
/// </summary>
internal sealed unsafe class ThreadStack
{
    // What the destructor clears: the bytes of a sigset_t.
    private static readonly nuint CellSize = (nuint)sizeof(Libc.sigset_t);

    // Of threads that have ended. Never freed: the C library may be at the end of its clearing.
    private static readonly ConcurrentBag<nint> Unused = [];

    private static readonly uint? Key = CreateKey();

    private ThreadStack(nint low, nuint* size)
    {
        Low = low;
        Size = size;
    }

    ~ThreadStack()
    {
        if (Volatile.Read(ref *Size) == 0)
        {
            Unused.Add((nint)Size);
        }
        else
        {
            // The runtime is done with the thread, the C library not yet.
            GC.ReRegisterForFinalize(this);
        }
    }

    /// <summary>That of no thread.</summary>
    public static ThreadStack None { get; } = new(0, NewCell());

    /// <summary>The lowest address.</summary>
    public nint Low { get; }

    /// <summary>Bytes; 0 as soon as the thread ends, or where it isn't known.</summary>
    public nuint* Size { get; }

    /// <summary>That of the calling thread, which is to have one only.</summary>
    public static ThreadStack OfThisThread()
    {
        byte local;
        var here = (nint)(&local);
        var cell = Unused.TryTake(out var unused) ? (nuint*)unused : NewCell();
        if (Key is not { } key || Libc.pthread_attr_getstack(out var low, out var size) < 0
            || here < low || (nuint)(here - low) >= size)
        {
            return new ThreadStack(0, cell);
        }

        // A thread that the runtime had left already, and that came back while it ends, has one.
        if (Libc.pthread_getspecific(key) is var former && former is not null)
        {
            Volatile.Write(ref *(nuint*)former, 0);
        }

        if (Libc.pthread_setspecific(key, cell) < 0)
        {
            return new ThreadStack(0, cell);
        }

        var stack = new ThreadStack(low, cell);
        Volatile.Write(ref *cell, size);
        return stack;
    }

    private static nuint* NewCell() => (nuint*)NativeMemory.AllocZeroed(CellSize);

    /// <summary>
    /// The destructor is a function of the C library that puts zeros where its argument points to: no code of the
    /// runtime may run in a thread that has left it.
    /// </summary>
    private static uint? CreateKey() =>
        Libc.IsGnu && Libc.sigemptyset != 0 && Libc.pthread_key_create(out var key, Libc.sigemptyset) >= 0
            ? key
            : null;
}
