using System;
using System.Collections.Generic;

namespace PSSharedMemory;

/// <content>What the threads of a process share, where the main thread has ended and others run on.</content>
internal sealed unsafe partial class ProcReader
{
    /// <summary>
    /// Reads a file such as maps into <see cref="Text"/>, of the first thread that still has something in it. Empty
    /// where none has: a thread of the kernel, or a process that has ended. Returns 0 or -errno.
    /// </summary>
    /// <param name="name">The file's name.</param>
    /// <param name="threadId">The thread that it was read of; 0 for the process itself.</param>
    public int LoadOfLivingThread(ReadOnlySpan<byte> name, out int threadId)
    {
        threadId = 0;
        var status = Load(name);
        if (status < 0 || _length > 0)
        {
            return status;
        }

        List<int> threads = [];
        status = ReadStat(out var stat);
        if (status >= 0 && stat.HasEnded && stat.ThreadCount > 1)
        {
            status = ListThreads(threads);
        }

        foreach (var candidate in threads)
        {
            var read = Load(candidate, name);
            if (read >= 0 && _length > 0)
            {
                threadId = candidate;
                return 0;
            }

            status = read < 0 && !IsGone(read) ? read : status;
        }

        _length = 0;
        return status;
    }
}
