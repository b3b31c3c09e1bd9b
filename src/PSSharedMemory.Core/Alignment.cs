namespace PSSharedMemory;

/// <summary>Rounding to whole pages and the like.</summary>
internal static class Alignment
{
    /// <summary>
    /// The least multiple that isn't smaller than the value. Beyond 64 bits, the largest multiple there is: too large
    /// for any call, but never negative.
    /// </summary>
    /// <param name="value">0 or more.</param>
    /// <param name="alignment">1 or more.</param>
    public static long RoundUp(long value, long alignment)
    {
        var rest = value % alignment;
        return rest == 0 ? value
            : value > long.MaxValue - (alignment - rest) ? long.MaxValue - (long.MaxValue % alignment)
            : value + (alignment - rest);
    }
}
