using System;
using System.Collections.Generic;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <content>Lists of processes, threads and descriptors: the folders whose names are numbers.</content>
internal sealed unsafe partial class ProcReader
{
    /// <summary>
    /// The ids of all processes, or the error: an empty list would be taken for a host without processes.
    /// </summary>
    /// <exception cref="ShmException">/proc is not there or cannot be read.</exception>
    public List<int> ListProcesses()
    {
        var ids = new List<int>(512);
        var status = ListNumbers("/proc\0"u8, ids);
        NativeError.ThrowIf(status, nameof(Libc.openat), "list the processes in /proc", "/proc");
        return ids;
    }

    /// <summary>Adds the ids of the process' threads to the list. Returns 0 or -errno.</summary>
    public int ListThreads(List<int> ids) => ListNumbers("task\0"u8, ids);

    /// <summary>Adds the open descriptors, as a thread has them, to the list. Returns 0 or -errno.</summary>
    public int ListDescriptors(int threadId, List<int> descriptors) =>
        ListNumbers(
            new ProcPath(stackalloc byte[ProcPath.Room]).AddThread(threadId).Add("fd"u8).Bytes, descriptors);

    private int ListNumbers(ReadOnlySpan<byte> path, List<int> numbers)
    {
        _length = 0;
        var descriptor = Open(path);
        if (descriptor < 0)
        {
            return descriptor;
        }

        try
        {
            while (true)
            {
                long read;
                fixed (byte* start = _buffer)
                {
                    read = Libc.getdents64(descriptor, start, (nuint)_buffer.Length);
                }

                // A call that a signal interrupts brings less than there is: only 0 is the end.
                if (read <= 0)
                {
                    return (int)read;
                }

                AddNumbers(_buffer.AsSpan(0, (int)read), numbers);
            }
        }
        finally
        {
            _ = Libc.close(descriptor);
        }
    }

    private static void AddNumbers(ReadOnlySpan<byte> records, List<int> numbers)
    {
        while (DirectoryRecord.TryRead(ref records, out var name))
        {
            // Descriptor 0 is a good one; no process and no thread has that id.
            if (name is [(byte)'0'])
            {
                numbers.Add(0);
            }
            else if (ProcText.TryParseId(name, out var number))
            {
                numbers.Add(number);
            }
        }
    }
}
