namespace PSSharedMemory.Commands;

/// <summary>
/// What -Dictionary takes: a dictionary of New-ShmDictionary or Get-ShmDictionary, a segment, or the name of one.
/// </summary>
internal sealed class DictionaryArgument(object input)
{
    /// <summary>What was given.</summary>
    public object Input { get; } = PlainObject.OrBag(input);

    /// <summary>The dictionary, for one call.</summary>
    /// <exception cref="ShmException">
    /// SegmentNotFound, InvalidStructure; and as <see cref="ShmDictionary.Open(ShmSegment)"/>.
    /// </exception>
    public Lent<ShmObjectDictionary> Open() => Input is ShmObjectDictionary live
        ? new(live, IsOpened: false)
        : new(new ShmObjectDictionary(TargetFinder.Find(Input).Segment, isMaker: false), IsOpened: true);

    /// <summary>As given.</summary>
    public override string ToString() => $"{Input}";
}
