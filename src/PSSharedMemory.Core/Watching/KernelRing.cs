using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>One record: when (nanoseconds of CLOCK_MONOTONIC), of what type, and its bytes behind the header.</summary>
internal sealed record KernelRecord(ulong Time, uint Type, byte[] Body);

/// <summary>
/// The ring into which the kernel writes what happens on one processor: which processes begin and end, their names and
/// namespaces, and the tracepoints that are added (perf_event_open(2)). All of it ends with its descriptors.
/// </summary>
internal sealed unsafe class KernelRing : IDisposable
{
    private const int ControlPages = 1;
    private const int DataPages = 32;
    private const int HeaderSize = 8;
    private const int Monotonic = 1;

    // Where struct perf_event_mmap_page has them.
    private const int HeadOffset = 1024;
    private const int TailOffset = 1032;
    private const int DataOffsetOffset = 1040;
    private const int DataSizeOffset = 1048;

    private readonly int _processor;
    private readonly List<DescriptorHandle> _events = [];
    private RingMemory? _memory;
    private ulong _lost;

    // Whether this kernel counts what is lost. It has a record of it too, which comes only before the next one: perhaps
    // never.
    private static volatile bool s_countsLost = true;

    private KernelRing(int processor, DescriptorHandle descriptor)
    {
        _processor = processor;
        Descriptor = descriptor;
    }

    [Flags]
    private enum Options : ulong
    {
        Names = 1 << 9,
        Processes = 1 << 13,
        Watermark = 1 << 14,
        SampleIdAll = 1 << 18,
        UseClock = 1 << 25,
        Namespaces = 1 << 28,
    }

    /// <summary>What has something to read when something happened.</summary>
    public DescriptorHandle Descriptor { get; }

    /// <summary>Begins on a processor; null where this user may not.</summary>
    public static KernelRing? TryOpen(int processor)
    {
        var attributes = new Attributes
        {
            Type = Libc.PERF_TYPE_SOFTWARE,
            Config = Libc.PERF_COUNT_SW_DUMMY,
            Options = Options.Names | Options.Processes | Options.Namespaces | Options.Watermark,
            Wakeup = (uint)(DataPages * Environment.SystemPageSize / 4),
        };
        var ring = new KernelRing(processor, Open(ref attributes, processor));
        if (!ring.Descriptor.IsInvalid)
        {
            ring._memory = RingMemory.TryMap(
                ring.Descriptor, (nuint)((ControlPages + DataPages) * Environment.SystemPageSize));
            if (ring._memory is not null)
            {
                return ring;
            }
        }

        ring.Dispose();
        return null;
    }

    /// <summary>Adds a tracepoint, and wakes whoever polls at each hit; whether it is allowed.</summary>
    public bool TryAdd(Tracepoint point, string? filter)
    {
        var attributes = new Attributes
        {
            Type = Libc.PERF_TYPE_TRACEPOINT,
            Config = point.Id,
            Period = 1,
            Wakeup = 1,
        };
        var added = Open(ref attributes, _processor);
        _events.Add(added);
        if (added.IsInvalid || Libc.PerfSetOutput(added, Descriptor) < 0)
        {
            return false;
        }

        if (filter is null)
        {
            return true;
        }

        fixed (byte* text = CString.ToBytes(filter))
        {
            return Libc.PerfSetFilter(added, text) >= 0;
        }
    }

    /// <summary>Adds what there is, and frees its place; whether some of it is lost.</summary>
    public bool Read(List<KernelRecord> records)
    {
        var isHeld = false;
        var memory = _memory!;
        try
        {
            memory.DangerousAddRef(ref isHeld);
            var known = records.Count;
            var isHalfFull = Read((byte*)memory.DangerousGetHandle(), records);
            if (!s_countsLost)
            {
                return records.FindIndex(known, static record => record.Type == Libc.PERF_RECORD_LOST) >= 0;
            }

            var before = _lost;
            _lost = isHalfFull ? CountLost() : before;
            return _lost != before;
        }
        finally
        {
            if (isHeld)
            {
                memory.DangerousRelease();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var one in _events)
        {
            one.Dispose();
        }

        _memory?.Dispose();
        Descriptor.Dispose();
    }

    private ulong CountLost()
    {
        var sum = 0UL;
        var counts = stackalloc ulong[2];
        foreach (var one in (DescriptorHandle[])[Descriptor, .. _events])
        {
            if (Libc.read(one, (byte*)counts, 2 * sizeof(ulong)) == 2 * sizeof(ulong))
            {
                sum += counts[1];
            }
        }

        return sum;
    }

    private static DescriptorHandle Open(ref Attributes attributes, int processor)
    {
        attributes.Size = (uint)sizeof(Attributes);
        attributes.Sample = Libc.PERF_SAMPLE_TID | Libc.PERF_SAMPLE_TIME | Libc.PERF_SAMPLE_RAW;
        attributes.Options |= Options.SampleIdAll | Options.UseClock;
        attributes.Clock = Monotonic;
        attributes.Reading = s_countsLost ? Libc.PERF_FORMAT_LOST : 0;
        fixed (Attributes* start = &attributes)
        {
            var opened = Libc.perf_event_open(start, processor);
            if (!opened.IsInvalid || !s_countsLost || opened.Errno != (int)Errno.EINVAL)
            {
                return opened;
            }

            s_countsLost = false;
            attributes.Reading = 0;
            return Libc.perf_event_open(start, processor);
        }
    }

    // Whether it was half full or more.
    private static bool Read(byte* control, List<KernelRecord> records)
    {
        var head = Volatile.Read(ref *(ulong*)(control + HeadOffset));
        var tail = *(ulong*)(control + TailOffset);
        var data = control + *(ulong*)(control + DataOffsetOffset);
        var size = *(ulong*)(control + DataSizeOffset);
        var isHalfFull = head - tail >= size / 2;
        while (tail < head)
        {
            var header = Copy(data, size, tail, HeaderSize);
            var length = BitConverter.ToUInt16(header, 6);
            if (length < HeaderSize || tail + length > head)
            {
                break;
            }

            var type = BitConverter.ToUInt32(header);
            var body = Copy(data, size, tail + HeaderSize, length - HeaderSize);
            records.Add(new KernelRecord(TimeOf(type, body), type, body));
            tail += length;
        }

        Volatile.Write(ref *(ulong*)(control + TailOffset), head);
        return isHalfFull;
    }

    // In a sample behind the ids of process and thread; in all else the last number.
    private static ulong TimeOf(uint type, byte[] body)
    {
        var at = type == Libc.PERF_RECORD_SAMPLE ? 8 : body.Length - 8;
        return at >= 0 && at + 8 <= body.Length ? BitConverter.ToUInt64(body, at) : 0;
    }

    private static byte[] Copy(byte* data, ulong size, ulong position, int count)
    {
        var copy = new byte[count];
        var start = position % size;
        var first = (int)Math.Min((ulong)count, size - start);
        new ReadOnlySpan<byte>(data + start, first).CopyTo(copy);
        new ReadOnlySpan<byte>(data, count - first).CopyTo(copy.AsSpan(first));
        return copy;
    }

    // struct perf_event_attr as of PERF_ATTR_SIZE_VER5, whose flags are a bit-field.
    [StructLayout(LayoutKind.Explicit, Size = 112)]
    private struct Attributes
    {
        [FieldOffset(0)]
        public uint Type;

        [FieldOffset(4)]
        public uint Size;

        [FieldOffset(8)]
        public ulong Config;

        [FieldOffset(16)]
        public ulong Period;

        [FieldOffset(24)]
        public ulong Sample;

        [FieldOffset(32)]
        public ulong Reading;

        [FieldOffset(40)]
        public Options Options;

        [FieldOffset(48)]
        public uint Wakeup;

        [FieldOffset(92)]
        public int Clock;
    }

    private sealed class RingMemory : SafeHandle
    {
        private nuint _length;

        private RingMemory()
            : base(0, ownsHandle: true)
        {
        }

        public override bool IsInvalid => handle == 0;

        public static RingMemory? TryMap(DescriptorHandle descriptor, nuint length)
        {
            var memory = new RingMemory();
            var address = Libc.mmap(0, length, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED, descriptor, 0);
            if (address is < 0 and > -4096)
            {
                memory.Dispose();
                return null;
            }

            memory._length = length;
            memory.SetHandle(address);
            return memory;
        }

        protected override bool ReleaseHandle() => Libc.munmap(handle, _length) >= 0;
    }
}
