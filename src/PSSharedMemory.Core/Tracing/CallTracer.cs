using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.IO.Pipes;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Runs strace(1) and reads its calls as they come. Its output has a pipe of its own, so that what the traced program
/// prints is not mixed into it.
/// </summary>
public sealed class CallTracer : IDisposable
{
    private const int Patience = 3000;

    // The shell becomes strace, whose process id it has. Beside it a watcher waits for the end of this process, however
    // it comes: its end of the pipe is closed then, and strace is told to let go of what it traces. A line ends the
    // wait. It must not be a child of strace, which ends only when it has none left.
    private const string Guardian =
        "exec 3<&0 </dev/null; ((read -r line <&3 || kill -TERM $$) >/dev/null 2>&1 &); exec \"$@\" 3<&-";

    private readonly BlockingCollection<ShmCall> _calls = new(1024);
    private readonly AnonymousPipeServerStream _pipe = new(PipeDirection.In, HandleInheritability.None);
    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly string _program;
    private readonly Process _strace;
    private readonly Task _reader;

    private CallTracer(
        ShmCallFilter filter, bool includesFutex, IEnumerable<string> target, Action<string, bool>? output,
        string? folder = null)
    {
        var strace = ProgramFinder.TryFind("strace") ?? throw new ShmException(
            ShmErrorId.PlatformNotSupported,
            "Cannot trace: strace is not installed. Install the package strace (apt install strace; dnf, zypper and "
                + "apk call it the same).");
        _program = strace;
        var start = new ProcessStartInfo("/bin/sh")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "",
        };
        // strace opens the pipe's end by its name in /proc: nothing is inherited, and no file is left behind.
        var pipe = string.Create(
            CultureInfo.InvariantCulture,
            $"/proc/{Environment.ProcessId}/fd/{_pipe.ClientSafePipeHandle.DangerousGetHandle()}");
        foreach (var argument in (string[])[
            "-c", Guardian, strace, strace, "-f", "-q", "-ttt", "-y", "-s", "512", "-e",
            "trace=" + ShmCallFilter.SystemCalls(includesFutex), "-I", "2", "-o", pipe
        ])
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var argument in target)
        {
            start.ArgumentList.Add(argument);
        }

        _strace = new Process { StartInfo = start, EnableRaisingEvents = true };
        _strace.OutputDataReceived += (_, line) => Pass(line.Data, isError: false, output);
        _strace.ErrorDataReceived += (_, line) => Pass(line.Data, isError: true, output);
        // The other end is ours too: only when strace has gone and it is closed does the pipe end.
        _strace.Exited += (_, _) => _pipe.DisposeLocalCopyOfClientHandle();
        _strace.Start();
        _strace.BeginOutputReadLine();
        _strace.BeginErrorReadLine();
        _reader = Task.Run(() => ReadAll(filter));
    }

    /// <summary>What strace itself complained of, once it has ended.</summary>
    public string Complaint => string.Join(" ", _complaints);

    /// <summary>Starts a program in a folder and traces it and its children.</summary>
    /// <exception cref="ShmException">
    /// PlatformNotSupported: strace is not installed. NativeCallFailed: there is no such program, or an argument has a
    /// NUL in it. AccessDenied: this user may not execute it.
    /// </exception>
    public static CallTracer Start(
        string filePath, string[] arguments, string folder, bool includesFutex, Action<string, bool>? output)
    {
        SpawnErrors.RequireNoNul("execve", $"trace '{filePath}'", filePath, [filePath, .. arguments]);
        var path = ProgramFinder.Find(filePath, folder);
        var filter = new ShmCallFilter(includesFutex)
        {
            SizeOf = SizeOf,
            LengthOf = LengthOf,
            ReasonOf = ShmgetReason.Of,
            OwnerOf = ShmCallFilter.FindOwner,
            FolderOf = _ => folder,
            KilledForMemory = CountKills(),
        };
        return new CallTracer(filter, includesFutex, ["--", path, .. arguments], output, folder);
    }

    /// <summary>Traces processes that run, with their threads and what they start from now on.</summary>
    /// <exception cref="ShmException">PlatformNotSupported: strace is not installed.</exception>
    public static CallTracer Attach(IReadOnlyCollection<int> processIds, bool includesFutex)
    {
        var scan = ShmAttachments.Scan(null, [.. processIds], withUsage: false);
        // In another IPC namespace an id is another segment's.
        var filter = new ShmCallFilter(includesFutex)
        {
            IsElsewhere = scan.ForeignIpcProcessIds.Count + scan.ForeignMountProcessIds.Count > 0,
            OwnerOf = scan.ForeignIpcProcessIds.Count + scan.ForeignMountProcessIds.Count == 0
                ? ShmCallFilter.FindOwner : null,
            SizeOf = scan.ForeignIpcProcessIds.Count == 0 ? SizeOf : null,
            ReasonOf = scan.ForeignIpcProcessIds.Count == 0 ? ShmgetReason.Of : null,
            LengthOf = scan.ForeignMountProcessIds.Count == 0 ? LengthOf : null,
            FolderOf = ProcessOutset.WorkingFolder,
            KilledForMemory = CountKills(),
        };
        List<string> target = [];
        foreach (var id in processIds)
        {
            target.Add("-p");
            target.Add(id.ToString(CultureInfo.InvariantCulture));
        }

        foreach (var attachment in scan.Attachments)
        {
            if (attachment is { Address: { } address, Length: { } length })
            {
                filter.AddArea(
                    attachment.ProcessId, address, length, attachment.Label, attachment.Offset ?? 0,
                    attachment.Protection);
            }
        }

        foreach (var id in processIds)
        {
            foreach (var thread in ProcessOutset.ThreadIds(id))
            {
                if (thread != id)
                {
                    filter.AddThread(id, thread);
                }
            }
        }

        return new CallTracer(filter, includesFutex, target, output: null);
    }

    /// <summary>The calls as they come, until the traced processes have ended or the token is cancelled.</summary>
    public IEnumerable<ShmCall> Calls(CancellationToken cancellation) => _calls.GetConsumingEnumerable(cancellation);

    /// <summary>Waits for strace's end and for the last of what it and the program print.</summary>
    public void WaitForEnd(CancellationToken cancellation)
    {
        _strace.WaitForExitAsync(cancellation).GetAwaiter().GetResult();
        _strace.WaitForExit();
    }

    /// <summary>The exception for what strace complained of.</summary>
    public ShmException Failure(object target)
    {
        var complaint = Complaint;
        // Its own: what a program is refused is told by the program.
        var isDenied = complaint.Contains("Operation not permitted", StringComparison.Ordinal);
        if (complaint.StartsWith("exec: Exec format error", StringComparison.Ordinal))
        {
            return new ShmException(
                ShmErrorId.NativeCallFailed,
                $"Cannot start '{target}': the kernel cannot execute that file. A script needs a first line such as "
                    + "'#!/bin/sh'.",
                target);
        }

        var advice = isDenied
            ? " Run as root, or lower kernel.yama.ptrace_scope. A process that already has a tracer or debugger cannot "
                + "be traced."
            : "";
        return new ShmException(
            isDenied ? ShmErrorId.AccessDenied : ShmErrorId.NativeCallFailed,
            $"Cannot trace {target}: strace says: {complaint}.{advice}", target);
    }

    /// <summary>
    /// Ends the trace: strace lets go of a running process, which goes on, and ends a program that it started.
    /// </summary>
    public void Dispose()
    {
        if (!_strace.HasExited)
        {
            _ = Libc.kill(_strace.Id, Libc.SIGTERM);
            // A program that ignores the signal isn't waited for, nor is its output.
            if (!_strace.WaitForExit(Patience))
            {
                _strace.Kill(entireProcessTree: true);
            }

            _strace.WaitForExit(Patience);
        }

        EndGuardian();
        _calls.CompleteAdding();
        _pipe.DisposeLocalCopyOfClientHandle();
        _reader.Wait(Patience);
        _strace.Dispose();
        _pipe.Dispose();
        _calls.Dispose();
    }

    private void EndGuardian()
    {
        try
        {
            _strace.StandardInput.WriteLine();
            _strace.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended before: somebody ended it.
        }
    }

    // The kernel's count of those it killed for want of memory, of the host and of control groups, from now on.
    private static Func<long?> CountKills()
    {
        var files = new HostFiles();
        long? Read() => (long?)files.ReadValue("/proc/vmstat", "oom_kill"u8);
        var before = Read();
        return () => Read() - before;
    }

    // The current size of an object by its name, where the trace didn't see it made.
    private static long? LengthOf(string name)
    {
        try
        {
            return name.StartsWith('/') ? PosixSegments.FromName(name).Size : null;
        }
        catch (ShmException)
        {
            return null;
        }
    }

    private static long? SizeOf(long id)
    {
        try
        {
            return SysVSegments.Stat((int)id).Size;
        }
        catch (ShmException error) when (error.ErrorId == ShmErrorId.SegmentNotFound)
        {
            return null;
        }
    }

    private void Pass(string? line, bool isError, Action<string, bool>? output)
    {
        if (line is null)
        {
            return;
        }
        // strace begins its own lines with its name as it was started.
        var name = _program + ": ";
        if (isError && line.StartsWith(name, StringComparison.Ordinal))
        {
            _complaints.Enqueue(line[name.Length..]);
        }
        else
        {
            output?.Invoke(line, isError);
        }
    }

    private void ReadAll(ShmCallFilter filter)
    {
        try
        {
            using var lines = new StreamReader(_pipe, Encoding.UTF8, leaveOpen: true);
            while (lines.ReadLine() is { } line)
            {
                if (filter.Read(line) is { } call && !_calls.IsAddingCompleted)
                {
                    _calls.Add(call);
                }
            }
        }
        catch (Exception error) when (error is ObjectDisposedException or InvalidOperationException or IOException)
        {
            // Ended while a call was on its way: nobody waits for it.
        }
        finally
        {
            if (!_calls.IsAddingCompleted)
            {
                _calls.CompleteAdding();
            }
        }
    }
}
