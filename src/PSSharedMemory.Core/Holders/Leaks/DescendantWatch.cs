using System;
using System.Collections.Generic;
using System.Threading;

namespace PSSharedMemory;

/// <summary>
/// Remembers the processes that this one starts, directly or indirectly, while it watches: an ended child is in no
/// table any more, but segments it made carry its id. A very short-lived child may be missed.
/// </summary>
public sealed class DescendantWatch : IDisposable
{
    private const int Pace = 1;

    private readonly HashSet<int> _before;
    private readonly HashSet<int> _seen = [];
    private readonly ManualResetEventSlim _end = new();
    private readonly Thread _thread;

    /// <summary>Begins to watch.</summary>
    public DescendantWatch()
    {
        using var reader = new ProcReader();
        _before = [];
        AddChildren(reader, Environment.ProcessId, _before);
        _thread = new Thread(Watch) { IsBackground = true, Name = "PSSharedMemory descendants" };
        _thread.Start();
    }

    /// <summary>Ends the watch and tells whom it saw.</summary>
    public IReadOnlySet<int> Stop()
    {
        Dispose();
        return _seen;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_end.IsSet)
        {
            return;
        }

        _end.Set();
        _thread.Join();
    }

    private void Watch()
    {
        using var reader = new ProcReader();
        HashSet<int> now = [];
        do
        {
            now.Clear();
            AddChildren(reader, Environment.ProcessId, now);
            now.ExceptWith(_before);
            _seen.UnionWith(now);
        }
        while (!_end.Wait(Pace));
    }

    // /proc/PID/task/TID/children costs a fraction of a look at all processes.
    private static void AddChildren(ProcReader reader, int processId, HashSet<int> found)
    {
        List<int> threads = [];
        if (reader.Enter(processId) < 0 || reader.ListThreads(threads) < 0)
        {
            return;
        }

        List<int> children = [];
        foreach (var thread in threads)
        {
            if (reader.Load(thread, "children\0"u8) < 0)
            {
                continue;
            }

            var text = reader.Text;
            while (ProcText.ReadField(ref text) is { IsEmpty: false } field)
            {
                if (ProcText.TryParseId(field, out var child))
                {
                    children.Add(child);
                }
            }
        }

        foreach (var child in children)
        {
            if (found.Add(child))
            {
                AddChildren(reader, child, found);
            }
        }
    }
}
