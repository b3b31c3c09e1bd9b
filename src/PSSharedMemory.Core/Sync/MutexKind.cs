namespace PSSharedMemory;

/// <summary>What a mutex does when its owner locks it again.</summary>
internal enum MutexType
{
    /// <summary>Undefined by POSIX; an error here.</summary>
    Normal,

    /// <summary>It counts.</summary>
    Recursive,

    /// <summary>It is an error.</summary>
    ErrorCheck,

    /// <summary>As Normal; the library spins before it sleeps.</summary>
    Adaptive,
}

/// <summary>The kind that glibc keeps in a mutex.</summary>
internal readonly record struct MutexKind(int Bits)
{
    private const int TypeBits = 3;
    private const int RobustBit = 16;
    private const int InheritBit = 32;
    private const int CeilingBit = 64;

    // Set in every robust mutex, even without PTHREAD_PROCESS_SHARED: the bytes are the same, and the library's
    // operations on them work across processes.
    private const int SharedBit = 128;

    // Lock elision: on, or ruled out because PTHREAD_MUTEX_NORMAL was requested explicitly. Only for the normal type.
    private const int ElisionBits = 256 | 512;

    /// <summary>
    /// As pthread_mutexattr_setpshared, setrobust and settype(PTHREAD_MUTEX_NORMAL as the default) make it.
    /// </summary>
    public static MutexKind Robust => new(RobustBit | SharedBit);

    /// <summary>The same with PTHREAD_MUTEX_ERRORCHECK.</summary>
    public static MutexKind RobustErrorCheck => new(RobustBit | SharedBit | (int)MutexType.ErrorCheck);

    public MutexType Type => (MutexType)(Bits & TypeBits);

    public bool IsRobust => (Bits & RobustBit) != 0;

    public bool InheritsPriority => (Bits & InheritBit) != 0;

    /// <summary>Whether the word holds the owner's id, which the kernel knows.</summary>
    public bool HasThreadInWord => (Bits & (RobustBit | InheritBit)) != 0;

    /// <summary>Whether it's process-shared and robust, and nothing else, of whatever type.</summary>
    public bool IsPlainRobust => (Bits & ~TypeBits) == (RobustBit | SharedBit);

    /// <summary>Whether it's process-shared and can be locked here.</summary>
    public bool IsUsable =>
        (Bits & ~(TypeBits | RobustBit | InheritBit | ElisionBits)) == SharedBit
        && ((Bits & ElisionBits) == 0 || (Type == MutexType.Normal && (Bits & ElisionBits) != ElisionBits));

    /// <summary>The same with priority inheritance.</summary>
    public MutexKind Inheriting() => new(Bits | InheritBit);

    /// <summary>The same without robustness.</summary>
    public MutexKind NotRobust() => new(Bits & ~RobustBit);

    /// <summary>Why the bytes cannot be locked, for a message.</summary>
    public static string WhatElse(in GlibcMutex mutex)
    {
        const int Known = TypeBits | RobustBit | InheritBit | CeilingBit | SharedBit | ElisionBits;
        var kind = mutex.Kind;

        // musl keeps the type in the first word, with the same sharing bit, and leaves glibc's place empty.
        const int MuslBits = 0x8f;
        return kind == 0 && (mutex.Word & SharedBit) != 0 && (mutex.Word & ~MuslBits) == 0
                ? "it looks like a mutex of musl, which is laid out differently from glibc's"
            : kind == 0 ? "it was never initialised, isn't shared between processes, or is another kind of lock"
            : (kind & ~Known) != 0 ? "the bytes there aren't a mutex"
            : (kind & SharedBit) == 0 ? "it isn't shared between processes (PTHREAD_PROCESS_SHARED)"
            : (kind & CeilingBit) != 0 ? "it has a priority ceiling (PTHREAD_PRIO_PROTECT), which isn't supported"
            : "the bytes there aren't a mutex";
    }
}
