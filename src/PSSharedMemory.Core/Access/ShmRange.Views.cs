using System;

namespace PSSharedMemory;

/// <content>Looking at one piece of a range, or of two ranges at once.</content>
public abstract unsafe partial class ShmRange
{
    /// <summary>Looks at bytes of a range until it is disposed; no foreign code runs meanwhile.</summary>
    private protected readonly ref struct View
    {
        private readonly MappingLease _lease;
        private readonly bool _isLeased;
        private readonly ShmMapping? _mapping;
        private readonly long _offset;

        public View(ShmRange range, long offset, int length)
        {
            if (range.Direct is { } direct)
            {
                _lease = direct.Mapping.Lease(direct.Offset + offset, length, ShmProtection.Read);
                _isLeased = true;
                (_mapping, _offset) = (direct.Mapping, direct.Offset + offset);
                try
                {
                    FirstTouch.Require(direct.Mapping, _lease.Address, length);
                }
                catch
                {
                    _lease.Dispose();
                    throw;
                }

                Bytes = new ReadOnlySpan<byte>((void*)_lease.Address, length);
            }
            else
            {
                Bytes = range.Load(offset, length);
            }
        }

        public ReadOnlySpan<byte> Bytes { get; }

        /// <summary>After the look: throws if what was seen are the zeros of lost pages.</summary>
        public void ThrowIfLost(long doneBefore = 0) =>
            _mapping?.ThrowIfLost(_offset, Bytes.Length, ShmProtection.Read, doneBefore);

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
        private readonly MappingRange? _left;
        private readonly MappingRange? _right;
        private readonly long _offset;

        public TwoViews(ShmRange left, ShmRange right, long offset, int length)
        {
            if (left.Direct is { } leftDirect && right.Direct is { } rightDirect)
            {
                _leases = LeasePair.Take(
                    leftDirect.Mapping, leftDirect.Offset + offset, rightDirect.Mapping, rightDirect.Offset + offset,
                    ShmProtection.Read, length);
                _isPair = true;
                (_left, _right, _offset) = (leftDirect, rightDirect, offset);
                Left = new ReadOnlySpan<byte>((void*)_leases.Left, length);
                Right = new ReadOnlySpan<byte>((void*)_leases.Right, length);
            }
            else if (left.Direct is not null)
            {
                // What has to be copied first takes its own lease for that, never while another is held.
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

        /// <summary>After the look: throws if what was seen are the zeros of lost pages.</summary>
        public void ThrowIfLost()
        {
            _single.ThrowIfLost();
            _left?.Mapping.ThrowIfLost(_left.Offset + _offset, Left.Length, ShmProtection.Read);
            _right?.Mapping.ThrowIfLost(_right.Offset + _offset, Right.Length, ShmProtection.Read);
        }

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
