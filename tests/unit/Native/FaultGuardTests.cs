using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using PSSharedMemory.Native;
using Xunit;

namespace PSSharedMemory.UnitTests.Native;

/// <summary>Plain instructions on memory that is gone. Were the handler wrong, this process would end here.</summary>
[Collection(nameof(Alone))]
public sealed unsafe class FaultGuardTests : IDisposable
{
    private static readonly int Page = Environment.SystemPageSize;

    private const long EnoughAreas = 10000;

    private readonly DescriptorHandle _object = new(Libc.memfd_create("pst-guard", Libc.MFD_CLOEXEC));

    public FaultGuardTests()
    {
        Assert.SkipUnless(FaultGuard.IsActive, $"The guard does not stand here: {FaultGuard.WhyNot}.");
        FaultGuard.AddAreas(EnoughAreas);
    }

    public void Dispose()
    {
        FaultGuard.AddAreas(-EnoughAreas);
        _object.Dispose();
    }

    [Fact]
    public void A_page_beyond_the_object_reads_as_zeros_takes_stores_and_is_counted()
    {
        const int Pages = 100;
        WithLost(Pages, 1, (address, entry) =>
        {
            var last = (int*)(address + (99 * Page));
            Assert.Equal(7, *(int*)address);
            Assert.Equal(0, entry->Hits);

            Assert.Equal(0, *last);
            *last = 5;
            Assert.Equal(6, Interlocked.Increment(ref *last));

            Assert.Equal(2, entry->Hits);
            Assert.Equal([0UL, 1UL << 35], new[] { entry->Lost[0], entry->Lost[1] });
            Assert.Equal(0, entry->HowLost);
        });
    }

    [Fact]
    public void Vector_code_across_lost_pages_goes_on() => WithLost(16, 4, (address, entry) =>
    {
        var copy = new byte[16 * Page];
        new ReadOnlySpan<byte>((void*)address, copy.Length).CopyTo(copy);

        Assert.Equal(7, copy[0]);
        Assert.Equal(-1, copy.AsSpan(4 * Page).IndexOfAnyExcept((byte)0));
        Assert.Equal(0xFFF0UL, entry->Lost[0]);
        Assert.Equal(-1, new ReadOnlySpan<byte>((void*)address, copy.Length).IndexOf((byte)77));
    });

    [Fact]
    public void A_page_that_other_code_closed_is_answered_too() => WithLost(4, 4, (address, entry) =>
    {
        Assert.Equal(0, Libc.mprotect(address + Page, (nuint)Page, Libc.PROT_NONE));

        Assert.Equal(0, *(byte*)(address + Page));

        Assert.Equal(0b0010UL, entry->Lost[0]);
        Assert.Equal((long)GuardLoss.Closed, entry->HowLost);
        Assert.Equal(7, *(int*)address);
    });

    [Fact]
    public void Where_areas_run_short_the_whole_range_becomes_one()
    {
        var spare = FaultGuard.SpareAreas;
        FaultGuard.AddAreas(-spare);
        try
        {
            WithLost(4, 1, (address, entry) =>
            {
                Assert.Equal(0, *(int*)(address + (2 * Page)));

                Assert.Equal(1, entry->HowLost);
                Assert.Equal(0, *(int*)address);
                Assert.True(entry->Hits > 0);
            });
        }
        finally
        {
            FaultGuard.AddAreas(spare);
        }
    }

    [Fact]
    public void More_ranges_than_one_block_of_the_table_holds_are_all_guarded()
    {
        const int Ranges = 3000;
        WithLost(Ranges, 0, (address, whole) =>
        {
            FaultGuard.Remove(whole);
            var entries = Enumerable.Range(0, Ranges)
                .Select(index =>
                    (nint)FaultGuard.Add(address + (index * Page), Page, Page, Libc.PROT_READ | Libc.PROT_WRITE))
                .ToArray();

            for (var index = 0; index < Ranges; index += 7)
            {
                *(int*)(address + (index * Page)) = index;
            }

            Assert.All(
                entries.Index(),
                static item => Assert.Equal(item.Index % 7 == 0 ? 2 : 0, ((GuardEntry*)item.Item)->Hits));
            foreach (var entry in entries)
            {
                FaultGuard.Remove((GuardEntry*)entry);
            }

            Assert.Contains((nint)FaultGuard.Add(address, Page, Page, Libc.PROT_READ), entries);
        });
    }

    [Fact]
    public void Threads_meet_faults_while_ranges_come_and_go()
    {
        WithLost(512, 0, (address, entry) =>
        {
            var isDone = false;
            var churn = new Thread(() =>
            {
                var others = new Queue<nint>();
                while (!Volatile.Read(ref isDone))
                {
                    others.Enqueue((nint)FaultGuard.Add(0x10000, Page, Page, Libc.PROT_READ));
                    if (others.Count > 50)
                    {
                        FaultGuard.Remove((GuardEntry*)others.Dequeue());
                    }
                }

                foreach (var other in others)
                {
                    FaultGuard.Remove((GuardEntry*)other);
                }
            });
            churn.Start();
            var faulters = Enumerable.Range(0, 4).Select(number => new Thread(() =>
            {
                for (var index = number; index < 512; index += 4)
                {
                    Interlocked.Add(ref *(long*)(address + (index * Page)), index);
                }
            })).ToArray();
            Array.ForEach(faulters, static thread => thread.Start());
            Array.ForEach(faulters, static thread => thread.Join());
            Volatile.Write(ref isDone, true);
            churn.Join();

            Assert.Equal(1024, entry->Hits);
            Assert.All(Enumerable.Range(0, 8), word => Assert.Equal(ulong.MaxValue, entry->Lost[word]));
        });
    }

    [Fact]
    public void A_null_reference_is_an_exception_as_ever() =>
        Assert.Throws<NullReferenceException>(static () => Length(null!));

    private static int Length(string text) => text.Length;

    /// <summary>A registered mapping of an object that is shorter.</summary>
    private void WithLost(int pages, int left, Touch touch)
    {
        var length = (nuint)(pages * Page);
        Assert.Equal(0, Libc.ftruncate(_object, (long)length));
        var address = Libc.mmap(0, length, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED, _object, 0);
        *(int*)address = 7;
        Assert.Equal(0, Libc.ftruncate(_object, left * (long)Page));
        var entry = FaultGuard.Add(address, (long)length, Page, Libc.PROT_READ | Libc.PROT_WRITE);
        touch(address, entry);
        if (entry->Start == address)
        {
            FaultGuard.Remove(entry);
        }

        Assert.Equal(0, Libc.munmap(address, length));
    }

    private delegate void Touch(nint address, GuardEntry* entry);
}
