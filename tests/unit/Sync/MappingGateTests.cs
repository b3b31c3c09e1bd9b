using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace PSSharedMemory.UnitTests.Sync;

public class MappingGateTests
{
    [Fact]
    public void A_change_is_alone()
    {
        var gate = new MappingGate();
        var other = new MappingGate();
        var inside = 0;
        var isWrong = false;
        var stop = false;
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Factory.StartNew(
            () =>
            {
                while (!Volatile.Read(ref stop))
                {
                    // Also nested, and crossed with another gate.
                    other.EnterReadLock();
                    gate.EnterReadLock();
                    Interlocked.Increment(ref inside);
                    other.ExitReadLock();
                    gate.EnterReadLock();
                    gate.ExitReadLock();
                    Interlocked.Decrement(ref inside);
                    gate.ExitReadLock();
                }
            },
            TaskCreationOptions.LongRunning)).ToArray();
        for (var i = 0; i < 2000; i++)
        {
            gate.EnterWriteLock();
            isWrong |= Volatile.Read(ref inside) != 0;
            Thread.SpinWait(50);
            isWrong |= Volatile.Read(ref inside) != 0;
            gate.ExitWriteLock();
        }

        Volatile.Write(ref stop, true);
        Assert.True(Task.WaitAll(readers, 10_000));
        Assert.False(isWrong);
    }

    [Fact]
    public void A_reader_that_changes_is_told_so()
    {
        var gate = new MappingGate();
        gate.EnterReadLock();
        Assert.Throws<LockRecursionException>(gate.EnterWriteLock);
        gate.ExitReadLock();
        gate.EnterWriteLock();
        gate.ExitWriteLock();
    }
}
