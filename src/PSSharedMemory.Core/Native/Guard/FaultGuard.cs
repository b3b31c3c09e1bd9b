using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace PSSharedMemory.Native;

/// <summary>
/// What stands between memory that a peer takes away and the end of this process: a handler of SIGBUS and SIGSEGV
/// before the runtime's (guard-x64.S). It puts a private zero page under a fault in a registered range and counts it,
/// so that plain loads and stores, vector code and atomic instructions go on; the code that made the access looks at
/// the count afterwards.
/// </summary>
/// <remarks>
/// SIGSEGV is for pages that other code in this process has closed or unmapped behind the module's back. Signal
/// handlers belong to the process, and so does this class; once installed, it stays.
/// </remarks>
internal static unsafe class FaultGuard
{
    /// <summary>
    /// The AppContext switch and, with its value 1, the environment variable that leave it out: for tests.
    /// </summary>
    public const string DisablingSwitch = "PSSharedMemory.DisableFaultGuard";

    /// <summary>The same as an environment variable.</summary>
    public const string DisablingVariable = "PSSHAREDMEMORY_DISABLE_FAULT_GUARD";

    private static readonly GuardData* Data;
    private static readonly GuardTable? Table;
    private static readonly nint Handler;
    private static int s_isToldOfOther;

    static FaultGuard()
    {
        WhyNot = FindHindrance();
        if (WhyNot is not null)
        {
            return;
        }

        WhyNot = PlaceCode(out Handler, out var data) ?? Install(Handler, data);
        if (WhyNot is null)
        {
            Data = data;
            Table = new GuardTable(data);
        }
    }

    /// <summary>Whether it stands. If not, the kernel copies what could vanish.</summary>
    public static bool IsActive => Table is not null;

    /// <summary>Why it does not stand, in words; null where it does.</summary>
    public static string? WhyNot { get; }

    /// <summary>Faults that it has absorbed in this process.</summary>
    public static long Absorbed => IsActive ? Interlocked.Read(ref Data->Absorbed) : 0;

    /// <summary>An entry in which no fault ever counts: of memory without a guard.</summary>
    public static GuardEntry* Nothing { get; } = (GuardEntry*)NativeMemory.AllocZeroed((nuint)sizeof(GuardEntry));

    /// <summary>Gives it areas of the address space to spend on single pages, or takes them back (negative).</summary>
    public static void AddAreas(long areas)
    {
        if (IsActive)
        {
            Interlocked.Add(ref Data->SpareAreas, areas);
        }
    }

    /// <summary>Areas that it may still spend.</summary>
    public static long SpareAreas => IsActive ? Interlocked.Read(ref Data->SpareAreas) : 0;

    /// <summary>Guards a range from now on; <see cref="Nothing"/> where the guard isn't installed.</summary>
    public static GuardEntry* Add(nint start, long length, long pageSize, int protection) =>
        Table is null ? Nothing : Table.Add(start, length, pageSize, protection);

    /// <summary>Stops guarding it: called before the addresses are given back.</summary>
    public static void Remove(GuardEntry* entry)
    {
        Unlist(entry);
        Retire(entry);
    }

    /// <summary>Stops guarding it, and keeps its notes until <see cref="Retire"/>.</summary>
    public static void Unlist(GuardEntry* entry)
    {
        if (entry != Nothing)
        {
            GuardTable.Unlist(entry);
        }
    }

    /// <summary>Gives back an unlisted entry, for another range.</summary>
    public static void Retire(GuardEntry* entry)
    {
        if (entry != Nothing)
        {
            Table!.Retire(entry);
        }
    }

    /// <summary>
    /// Waits for the handlers that are under way now. Each ends in a few microseconds; where others keep beginning,
    /// the wait does, after some milliseconds.
    /// </summary>
    public static void WaitForHandlers()
    {
        var wait = default(SpinWait);
        for (var i = 0; IsActive && Interlocked.Read(ref Data->Active) != 0 && i < 1000; i++)
        {
            wait.SpinOnce(sleep1Threshold: -1);
        }
    }

    /// <summary>
    /// Looks whether another handler was installed in front of it since; says so once. One that passes on other faults
    /// does no harm; one that doesn't lets the process die where memory vanishes.
    /// </summary>
    /// <returns>The signal, or null.</returns>
    public static string? FindHandlerBefore()
    {
        if (!IsActive || Volatile.Read(ref s_isToldOfOther) != 0)
        {
            return null;
        }

        var signal = IsHandling(Libc.SIGBUS) ? IsHandling(Libc.SIGSEGV) ? null : "SIGSEGV" : "SIGBUS";
        return signal is not null && Interlocked.Exchange(ref s_isToldOfOther, 1) == 0 ? signal : null;
    }

    private static bool IsHandling(int signal) =>
        Libc.sigaction(signal, null, out var action) < 0 || action.sa_handler == Handler;

    private static string? FindHindrance()
    {
        if ((AppContext.TryGetSwitch(DisablingSwitch, out var isDisabled) && isDisabled)
            || Environment.GetEnvironmentVariable(DisablingVariable) == "1")
        {
            return $"{DisablingVariable} or the switch {DisablingSwitch} leaves it out";
        }

        var architecture = RuntimeInformation.ProcessArchitecture;
        return FaultGuardCode.Of(architecture).IsEmpty ? $"there is none for the architecture {architecture}" : null;
    }

    /// <summary>Puts the code and its data into memory of their own; returns why not, if that fails.</summary>
    private static string? PlaceCode(out nint code, out GuardData* data)
    {
        var bytes = FaultGuardCode.Of(RuntimeInformation.ProcessArchitecture);
        var page = (nuint)Environment.SystemPageSize;
        data = null;
        code = Libc.mmap(
            0, 2 * page, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0);
        if (Libc.IsError(code))
        {
            return $"there is no memory for it (mmap: {NativeError.Name((int)-code)})";
        }

        bytes.CopyTo(new Span<byte>((void*)code, bytes.Length));
        *(nint*)(code + bytes.Length - sizeof(nint)) = code + (nint)page;
        var result = Libc.mprotect(code, page, Libc.PROT_READ | Libc.PROT_EXEC);
        if (result < 0)
        {
            _ = Libc.munmap(code, 2 * page);
            return $"this process may not make executable memory (mprotect: {NativeError.Name(-result)})";
        }

        // On arm64 the kernel cleans the instruction cache when a page becomes executable: nothing is written behind
        // that.
        data = (GuardData*)(code + (nint)page);
        return null;
    }

    private static string? Install(nint handler, GuardData* data) =>
        TakeOver(Libc.SIGBUS, handler, &data->OldBus) ?? TakeOver(Libc.SIGSEGV, handler, &data->OldSegv);

    private static string? TakeOver(int signal, nint handler, nint* old)
    {
        // The handler before it is known before anything can reach this one.
        var result = Libc.sigaction(signal, null, out var action);
        if (result >= 0)
        {
            *old = action.sa_handler;
            var isDefault = action.sa_handler is Libc.SIG_DFL or Libc.SIG_IGN;
            action.sa_handler = handler;
            action.sa_flags = isDefault
                ? Libc.SA_SIGINFO | Libc.SA_ONSTACK | Libc.SA_RESTART
                : (action.sa_flags & ~Libc.SA_RESETHAND) | Libc.SA_SIGINFO;
            result = Libc.sigaction(signal, &action, out _);
        }

        return result >= 0
            ? null
            : $"the handler of signal {signal} cannot be set (sigaction: {NativeError.Name(-result)})";
    }
}
