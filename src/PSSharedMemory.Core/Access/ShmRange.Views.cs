using System;

namespace PSSharedMemory;

/// <content>Looking at one piece of a range, or of two ranges at once.</content>
public abstract unsafe partial class ShmRange
{
    /// <summary>Looks at bytes of a range until it is disposed; foreign code does not run meanwhile.</summary>
    private protected readonly ref struct View
    {
        private readonly MappingLease _lease;
        private readonly bool _isLeased;

        public View(ShmRange range, long offset, int length)
        {
            if (range.Direct is { } direct)
            {
                _lease = direct.Mapping.Lease(direct.Offset + offset, length, ShmProtection.Read);
                _isLeased = true;
                Bytes = new ReadOnlySpan<byte>((void*)_lease.Address, length);
            }
            else
            {
                Bytes = range.Load(offset, length);
            }
        }

        public ReadOnlySpan<byte> Bytes { get; }

        public void Dispose()
        {
            if (_isLeased)
            {
                _lease.Dispose();
            }
        }
    }

    /// <summary>Looks at the same bytes of two ranges until it is disposed.</summary>
    private protected readonly ref struct TwoViews
    {
        private readonly LeasePair _leases;
        private readonly bool _isPair;
        private readonly View _single;

        public TwoViews(ShmRange left, ShmRange right, long offset, int length)
        {
            if (left.Direct is { } leftDirect && right.Direct is { } rightDirect)
            {
                _leases = LeasePair.Take(
                    leftDirect.Mapping, leftDirect.Offset + offset, ShmProtection.Read,
                    rightDirect.Mapping, rightDirect.Offset + offset, ShmProtection.Read, length);
                _isPair = true;
                Left = new ReadOnlySpan<byte>((void*)_leases.Left, length);
                Right = new ReadOnlySpan<byte>((void*)_leases.Right, length);
            }
            else if (left.Direct is not null)
            {
                // What has to be copied first takes a lease of its own for that: never while another is held.
                Right = right.Load(offset, length);
                _single = new View(left, offset, length);
                Left = _single.Bytes;
            }
            else
            {
                Left = left.Load(offset, length);
                _single = new View(right, offset, length);
                Right = _single.Bytes;
            }
        }

        public ReadOnlySpan<byte> Left { get; }

        public ReadOnlySpan<byte> Right { get; }

        public void Dispose()
        {
            if (_isPair)
            {
                _leases.Dispose();
            }
            else
            {
                _single.Dispose();
            }
        }
    }
}
