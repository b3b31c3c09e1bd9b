namespace PSSharedMemory;

/// <summary>
/// The right to touch two ranges at once, of two mappings or of one: the left one to read. Taken in the order in which
/// the mappings were made, so that two threads with the same pair never deadlock; a single lease where both are the
/// same.
/// </summary>
internal readonly ref struct LeasePair
{
    private readonly MappingLease _first;
    private readonly MappingLease _second;
    private readonly bool _hasSecond;

    private LeasePair(MappingLease first, MappingLease second, bool hasSecond, nint left, nint right)
    {
        _first = first;
        _second = second;
        _hasSecond = hasSecond;
        Left = left;
        Right = right;
    }

    /// <summary>Where the left range begins in this process.</summary>
    public nint Left { get; }

    /// <summary>Where the right range begins in this process.</summary>
    public nint Right { get; }

    /// <exception cref="ShmException">MappingDismounted, OutOfRange, PageNotMapped, PageProtected.</exception>
    public static LeasePair Take(
        ShmMapping left, long leftOffset, ShmMapping right, long rightOffset, ShmProtection rightNeed, long length)
    {
        const ShmProtection LeftNeed = ShmProtection.Read;
        left.Lost.Settle();
        right.Lost.Settle();
        if (left.Sequence > right.Sequence)
        {
            var (first, second) = TakeInOrder(right, rightOffset, rightNeed, left, leftOffset, LeftNeed, length);
            return new LeasePair(first, second, hasSecond: true, second.Address, first.Address);
        }

        if (left.Sequence < right.Sequence)
        {
            var (first, second) = TakeInOrder(left, leftOffset, LeftNeed, right, rightOffset, rightNeed, length);
            return new LeasePair(first, second, hasSecond: true, first.Address, second.Address);
        }

        var only = left.Lease(leftOffset, length, LeftNeed);
        try
        {
            return new LeasePair(
                only, default, hasSecond: false, only.Address, right.LeasedAddress(rightOffset, length, rightNeed));
        }
        catch
        {
            only.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (_hasSecond)
        {
            _second.Dispose();
        }

        _first.Dispose();
    }

    private static Two TakeInOrder(
        ShmMapping first, long firstOffset, ShmProtection firstNeed, ShmMapping second, long secondOffset,
        ShmProtection secondNeed, long length)
    {
        var held = first.Lease(firstOffset, length, firstNeed);
        try
        {
            return new Two(held, second.Lease(secondOffset, length, secondNeed));
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    private readonly ref struct Two(MappingLease first, MappingLease second)
    {
        private readonly MappingLease _first = first;
        private readonly MappingLease _second = second;

        public void Deconstruct(out MappingLease first, out MappingLease second)
        {
            first = _first;
            second = _second;
        }
    }
}
