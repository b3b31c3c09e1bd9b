using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.Threading;
using PSSharedMemory.Native;
using Xunit;

namespace PSSharedMemory.UnitTests.Sync;

/// <summary>Signals that have a handler interrupt a system call. No wait ends by that, or lasts longer.</summary>
public sealed unsafe partial class InterruptedWaitTests : SyncFixture
{
    private const long At = 128;
    private const int UserSignal = 12;

    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(150);

    public static TheoryData<string> Waits => [.. Kinds().Keys];

    [Theory]
    [MemberData(nameof(Waits))]
    public void A_wait_lasts_as_long_as_it_is_told_to(string kind)
    {
        // A handler that does nothing, and no SA_RESTART.
        var action = new Libc.sigaction_t
        {
            sa_handler = NativeLibrary.GetExport(NativeLibrary.Load("libc.so.6"), "abs"),
        };
        Assert.Equal(0, Libc.sigaction(UserSignal, &action, out var former));
        var (threadId, signals, isOver) = (0, 0, false);
        ShmException? error = null;
        var took = TimeSpan.Zero;
        var (prepare, wait) = Kinds()[kind];
        var end = prepare(this);

        // On a busy host this thread may get its turn only when the wait is over.
        for (var attempt = 0; attempt < 20 && signals == 0; attempt++)
        {
            (threadId, isOver) = (0, false);
            var waiter = new Thread(() =>
            {
                var clock = Stopwatch.StartNew();
                Volatile.Write(ref threadId, Libc.gettid());
                error = Record.Exception(() => wait(this)) as ShmException;
                took = clock.Elapsed;
                Volatile.Write(ref isOver, true);
            });
            waiter.Start();
            while (!Volatile.Read(ref isOver))
            {
                if (Volatile.Read(ref threadId) is var id and not 0
                    && tgkill(Environment.ProcessId, id, UserSignal) == 0)
                {
                    signals++;
                }

                Thread.Sleep(1);
            }

            waiter.Join();
        }

        end();
        Assert.Equal(0, Libc.sigaction(UserSignal, &former, out _));

        Assert.Equal(ShmErrorId.WaitTimeout, error?.ErrorId);
        Assert.InRange(took.TotalMilliseconds, 145, 10_000);
        Assert.True(signals > 0, "It was never interrupted.");
    }

    private static Dictionary<string, (Func<InterruptedWaitTests, Action> Prepare, Action<InterruptedWaitTests> Wait)>
        Kinds() => new()
        {
            ["value"] = (Nothing, static it => ShmWait.Wait(it.Plain, 0, ShmCondition.Equal, 1, Timeout)),
            ["mutex"] = (
                static it => it.Held(inherits: false), static it => new ShmMutex(it.Plain, At).Lock(Timeout)),
            ["inheriting mutex"] = (
                static it => it.Held(inherits: true), static it => new ShmMutex(it.Plain, At).Lock(Timeout)),
            ["semaphore"] = (
                Nothing, static it => ShmSemaphore.Create(it.Plain, At, 0).Enter(Timeout)),
            ["queue"] = (Nothing, static _ => WithQueue(static queue => queue.Get(Timeout))),
        };

    private static Action Nothing(InterruptedWaitTests it) => static () => { };

    /// <summary>A mutex that another process holds, until the action is called.</summary>
    private Action Held(bool inherits)
    {
        ShmMutex.Create(Plain, At, inherits);
        var peer = new SyncPeer(Plain.Segment);
        peer.Ask($"lock {At}");
        return peer.Dispose;
    }

    private static void WithQueue(Action<ShmQueue> use)
    {
        var name = $"/pst-interrupted-{Guid.NewGuid():N}";
        using var queue = ShmQueue.Create(
            PosixSegments.Create(name, new ShmCreateOptions { Size = ShmQueue.SegmentSize(4096) }));
        try
        {
            use(queue);
        }
        finally
        {
            File.Delete($"/dev/shm{name}");
        }
    }

    [LibraryImport("libc")]
    private static partial int tgkill(int process, int thread, int signal);
}
