using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// A program that was started with a segment. A dedicated thread waits for it, so its end is known at once and no
/// zombie stays, even if nobody keeps this object.
/// </summary>
public sealed class ShmProcess
{
    // All that it does is wait.
    private const int StackSize = 128 * 1024;

    // A signal's number is added to this, as shells do.
    private const int SignalBase = 128;

    private readonly TaskCompletionSource<int> _started = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly object _reaping = new();

    private ShmProcess(string filePath, IReadOnlyList<string> arguments)
    {
        FilePath = filePath;
        ArgumentList = arguments;
    }

    /// <summary>The process id. Once the process has ended, another may get it.</summary>
    public int Id { get; private set; }

    /// <summary>The program, by its full path.</summary>
    public string FilePath { get; }

    /// <summary>What follows the program's name.</summary>
    public IReadOnlyList<string> ArgumentList { get; }

    /// <summary>The segment that it received; null for none.</summary>
    public ShmSegment? Segment { get; private init; }

    /// <summary>When it was started.</summary>
    public DateTime StartTime { get; private set; }

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _ended.Task.IsCompleted;

    /// <summary>
    /// Its exit code, or 128 plus the signal that ended it; null while it runs, or if somebody else has reaped it (a
    /// host that ignores SIGCHLD).
    /// </summary>
    public int? ExitCode { get; private set; }

    /// <summary>When it ended; null while it runs.</summary>
    public DateTime? ExitTime { get; private set; }

    /// <summary>Starts a program. Besides standard input, output and error, it only inherits the one segment.</summary>
    /// <param name="options">What, and with what.</param>
    /// <exception cref="ShmException">
    /// NativeCallFailed (no such program, no program), AccessDenied, NotSupportedByKind (a descriptor of a System V
    /// segment), InvalidName (the variable), OutOfRange (the number), LimitReached, SegmentNotFound, IdentityChanged.
    /// </exception>
    public static ShmProcess Start(ShmProcessOptions options)
    {
        options.Check();
        if (options.Segment is { Kind: ShmKind.MemFd } memfd)
        {
            return Start(options, MemFdSegments.Descriptor(memfd));
        }

        if (options.Segment is not { } segment)
        {
            return Start(options, descriptor: null);
        }

        // A program looks up an id or a name in its own namespace.
        if (segment.Namespace is not null && (options.Descriptor is null || options.EnvironmentVariable is not null))
        {
            throw new ShmException(
                ShmErrorId.NotSupportedByKind,
                $"Cannot tell a program about {segment}: it would look for it here. An object of /dev/shm can be handed "
                    + "down as a descriptor, without its name.",
                segment);
        }

        if (options.Descriptor is null)
        {
            // The program looks it up itself: make sure that it finds this one.
            return Start(options with { Segment = ShmSegments.Refresh(segment) }, descriptor: null);
        }

        using var descriptor = OpenWidest(segment);
        return Start(options, descriptor);
    }

    /// <summary>
    /// Starts a program with the segment of a mapping. If the mapping keeps a descriptor, that one is passed, so the
    /// object may have lost its name.
    /// </summary>
    /// <param name="options">What, and with what.</param>
    /// <param name="mapping">Of the segment in the options.</param>
    /// <exception cref="ShmException">As <see cref="Start(ShmProcessOptions)"/>; MappingDismounted.</exception>
    public static ShmProcess Start(ShmProcessOptions options, ShmMapping mapping)
    {
        using var lease = mapping.Lease(0, 0, ShmProtection.None);
        return mapping.Descriptor is { } descriptor && options.Descriptor is not null
            ? Start(options, descriptor)
            : Start(options);
    }

    /// <summary>
    /// Starts a program with the caller's descriptor of the segment, if the options ask for a number.
    /// </summary>
    private static ShmProcess Start(ShmProcessOptions options, DescriptorHandle? descriptor)
    {
        options.Check();
        var directory = options.WorkingDirectory ?? Environment.CurrentDirectory;
        var number = options.Descriptor
            ?? (options.Segment is { Kind: ShmKind.MemFd } && options.EnvironmentVariable is not null
                ? ShmProcessOptions.DefaultDescriptor
                : null);
        string[] arguments = [options.FilePath, .. options.ArgumentList];
        var environment = EnvironmentOf(options, number);
        SpawnErrors.RequireNoNul(
            nameof(Libc.posix_spawn), $"start '{options.FilePath}'", options.FilePath,
            [directory, .. arguments, .. environment]);
        SpawnErrors.RequireDirectory(options.FilePath, directory);
        var path = ProgramFinder.Find(options.FilePath, directory);

        var process = new ShmProcess(path, options.ArgumentList) { Segment = options.Segment };
        var isHeld = false;
        try
        {
            if (number is not null)
            {
                descriptor!.DangerousAddRef(ref isHeld);
            }

            var source = number is null ? -1 : descriptor!.Number;
            var thread = new Thread(
                () => process.Live(() => Spawn.Start(path, arguments, environment, directory, source, number ?? -1)),
                StackSize)
            {
                IsBackground = true,
                Name = "wait for " + options.FilePath,
            };
            thread.Start();
            var result = process._started.Task.GetAwaiter().GetResult();
            return result >= 0 ? process : throw SpawnErrors.Explain(options, path, number, -result);
        }
        finally
        {
            if (isHeld)
            {
                descriptor!.DangerousRelease();
            }
        }
    }

    /// <summary>Waits until it has ended.</summary>
    /// <param name="timeout">Null waits forever.</param>
    /// <param name="cancellation">Ends the wait; the process goes on.</param>
    /// <returns>Whether it has ended.</returns>
    public bool WaitForExit(TimeSpan? timeout = null, CancellationToken cancellation = default) =>
        _ended.Task.Wait(timeout ?? Timeout.InfiniteTimeSpan, cancellation);

    /// <summary>Ends it (SIGKILL); does nothing if it has ended already.</summary>
    /// <exception cref="ShmException">AccessDenied: it has become another user's.</exception>
    public void Kill()
    {
        // Until it's reaped, under the same lock, its id cannot be reused.
        lock (_reaping)
        {
            var result = _ended.Task.IsCompleted ? 0 : Libc.kill(Id, Libc.SIGKILL);
            if (result is < 0 and not -(int)Errno.ESRCH)
            {
                throw NativeError.From(nameof(Libc.kill), -result, $"end process {Id}", this);
            }
        }
    }

    /// <summary>"perl (123)".</summary>
    public override string ToString() => $"{System.IO.Path.GetFileName(FilePath)} ({Id})";

    private void Live(Func<int> start)
    {
        try
        {
            StartTime = DateTime.UtcNow;
            var result = start();
            Id = Math.Max(result, 0);
            _started.SetResult(result);
        }
        catch (Exception failure)
        {
            // The exception belongs to the caller; here it would end the host.
            _started.SetException(failure);
        }

        if (Id == 0)
        {
            return;
        }

        _ = Libc.waitid(Id, Libc.WEXITED | Libc.WNOWAIT, out _);
        lock (_reaping)
        {
            if (Libc.waitid(Id, Libc.WEXITED, out var info) >= 0)
            {
                ExitCode = info.si_code == Libc.CLD_EXITED ? info.si_status : SignalBase + info.si_status;
            }

            ExitTime = DateTime.UtcNow;
            _ended.SetResult();
        }
    }

    private static DescriptorHandle OpenWidest(ShmSegment segment)
    {
        try
        {
            return PosixSegments.Open(segment, Libc.O_RDWR);
        }
        catch (ShmException error) when (error.ErrorId == ShmErrorId.AccessDenied)
        {
            return PosixSegments.Open(segment, Libc.O_RDONLY);
        }
    }

    private static List<string> EnvironmentOf(ShmProcessOptions options, int? number)
    {
        var variables = new List<string>();
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            if ((string)variable.Key != options.EnvironmentVariable)
            {
                variables.Add($"{variable.Key}={variable.Value}");
            }
        }

        if (options.EnvironmentVariable is { } name)
        {
            var value = options.Segment!.Kind switch
            {
                ShmKind.SysV => SysVSegments.IdOf(options.Segment).ToString(CultureInfo.InvariantCulture),
                ShmKind.MemFd => number!.Value.ToString(CultureInfo.InvariantCulture),
                _ => (options.Segment.Name ?? ""),
            };
            variables.Add($"{name}={value}");
        }

        return variables;
    }
}
