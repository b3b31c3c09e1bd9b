namespace PSSharedMemory;

/// <summary>What the kernel is told about the use of pages: madvise(2), with the kernel's values.</summary>
public enum ShmAdvice : long
{
    /// <summary>Nothing special: undoes Random and Sequential.</summary>
    Normal = 0,

    /// <summary>Pages are used in random order: reading ahead is useless.</summary>
    Random = 1,

    /// <summary>Pages are used in order, mostly once.</summary>
    Sequential = 2,

    /// <summary>Pages will be used soon: fetches those in swap.</summary>
    WillNeed = 3,

    /// <summary>
    /// Pages aren't needed here now. The segment keeps its contents; what a copy-on-write mapping has written is lost.
    /// </summary>
    DontNeed = 4,

    /// <summary>Frees the memory of the segment: its bytes become 0 for everybody.</summary>
    Remove = 9,

    /// <summary>A child made by fork does not get the pages.</summary>
    DontFork = 10,

    /// <summary>Takes back DontFork.</summary>
    DoFork = 11,

    /// <summary>Equal pages may be merged (KSM); only affects what a copy-on-write mapping has written.</summary>
    Mergeable = 12,

    /// <summary>Takes back Mergeable.</summary>
    Unmergeable = 13,

    /// <summary>Transparent huge pages are wanted.</summary>
    HugePage = 14,

    /// <summary>Transparent huge pages are not wanted.</summary>
    NoHugePage = 15,

    /// <summary>Left out of core dumps.</summary>
    DontDump = 16,

    /// <summary>Takes back DontDump.</summary>
    DoDump = 17,

    /// <summary>First to be swapped out when memory is short (Linux 5.4).</summary>
    Cold = 20,

    /// <summary>Swapped out now, where there is swap (Linux 5.4).</summary>
    PageOut = 21,

    /// <summary>Brought in now, as reading would (Linux 5.14).</summary>
    PopulateRead = 22,

    /// <summary>Brought in now, as writing would, without a change to their bytes (Linux 5.14).</summary>
    PopulateWrite = 23,

    /// <summary>Made huge pages now, as far as possible (Linux 6.1).</summary>
    Collapse = 25,
}
