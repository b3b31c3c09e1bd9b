using System;

namespace PSSharedMemory.Commands;

/// <summary>What Watch-ShmStat knows of a segment at one moment.</summary>
public sealed class ShmStatSample
{
    internal ShmStatSample(DateTime time, ShmStat stat, long? growth)
    {
        (Time, Stat, Growth) = (time, stat, growth);
        Origin = stat.Origin;
    }

    /// <summary>When it was looked at, UTC.</summary>
    public DateTime Time { get; }

    /// <summary>What the segment is called.</summary>
    public string Label => Stat.Label;

    /// <summary>Bytes, as its maker asked.</summary>
    public long Size => Stat.Size;

    /// <summary>Bytes that are backed by memory or swap.</summary>
    public long? Allocated => Stat.Allocated;

    /// <summary>Bytes a second by which Allocated has grown since the sample before; null in the first.</summary>
    public long? Growth { get; }

    /// <summary>Processes that hold it; null where that cannot be known.</summary>
    public int? HolderCount => Stat.HolderCount;

    /// <summary>Who holds it.</summary>
    public string Holders => Stat.Holders;

    /// <summary>Time since it was made, or its owner or mode last changed.</summary>
    public TimeSpan? Age => Stat.Age;

    /// <summary>Whose memory it is, and by what that is known; null where nothing tells.</summary>
    public ShmSegmentOrigin? Origin { get; }

    /// <summary>Whether it is in use.</summary>
    public ShmVerdict Verdict => Stat.Verdict;

    /// <summary>Whether it was judged an orphan.</summary>
    public bool? IsOrphan => Stat.IsOrphan;

    /// <summary>All that is known of it.</summary>
    public ShmStat Stat { get; }

    /// <summary>Its label.</summary>
    public override string ToString() => Label;
}
