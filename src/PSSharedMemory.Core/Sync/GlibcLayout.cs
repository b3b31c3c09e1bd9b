using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Whether this host's C library keeps mutexes and semaphores as this module writes them. Tried once, in private
/// memory: what the library locks is inspected here, and what is locked here the library unlocks.
/// </summary>
internal static unsafe class GlibcLayout
{
    private static readonly string? SemaphoreFault = Find(CheckSemaphore);
    private static readonly string? Fault = Find(CheckMutexes);
    private static readonly string? InheritingFault = Fault ?? Find(CheckInheriting);

    /// <summary>Whether the most common kinds of mutexes can be shared.</summary>
    public static bool IsKnown => Fault is null;

    /// <summary>Throws where mutexes of this kind cannot be shared with C programs on this host.</summary>
    /// <exception cref="ShmException">PlatformNotSupported.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Require(MutexKind kind = default)
    {
        if ((kind.InheritsPriority ? InheritingFault : Fault) is { } fault)
        {
            throw NotSupported(fault);
        }
    }

    /// <summary>The same for semaphores, which need less: nobody owns one, so there is nothing to hand on.</summary>
    /// <exception cref="ShmException">PlatformNotSupported.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void RequireSemaphore()
    {
        if (SemaphoreFault is { } fault)
        {
            throw NotSupported(fault);
        }
    }

    private static ShmException NotSupported(string fault) => new(
        ShmErrorId.PlatformNotSupported, $"Mutexes and semaphores are those of the GNU C library: {fault}.");

    private static string? Find(Action<nint> check)
    {
        if (!Libc.IsGnu)
        {
            return "this host has another one";
        }

        // Room for the largest, followed by bytes that nobody may touch.
        const int Room = 128;
        var memory = (nint)NativeMemory.AllocZeroed(Room);
        try
        {
            check(memory);
            return null;
        }
        catch (LayoutException fault)
        {
            return $"the library of this host lays them out differently ({fault.Message})";
        }
        catch (Exception error) when (error is ShmException or EntryPointNotFoundException)
        {
            return error.Message.TrimEnd('.');
        }
        finally
        {
            NativeMemory.Free((void*)memory);
        }
    }

    private static void CheckMutexes(nint memory)
    {
        CheckMutex(memory, MutexKind.RobustErrorCheck);
        CheckMutex(memory, MutexKind.RobustErrorCheck.NotRobust());
        CheckDeath(memory);
    }

    private static void CheckInheriting(nint memory) => CheckMutex(memory, MutexKind.RobustErrorCheck.Inheriting());

    private static void CheckMutex(nint memory, MutexKind kind)
    {
        var mine = HeldLocks.Mine;
        var mutex = (GlibcMutex*)memory;
        var length = GlibcMutex.Size;
        GlibcMutex.Initialize(mutex, kind);
        var ours = new ReadOnlySpan<byte>(mutex, length).ToArray();
        Require(Libc.pthread_mutex_init(memory, kind.IsRobust, kind.InheritsPriority) == 0, "pthread_mutex_init");
        Require(new ReadOnlySpan<byte>(mutex, length).SequenceEqual(ours), "a new mutex");

        // The library locks, we look, the library unlocks.
        Require(Libc.pthread_mutex_trylock(memory) == 0, "pthread_mutex_trylock");
        var word = kind.HasThreadInWord ? mine.ThreadId : 1;
        Require(
            mutex->Word == word && mutex->Owner == mine.ThreadId && mutex->Users == 1,
            "a mutex that the library locked");
        Require(Libc.pthread_mutex_unlock(memory) == 0 && mutex->Word == 0, "pthread_mutex_unlock");
        Require(mutex->Owner == 0 && mutex->Users == 0, "a mutex that the library unlocked");

        // We lock, the library unlocks; its unlinking must leave the list as it was.
        var before = mine.List.First;
        Require(MutexWord.Try(mutex, kind, mine) == LockOutcome.Locked, "locking a mutex");
        var held = mine.Add(null, 0, mutex, kind);
        var isUnlocked = Libc.pthread_mutex_unlock(memory) == 0;
        var isUnlinked = mine.List.First == before;
        mine.Unlink(held);
        mine.Forget(held);
        Require(isUnlocked && isUnlinked && mutex->Word == 0 && mutex->Users == 0, "a mutex that was locked here");
    }

    /// <summary>What the owner field says after a death, and after it was given up.</summary>
    private static void CheckDeath(nint memory)
    {
        var mutex = (GlibcMutex*)memory;
        var mine = HeldLocks.Mine;
        GlibcMutex.Initialize(mutex, MutexKind.RobustErrorCheck);
        mutex->Word = Libc.FUTEX_OWNER_DIED;
        Require(Libc.pthread_mutex_trylock(memory) == -(int)Errno.EOWNERDEAD, "the death of an owner");
        Require(mutex->Owner == GlibcMutex.Inconsistent, "the owner after a death");
        Require(Libc.pthread_mutex_unlock(memory) == 0 && mutex->Owner == GlibcMutex.Unrecoverable, "giving up");
        Require(
            MutexWord.Try(mutex, MutexKind.RobustErrorCheck, mine) == LockOutcome.Unrecoverable,
            "one that was given up");
    }

    private static void CheckSemaphore(nint memory)
    {
        const int Count = 3;
        var semaphore = (GlibcSemaphore*)memory;
        GlibcSemaphore.Initialize(semaphore, Count);
        var ours = *semaphore;
        new Span<byte>(semaphore, GlibcSemaphore.Size).Clear();
        Require(Libc.sem_init(memory, Count) == 0, "sem_init");
        Require(semaphore->Data == ours.Data && semaphore->Shared == ours.Shared, "a new semaphore");
        Require(Libc.sem_trywait(memory) == 0 && semaphore->Data == Count - 1, "sem_trywait");

        // The high half says that somebody sleeps: the library must wake (nobody, here) and count up the low half.
        semaphore->Data = GlibcSemaphore.OneWaiter;
        Require(Libc.sem_post(memory) == 0 && semaphore->Data == GlibcSemaphore.OneWaiter + 1, "sem_post");
    }

    private static void Require(bool isAsExpected, string what)
    {
        if (!isAsExpected)
        {
            throw new LayoutException(what);
        }
    }

    private sealed class LayoutException(string message) : Exception(message);
}
